"""`allant campaign`: the ready-made campaigns, and all of one in one command (TG-12)."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from django.conf import settings
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from allant import clock
from allant.accounts.actors import Actor
from allant.accounts.log import log_access
from allant.accounts.models import LoggedAction
from allant.campaigns.ready_made.plans import UnknownCampaign, plan_named, ready_made
from allant.campaigns.ready_made.running import Run, run_campaign
from allant.campaigns.scheme_files import SchemeFileRefused
from allant.campaigns.waves import CampaignClosed, TargetLost
from allant.doctrine import rules
from allant.outreach.models import Channel

app = typer.Typer(help="Campagnes prêtes à l'emploi.", no_args_is_help=True)
console = Console()

On = Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="Jour demandé ; aujourd'hui si absent.")]
AsJson = Annotated[bool, typer.Option("--json", help="Écrit du JSON, pour un programme.")]


@app.command("list")
def list_ready_made(on: On = None, as_json: AsJson = False) -> None:
    """Liste les campagnes prêtes à l'emploi, avec leurs dates. Exemple : allant campaign list --on 2021-04-01"""
    plans = ready_made(rules.as_known_on(_day(on)))
    if as_json:
        return _print([{"name": each.slug, "title": each.title, "starts_on": each.starts_on} for each in plans])
    table = Table("nom", "titre", "début", "fin", "canaux")
    for each in plans:
        end = f"{each.ends_on:%d/%m/%Y}" if each.ends_on else ""
        channels = ", ".join(str(Channel(code).label) for code in each.channels)
        table.add_row(each.slug, each.title, f"{each.starts_on:%d/%m/%Y}", end, channels)
    console.print(table)


@app.command()
def run(
    name: Annotated[str, typer.Argument(help="Nom de la campagne, par exemple covid-75.")],
    on: On = None,
    capacity: Annotated[int | None, typer.Option(min=1, help="Invitations au plus ; celles de la campagne si absent.")] = None,
    out: Annotated[Path | None, typer.Option(help="Dossier des envois (par défaut : celui de l'installation).")] = None,
    as_json: AsJson = False,
) -> None:
    """Fait tout d'une campagne ce jour-là : cible, vague, codes, messages, fichiers des autres régimes.

    Exemple : allant campaign run covid-75 --on 2021-02-01
    """
    day, actor = _day(on), Actor.system("campaign run")
    book = rules.as_known_on(day)
    with Progress(TextColumn("Invitations"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), transient=True) as bar:
        task = bar.add_task("", total=None)
        try:
            done = run_campaign(
                plan_named(name, book), on=day, at=clock.now(), by=str(actor), book=book, capacity=capacity,
                folder=out or Path(settings.ALLANT_HOME),
                progress=lambda reached, total: bar.update(task, completed=reached, total=total),
            )  # fmt: skip
        except (UnknownCampaign, CampaignClosed, TargetLost, SchemeFileRefused) as refusal:
            _refuse(str(refusal))
    purpose = f"campagne {done.campaign.slug}, {day:%d/%m/%Y}"
    log_access(by=actor, action=LoggedAction.BULK, purpose=purpose, subject_kind="campaign")
    if as_json:
        return _print(_described(done))
    _tell(done)


def _tell(done: Run) -> None:
    wave = done.wave
    invited = f"{wave} : {wave.size} personnes invitées sur {wave.found} à joindre." if wave else "Personne à inviter ce jour."
    console.print(invited)
    for channel, messages in done.sent.items():
        console.print(f"{Channel(channel).label} : {messages} messages écrits.")
    for file in done.files:
        console.print(f"{file.name} : {file.persons} personnes d'un autre régime.")


def _described(done: Run) -> dict[str, Any]:
    return {
        "campaign": done.campaign.slug,
        "invited": done.wave.size if done.wave else 0,
        "found": done.wave.found if done.wave else 0,
        "sent": done.sent,
        "schemes": {file.scheme: file.persons for file in done.files},
    }


def _day(on: datetime | None) -> date:
    return clock.today() if on is None else on.date()


def _print(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, default=str, indent=1))


def _refuse(message: str) -> NoReturn:
    typer.secho(message, fg="red", err=True)
    raise typer.Exit(1)
