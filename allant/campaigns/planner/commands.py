"""`allant plan`: capacities in and out, what the planner proposes, and the plan that stands."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from django.db import transaction
from rich.console import Console
from rich.table import Table

from allant import clock
from allant.accounts.actors import Actor
from allant.accounts.log import log_access
from allant.accounts.models import LoggedAction
from allant.campaigns.models import InvitationPlan
from allant.campaigns.planner import capacities as kept
from allant.campaigns.planner.bounds import adopted, monday
from allant.campaigns.planner.capacity_file import RESERVE_WORD, FileRefused, read_capacities
from allant.campaigns.planner.plans import adopt_plan, compute_plan
from allant.campaigns.planner.posing import CannotPlan
from allant.campaigns.planner.reading import Plan
from allant.doctrine import rules

app = typer.Typer(help="Répartit les invitations selon les doses et les créneaux.", no_args_is_help=True)
console = Console()

Programme = Annotated[str, typer.Option("--programme", help="Programme, par exemple covid19.")]
On = Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="Jour du plan ; aujourd'hui si absent.")]
From = Annotated[
    datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="Lundi de la première semaine ; la prochaine si absent.")
]
Weeks = Annotated[int, typer.Option("--weeks", help="Nombre de semaines.")]
Standing = Annotated[bool, typer.Option("--adopted", help="Montre le plan adopté, sans en calculer un autre.")]
AsJson = Annotated[bool, typer.Option("--json", help="Écrit du JSON, pour un programme.")]


@app.command()
def capacities(
    file: Annotated[
        Path | None, typer.Argument(help="CSV : departement;semaine;doses;creneaux. Sans fichier : les liste.", dir_okay=False)
    ] = None,
    programme: Programme = "covid19",
    as_json: AsJson = False,
) -> None:
    """Enregistre un fichier de capacités, ou les liste. Exemple : allant plan capacities capacites.csv"""
    if file is not None:
        return _keep(file, programme, as_json)
    found = kept.entered(programme)
    if as_json:
        return _print([
            {"departement": each.departement or RESERVE_WORD, "week": each.week, "doses": each.doses, "slots": each.slots}
            for each in found
        ])  # fmt: skip
    if not found:
        return console.print("Aucune capacité saisie : donnez un fichier CSV, ou ouvrez la page « Capacités » des campagnes.")
    table = Table("semaine", "département", "doses", "créneaux")
    for each in found:
        table.add_row(f"{each.week:%d/%m/%Y}", each.departement or RESERVE_WORD, str(each.doses), str(each.slots))
    console.print(table)


def _keep(file: Path, programme: str, as_json: bool) -> None:
    actor = Actor.system("plan capacities")
    try:
        read = read_capacities(file.read_bytes())
    except FileNotFoundError:
        _refuse(f"{file} n'existe pas.")
    except FileRefused as refusal:
        _refuse("\n".join([f"{file} : rien n'est enregistré.", *refusal.faults]))
    changed = kept.save_capacities(programme, read, by=str(actor), at=clock.now())
    log_access(by=actor, action=LoggedAction.BULK, purpose=f"capacités du programme {programme}", subject_kind="capacity")
    if as_json:
        return _print({"read": len(read), "changed": changed})
    console.print(f"{len(read)} capacités lues, {changed} nouvelles ou changées.")


@app.command()
def show(
    programme: Programme = "covid19", first: From = None, weeks: Weeks = 8, on: On = None, standing: Standing = False,
    as_json: AsJson = False,
) -> None:
    """Montre ce que le planificateur propose, sans rien garder. Exemple : allant plan show --from 2021-03-01 --weeks 6"""
    if standing:
        plan = adopted(programme)
        if plan is None:
            _refuse(f"Aucun plan n'est adopté pour le programme {programme}.")
        return _tell(plan, as_json)
    with transaction.atomic():
        _tell(_computed(programme, first, weeks, on, "plan show"), as_json)
        transaction.set_rollback(True)


@app.command()
def adopt(
    programme: Programme = "covid19", first: From = None, weeks: Weeks = 8, on: On = None, as_json: AsJson = False
) -> None:
    """Calcule un plan et l'adopte : il borne les vagues de ses semaines.

    Exemple : allant plan adopt --from 2021-03-01 --weeks 6
    """
    actor = Actor.system("plan adopt")
    plan = _computed(programme, first, weeks, on, "plan adopt")
    try:
        plan = adopt_plan(plan, by=str(actor), at=clock.now(), on=_day(on))
    except CannotPlan as refusal:
        _refuse(str(refusal))
    log_access(by=actor, action=LoggedAction.BULK, purpose=f"adoption du plan {plan.pk}", subject_kind="plan")
    _tell(plan, as_json)


def _computed(programme: str, first: datetime | None, weeks: int, on: datetime | None, command: str) -> InvitationPlan:
    day = _day(on)
    start = monday(day) + timedelta(7) if first is None else first.date()
    try:
        return compute_plan(
            programme, first_week=start, weeks=weeks, as_of=day, book=rules.as_known_on(day), by=str(Actor.system(command)),
            at=clock.now(),
        )  # fmt: skip
    except CannotPlan as refusal:
        _refuse(str(refusal))


def _tell(row: InvitationPlan, as_json: bool) -> None:
    plan = Plan(row)
    if as_json:
        return _print(_described(plan))
    table = Table("groupe", "ouvre le", "attendent", "invités", "restent", "tous invités")
    groups = plan.groups()
    for line in (each for each in groups if each.before):
        done = f"semaine du {line.done_in:%d/%m/%Y}" if line.done_in else "pas dans l'horizon"
        counts = map(str, (line.before, line.invited, line.after))
        table.add_row(line.campaign.title, f"{line.opens_on:%d/%m/%Y}", *counts, done)
    console.print(table)
    if settled := sum(not each.before for each in groups):
        console.print(f"{settled} autres groupes n'ont personne à inviter.")
    table = Table("semaine", "doses", "créneaux", "réserve", "secondes doses", "à inviter", "file d'attente")
    for week in plan.by_week():
        counts = map(str, (week.doses, week.slots, week.reserve, week.owed, week.invited, week.queue))
        table.add_row(f"{week.week:%d/%m/%Y}", *counts)
    console.print(table)


def _described(plan: Plan) -> dict[str, Any]:
    row = plan.row
    return {
        "programme": row.programme, "as_of": row.as_of, "first_week": row.first_week, "weeks": row.weeks,
        "adopted": row.adopted_at is not None,
        "groups": [
            {"campaign": line.campaign.slug, "opens_on": line.opens_on, "waiting": line.before, "invited": line.invited,
             "left": line.after, "done_in": line.done_in}
            for line in plan.groups()
        ],
        "by_week": [
            {"week": each.week, "doses": each.doses, "slots": each.slots, "reserve": each.reserve, "second_acts": each.owed,
             "invited": each.invited, "by_group": each.by_group, "queue": each.queue}
            for each in plan.by_week()
        ],
        "by_departement": [
            {"departement": each.code or None, "waiting": each.before, "invited": each.invited, "left": each.after}
            for each in plan.by_place()
        ],
    }  # fmt: skip


def _day(on: datetime | None) -> date:
    return clock.today() if on is None else on.date()


def _print(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, default=str, indent=1))


def _refuse(message: str) -> NoReturn:
    typer.secho(message, fg="red", err=True)
    raise typer.Exit(1)
