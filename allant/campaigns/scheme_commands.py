"""`allant scheme-file`: files for other schemes, what checks them, and their receipts (TG-05)."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from django.conf import settings

from allant import clock
from allant.accounts.actors import Actor
from allant.accounts.log import log_access
from allant.accounts.models import LoggedAction
from allant.campaigns import scheme_files
from allant.campaigns.models import Campaign
from allant.campaigns.signing import public_key
from allant.doctrine import rules

app = typer.Typer(help="Fichiers des régimes qui contactent eux-mêmes leurs assurés.", no_args_is_help=True)


@app.command()
def write(
    campaign: Annotated[str, typer.Argument(help="Nom court de la campagne.")],
    scheme: Annotated[str, typer.Argument(help="Régime : mgen, msa ou cnmss.")],
    out: Annotated[Path | None, typer.Option(help="Dossier (par défaut : celui de l'installation).")] = None,
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Jour demandé ; aujourd'hui si absent.")] = None,
) -> None:
    """Écrit le CSV, son manifeste et sa signature. Exemple : allant scheme-file write covid-75 msa --out envoi"""
    found = Campaign.objects.filter(slug=campaign).first()
    if found is None:
        _refuse(f"Campagne « {campaign} » inconnue : allant target list donne leurs noms.")
    actor, day = Actor.system("scheme-file"), on.date() if on else clock.today()
    folder = out or Path(settings.ALLANT_HOME) / "schemes"
    try:
        file = scheme_files.write_scheme_file(
            campaign=found, scheme=scheme, on=day, by=str(actor), folder=folder, book=rules.as_known_on(clock.today())
        )
    except scheme_files.SchemeFileRefused as refusal:
        _refuse(str(refusal))
    log_access(by=actor, action=LoggedAction.BULK, purpose=f"fichier {file.name}", subject_kind="scheme_file")
    typer.echo(f"{file.name} : {file.persons} personnes, dans {folder}")


@app.command()
def key() -> None:
    """Écrit la clé publique à donner aux régimes. Exemple : allant scheme-file key > allant.pem"""
    typer.echo(public_key().decode(), nl=False)


@app.command()
def check(
    manifest: Annotated[Path, typer.Argument(help="Fichier .manifest.json reçu.", exists=True, dir_okay=False)],
    key: Annotated[Path, typer.Option(help="Clé publique de l'émetteur (PEM).", exists=True, dir_okay=False)],
) -> None:
    """Contrôle signature, empreinte et totaux. Exemple : allant scheme-file check lot.manifest.json --key allant.pem"""
    try:
        persons = scheme_files.check(manifest, key.read_bytes())
    except ValueError as refusal:
        _refuse(str(refusal))
    typer.echo(f"Signature, empreinte et totaux justes : {persons} personnes.")


@app.command()
def acknowledge(
    receipt: Annotated[Path, typer.Argument(help="Accusé de réception du régime (CSV).", exists=True, dir_okay=False)],
) -> None:
    """Lit l'accusé de réception d'un régime. Exemple : allant scheme-file acknowledge accuse.csv"""
    try:
        file = scheme_files.acknowledge(scheme_files.read_receipt(receipt.read_bytes()))
    except scheme_files.SchemeFileRefused as refusal:
        _refuse(str(refusal))
    typer.echo(f"{file.name} : {file.acknowledged_persons} personnes retenues sur {file.persons}.")


def _refuse(message: str) -> NoReturn:
    typer.secho(message, fg="red", err=True)
    raise typer.Exit(1)
