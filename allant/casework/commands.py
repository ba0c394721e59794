"""`allant sweep`: makes the deadlines that are due. Stopped anywhere (Ctrl-C, kill -9), the same command goes on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from allant import clock
from allant.accounts.actors import Actor
from allant.accounts.log import log_access
from allant.accounts.models import LoggedAction
from allant.casework.forecast import preview
from allant.casework.models import Case, Sweep
from allant.casework.registry import UnknownProcess, process_of
from allant.casework.sweep import SweepIncomplete, SweepReport, sweep
from allant.casework.work_list import CHUNK
from allant.doctrine import rules

BY = "allant sweep"
console = Console()


def sweep_command(
    until: Annotated[str, typer.Option("--until", help="Dernier jour compris, AAAA-MM-JJ (par défaut : aujourd'hui).")] = "",
    process: Annotated[str, typer.Option("--process", help="Un seul processus, par exemple nia_follow_up.")] = "",
    only_preview: Annotated[bool, typer.Option("--preview", help="Compte ce qui est dû, sans rien faire.")] = False,
    daily: Annotated[bool, typer.Option("--daily", help="Jour après jour : chaque courrier porte la date de son jour.")] = False,
    chunk: Annotated[int, typer.Option("--chunk", help="Dossiers par transaction.", min=1)] = CHUNK,
) -> None:
    """Fait avancer les dossiers échus. Exemples : allant sweep --preview ; allant sweep --until 2022-12-31"""
    last = _day(until)
    if process:
        _known(process)
    if only_preview:
        _show(last, process)
        return
    if last > clock.today():
        typer.secho(
            f"Le {last:%d/%m/%Y} est à venir : une échéance ne se fait pas d'avance. Comptez avec --preview.", fg="red", err=True
        )
        raise typer.Exit(2)
    try:
        moved = sum(_sweep(day, process, chunk).moved for day in _days(last, process, daily))
    except SweepIncomplete as incomplete:
        typer.secho(str(incomplete), fg="red", err=True)
        raise typer.Exit(1) from None
    console.print(f"{moved} passage(s) jusqu'au {last:%d/%m/%Y}." if moved else f"Rien n'est dû au {last:%d/%m/%Y}.")


def _days(last: date, scope: str, daily: bool) -> Iterator[date]:
    """The last day alone; or, one after the other, each day that has something due, as if swept then."""
    due = Case.objects.due_on(last).filter(**({"process": scope} if scope else {})).order_by("due_on")
    while daily and (first := due.first()) and first.due_on < last:
        yield first.due_on
    yield last


def _sweep(on: date, scope: str, chunk: int) -> SweepReport:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(f"Échéances du {on:%d/%m/%Y}", total=None)
        report = sweep(
            on, by=BY, book=rules.as_known_on(on), scope=scope, size=chunk,
            progress=lambda done, listed: bar.update(task, completed=done, total=listed),
        )  # fmt: skip
    if report.moved:
        batch = Sweep.objects.filter(on=on, scope=scope).latest("started_at")
        log_access(
            by=Actor.system("sweep"),
            action=LoggedAction.BULK,
            purpose="échéances des dossiers",
            batch_id=batch.pk,
            subject_kind="case",
        )
    return report


def _show(on: date, scope: str) -> None:
    counts = preview(on, scope)
    if not counts:
        console.print(f"Rien n'est dû au {on:%d/%m/%Y}.")
        return
    table = Table("Processus", "État", "Échéance", "Dossiers", "Depuis le", title=f"Dû au {on:%d/%m/%Y}")
    for each in counts:
        declared = process_of(each.process)
        labels = declared.labels
        table.add_row(declared.label, labels[each.state], labels[each.deadline], str(each.cases), f"{each.first_due_on:%d/%m/%Y}")
    console.print(table)


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text) if text else clock.today()
    except ValueError:
        typer.secho(f"Date « {text} » illisible : écrivez AAAA-MM-JJ.", fg="red", err=True)
        raise typer.Exit(2) from None
    return day


def _known(slug: str) -> None:
    try:
        process_of(slug)
    except UnknownProcess as unknown:
        typer.secho(str(unknown), fg="red", err=True)
        raise typer.Exit(2) from None
