"""Command line of the replay at national scale, and of its comparison with the official files."""

import json
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from allant.country import closing
from allant.country.demo import NoCountry, replay_loaded
from allant.country.official.facts import load_series
from allant.country.official.read import OfficialDataError
from allant.country.official.series import LAST_DAY
from allant.country.population.files import BadCountry
from allant.country.population.make import default_directory
from allant.country.replay.assign import NotEnoughPersons
from allant.country.replay.compare import FileComparison, NothingToCompare, compare_directories
from allant.country.replay.national import NationalReport, OtherReplay, replay_national
from allant.immunizations.checks import REASONS

app = typer.Typer(help="Rejoue la campagne réelle.")
REFUSED = 1
DIFFERENT = 1

Json = Annotated[bool, typer.Option("--json", help="Réponse en JSON.")]
Directory = Annotated[Path | None, typer.Option("--dir", help="Dossier du pays (celui de l'installation par défaut).")]
DailyFiles = Annotated[Path | None, typer.Option(help="Fichiers officiels quotidiens (par défaut : cumuls par semaine livrés).")]
Until = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Dernier jour comparé (par défaut : 2021-11-21).")]


@app.callback(invoke_without_command=True, epilog="Exemple : allant replay --official ../shared/data")
def on_the_register(context: typer.Context, official: DailyFiles = None, as_json: Json = False) -> None:
    """Sans sous-commande, rejoue la campagne sur le pays chargé dans la base ; interrompu, reprend où il en était."""
    if context.invoked_subcommand is not None:
        return
    try:
        with _bar(as_json) as bar:
            tasks: dict[str, TaskID] = {}

            def progress(stage: str, done: int, total: int) -> None:
                if stage not in tasks:
                    tasks[stage] = bar.add_task(stage)
                bar.update(tasks[stage], completed=done, total=total)

            outcome = replay_loaded(load_series(official), progress)
    except (NoCountry, OfficialDataError, NotEnoughPersons) as error:
        raise _refused(error) from None
    if as_json:
        typer.echo(json.dumps(asdict(outcome), default=str))
    else:
        closing.show(outcome, Console())


@app.command(epilog="Exemple : allant replay national --dir pays --official ../shared/data")
def national(
    directory: Directory = None,
    official: DailyFiles = None,
    as_json: Json = False,
) -> None:
    """Rejoue la campagne sur un pays en fichiers Parquet ; interrompu, reprend où il en était."""
    try:
        with _bar(as_json) as bar:
            tasks: dict[str, TaskID] = {}

            def progress(stage: str, done: int, total: int) -> None:
                if stage not in tasks:
                    tasks[stage] = bar.add_task(stage)
                bar.update(tasks[stage], completed=done, total=total)

            report = replay_national(directory or default_directory(), load_series(official), progress)
    except (BadCountry, OtherReplay, OfficialDataError, NotEnoughPersons) as error:
        raise _refused(error) from None
    if as_json:
        typer.echo(json.dumps(asdict(report), ensure_ascii=False))
    else:
        _print_report(report)


@app.command(epilog="Exemple : allant replay compare --published publication --official ../shared/data --until 2021-11-21")
def compare(
    published: Annotated[Path, typer.Option(help="Dossier écrit par allant publish.")],
    official: Annotated[Path, typer.Option(help="Dossier des fichiers officiels.")],
    until: Until = None,
    as_json: Json = False,
) -> None:
    """Compare les fichiers publiés aux fichiers officiels, cellule par cellule. Sortie 1 quand une cellule diffère."""
    last_day = until.date() if until else LAST_DAY
    try:
        comparisons = compare_directories(published, official, last_day)
    except NothingToCompare as error:
        raise _refused(error) from None
    if as_json:
        typer.echo(json.dumps([asdict(comparison) for comparison in comparisons], ensure_ascii=False))
    else:
        _print_comparisons(comparisons, last_day)
    if any(comparison.differing for comparison in comparisons):
        raise typer.Exit(DIFFERENT)


def _print_report(report: NationalReport) -> None:
    typer.echo(f"{report.doses} doses du {report.first_day} au {report.last_day}.")
    typer.echo(f"{report.forced_doses} actes de la série officielle contraires à une règle, enregistrés comme forcés :")
    for code, count in report.forced_by_rule.items():
        typer.echo(f"  {count:>9}  {REASONS[code]}")
    for code, count in report.refused_by_reason.items():
        typer.secho(f"  {count:>9}  refusés : {REASONS[code]}", fg="red")


def _print_comparisons(comparisons: list[FileComparison], until: date) -> None:
    for comparison in comparisons:
        typer.echo(f"{comparison.file} jusqu'au {until} : {comparison.differing} cellules différentes sur {comparison.compared}.")
        for difference in comparison.differences:
            typer.echo(f"  {difference.row} {difference.column} : publié {difference.published}, officiel {difference.official}")


def _bar(quiet: bool) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), disable=quiet)


def _refused(error: Exception) -> typer.Exit:
    typer.secho(str(error), fg="red", err=True)
    return typer.Exit(REFUSED)
