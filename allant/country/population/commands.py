"""Command line of the synthetic country."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from allant.country.population.files import BadCountry
from allant.country.population.layout import InvalidSize
from allant.country.population.make import InvalidSeed, default_directory, make_country
from allant.country.population.parameters import InvalidParameter

app = typer.Typer(help="Le pays synthétique.", no_args_is_help=True)
REFUSED = 1
ONE_IN_A_THOUSAND = 67_677

Directory = Annotated[Path | None, typer.Option("--dir", help="Dossier du pays (celui de l'installation par défaut).")]
Json = Annotated[bool, typer.Option("--json", help="Réponse en JSON.")]


@app.command(epilog="Exemple : allant country make --people 67677 --seed 1")
def make(
    people: Annotated[int, typer.Option(help="Nombre de personnes dont l'âge est connu.")] = ONE_IN_A_THOUSAND,
    seed: Annotated[int, typer.Option(help="Graine : la même donne le même pays.")] = 1,
    directory: Directory = None,
    jobs: Annotated[int, typer.Option(min=1, help="Nombre de processus.")] = 2,
    resume: Annotated[bool, typer.Option("--resume/--restart", help="Reprendre un pays inachevé, ou tout réécrire.")] = True,
    as_json: Json = False,
) -> None:
    """Crée un pays synthétique, du nombre de personnes voulu, en fichiers Parquet."""
    where = directory or default_directory()
    try:
        with _bar(as_json) as bar:
            task = bar.add_task("Personnes", total=people)
            manifest = make_country(
                where, people, seed, lambda done, total: bar.update(task, completed=done, total=total), jobs=jobs, resume=resume
            )
    except (BadCountry, InvalidSize, InvalidSeed, InvalidParameter) as error:
        raise _refused(error) from None
    if as_json:
        typer.echo(json.dumps({"directory": str(where), **asdict(manifest)}))
    else:
        typer.echo(f"{manifest.total} personnes dans {where}")


@app.command(epilog="Exemple : allant country load")
def load(directory: Directory = None, as_json: Json = False) -> None:
    """Charge le pays dans la base de données ; ce qui y est déjà n'est pas chargé deux fois."""
    from allant.site import start

    start.start()
    from allant.country.population.load import load_country
    from allant.directory.loading import LoadRefused

    try:
        with _bar(as_json) as bar:
            task = bar.add_task("Tables")
            added = load_country(
                directory or default_directory(),
                lambda label, done, total: bar.update(task, description=label, completed=done, total=total),
            )
    except (BadCountry, LoadRefused) as error:
        raise _refused(error) from None
    if as_json:
        typer.echo(json.dumps(added))
    else:
        for table, rows in added.items():
            typer.echo(f"{table} : {rows} lignes ajoutées")


def _bar(quiet: bool) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), disable=quiet)


def _refused(error: Exception) -> typer.Exit:
    typer.secho(str(error), fg="red", err=True)
    return typer.Exit(REFUSED)
