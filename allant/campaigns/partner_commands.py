"""`allant partner-list`: lists for partners, and the agreements they rest on (TG-11)."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from django.conf import settings

from allant import clock
from allant.accounts.actors import Actor
from allant.campaigns.models import Campaign
from allant.campaigns.partner_consents import read_lines, record_consents, withdraw_consent
from allant.campaigns.partner_lists import PartnerListRefused, deliver
from allant.directory.models import Organisation
from allant.doctrine import rules
from allant.people.models import Person

app = typer.Typer(help="Listes des partenaires et accords qu'ils ont recueillis.", no_args_is_help=True)

Partner = Annotated[str, typer.Argument(help="Code du partenaire dans l'annuaire.")]
Programme = Annotated[str, typer.Option(help="Programme pour lequel l'accord vaut.")]
On = Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="Jour demandé ; aujourd'hui si absent.")]


@app.command()
def write(
    campaign: Annotated[str, typer.Argument(help="Nom court de la campagne.")],
    partner: Partner,
    on: On = None,
    out: Annotated[Path | None, typer.Option(help="Dossier (par défaut : celui de l'installation).")] = None,
) -> None:
    """Écrit la liste d'un partenaire. Exemple : allant partner-list write covid-aller-vers-precaires RESTOS-01"""
    found = Campaign.objects.filter(slug=campaign).first()
    if found is None:
        _refuse(f"Campagne « {campaign} » inconnue : allant target list donne leurs noms.")
    day = _day(on)
    try:
        made = deliver(
            campaign=found, partner=_partner(partner), on=day, by=Actor.system("partner-list"), book=rules.as_known_on(day)
        )
    except PartnerListRefused as refusal:
        _refuse(str(refusal))
    folder = out or Path(settings.ALLANT_HOME) / "partners"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{made.name}.csv"
    path.touch(mode=0o600)
    path.write_bytes(made.csv())
    typer.echo(f"{made.name} : {len(made.rows)} personnes, dans {folder}")


@app.command()
def consents(
    partner: Partner,
    file: Annotated[Path, typer.Argument(help="CSV du partenaire.", exists=True, dir_okay=False)],
    programme: Programme = "covid19",
) -> None:
    """Enregistre les accords reçus d'un partenaire. Exemple : allant partner-list consents RESTOS-01 accords.csv"""
    try:
        lines = read_lines(file.read_bytes(), today=clock.today())
        done = record_consents(
            partner=_partner(partner), programme=programme, lines=lines, by=Actor.system("partner-list")
        )
    except PartnerListRefused as refusal:
        _refuse(str(refusal))
    typer.echo(f"{done.added} accords enregistrés, {done.known} déjà connus.")
    if done.unmatched:
        typer.echo(f"Lignes qui ne désignent personne, ou plusieurs personnes : {', '.join(map(str, done.unmatched))}.")


@app.command()
def withdraw(
    partner: Partner,
    person: Annotated[int, typer.Argument(help="Numéro interne de la personne (jamais un matricule).")],
    programme: Programme = "covid19",
    on: On = None,
) -> None:
    """Retire un accord. Exemple : allant partner-list withdraw RESTOS-01 60123"""
    found = Person.objects.filter(pk=person).first()
    if found is None:
        _refuse(f"Personne n° {person} : absente du registre.")
    ended = withdraw_consent(
        partner=_partner(partner), person=found, programme=programme, on=_day(on), by=Actor.system("partner-list")
    )
    typer.echo("Accord retiré." if ended else "Aucun accord en cours.")


def _partner(code: str) -> Organisation:
    found = Organisation.objects.filter(code=code).first()
    if found is None:
        _refuse(f"Partenaire « {code} » inconnu de l'annuaire.")
    return found


def _day(on: datetime | None) -> date:
    return clock.today() if on is None else on.date()


def _refuse(message: str) -> NoReturn:
    typer.secho(message, fg="red", err=True)
    raise typer.Exit(1)
