"""`allant fhir-client`: the software that may speak FHIR."""

from __future__ import annotations

from typing import Annotated, NoReturn

import typer

from allant.api.clients import ClientRefused, close_client, create_client, renew_secret
from allant.api.models import FhirClient
from allant.directory.models import Organisation

app = typer.Typer(help="Les logiciels qui parlent FHIR : inscription, secret, fermeture.", no_args_is_help=True)
BY = "system:fhir-client"

Name = Annotated[str, typer.Argument(help="Nom du logiciel : lettres, chiffres et tirets.")]


@app.command()
def create(
    name: Name,
    organisation: Annotated[str, typer.Option(help="Code de l'organisme au nom de qui le logiciel enregistre.")],
    scope: Annotated[list[str] | None, typer.Option(help="Habilitation ; à répéter. Toutes par défaut.")] = None,
    rate: Annotated[int, typer.Option(help="Requêtes par minute.")] = 3_000,
) -> None:
    """Inscrire un logiciel. Son secret est affiché une fois, et gardé haché.

    Exemple : allant fhir-client create logiciel-cabinet --organisation 350000001
    """
    found = Organisation.objects.filter(code=organisation).first()
    if found is None:
        _refuse(f"Aucun organisme n'a le code « {organisation} ».")
    if not name.replace("-", "").isalnum() or not name.isascii():
        _refuse("Nom : lettres sans accent, chiffres et tirets attendus.")
    try:
        client, secret = create_client(name=name, organisation=found, scopes=scope, requests_per_minute=rate, by=BY)
    except ClientRefused as error:
        _refuse(str(error))
    _show(client, secret)


@app.command()
def renew(name: Name) -> None:
    """Donner un nouveau secret ; l'ancien et ses jetons ne valent plus.

    Exemple : allant fhir-client renew logiciel-cabinet
    """
    client = _found(name)
    _show(client, renew_secret(client=client, by=BY))


@app.command()
def close(name: Name) -> None:
    """Fermer l'accès d'un logiciel ; ce qu'il a enregistré reste.

    Exemple : allant fhir-client close logiciel-cabinet
    """
    close_client(client=_found(name), by=BY)
    typer.echo("Fermé.")


@app.command("list")
def list_clients() -> None:
    """Lister les logiciels inscrits.

    Exemple : allant fhir-client list
    """
    for client in FhirClient.objects.select_related("organisation"):
        state = "actif" if client.is_active else "fermé"
        typer.echo(
            f"{client.name} ; {client.organisation.code} ; {state} ; {client.requests_per_minute}/min ; {' '.join(client.scopes)}"
        )


def _found(name: str) -> FhirClient:
    client = FhirClient.objects.select_related("application").filter(name=name).first()
    if client is None:
        _refuse(f"Aucun logiciel ne s'appelle « {name} ». Liste : allant fhir-client list")
    return client


def _show(client: FhirClient, secret: str) -> None:
    typer.echo(f"client_id     : {client.application.client_id}\nclient_secret : {secret}")
    typer.echo("Notez ce secret maintenant : il ne sera plus affiché.")


def _refuse(sentence: str) -> NoReturn:
    typer.secho(sentence, fg="red", err=True)
    raise typer.Exit(1)
