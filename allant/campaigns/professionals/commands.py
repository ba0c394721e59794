"""`allant mailing`: mails to professionals that a change of doctrine drafts (TG-13)."""

import json
from datetime import date, datetime, timedelta
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from allant import clock
from allant.accounts.actors import Actor
from allant.accounts.log import log_access
from allant.accounts.models import LoggedAction
from allant.campaigns.models import ProfessionalMailing
from allant.campaigns.professionals.mailings import draft_changes
from allant.doctrine import rules

mailing = typer.Typer(help="Courriers aux professionnels.", no_args_is_help=True)
console = Console()

On = Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="Jour demandé ; aujourd'hui si absent.")]
AsJson = Annotated[bool, typer.Option("--json", help="Écrit du JSON, pour un programme.")]


@mailing.command()
def draft(
    on: On = None,
    since: Annotated[
        datetime | None, typer.Option("--since", formats=["%Y-%m-%d"], help="Compare à ce jour ; la veille si absent.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Prépare un courrier par changement des cibles vaccinales connu ce jour-là. Exemple : allant mailing draft --on 2021-05-20

    Un changement déjà préparé ne l'est pas deux fois. Rien n'est envoyé : une personne relit et approuve sur la page.
    """
    day = clock.today() if on is None else on.date()
    before = day - timedelta(days=1) if since is None else since.date()
    if before >= day:
        told = f"Le {before:%d/%m/%Y} n'est pas avant le {day:%d/%m/%Y} : donnez un jour plus ancien à --since."
        typer.secho(told, fg="red", err=True)
        raise typer.Exit(1)
    drafted = _draft(day, before)
    if as_json:
        return _print([_described(each) for each in drafted])
    for each in drafted:
        console.print(f"{each.subject} ({each.slug})")
    console.print(f"{len(drafted)} courrier(s) préparé(s), à relire à l'adresse /campagnes/professionnels/courriers/.")


def _draft(day: date, before: date) -> list[ProfessionalMailing]:
    actor = Actor.system("mailing draft")
    drafted = draft_changes(now=rules.as_known_on(day), before=rules.as_known_on(before), by=str(actor))
    if drafted:
        log_access(by=actor, action=LoggedAction.BULK, purpose=f"courriers préparés le {day:%d/%m/%Y}", subject_kind="mailing")
    return drafted


@mailing.command("list")
def list_mailings(as_json: AsJson = False) -> None:
    """Liste les courriers aux professionnels. Exemple : allant mailing list"""
    found = list(ProfessionalMailing.objects.all())
    if as_json:
        return _print([_described(each) for each in found])
    if not found:
        return console.print("Aucun courrier : allant mailing draft prépare ceux d'un changement de doctrine.")
    table = Table("courrier", "objet", "état", "destinataires")
    for each in found:
        table.add_row(each.slug, each.subject, each.state, "" if each.recipients is None else str(each.recipients))
    console.print(table)


def _described(each: ProfessionalMailing) -> dict[str, Any]:
    return {"slug": each.slug, "subject": each.subject, "state": each.state, "recipients": each.recipients}


def _print(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, default=str, indent=1))
