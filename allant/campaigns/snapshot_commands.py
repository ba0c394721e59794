"""`allant target snapshot`, and the engines that count on a snapshot: DuckDB on this machine, Spark where one is not enough."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from django.db import connection
from rich.console import Console

from allant import clock, facts
from allant.targeting import Definition

target = typer.Typer()
console = Console()

Counter = Callable[[Definition, str], tuple[int, dict[Any, int]]]
EngineName = Annotated[
    Literal["duckdb", "spark"], typer.Option("--engine", help="Avec --snapshot : duckdb, ou spark (extra « spark », Java 17).")
]
OnSnapshot = Annotated[
    Path | None,
    typer.Option("--snapshot", help="Compte sur un instantané Parquet au lieu du registre.", exists=True, file_okay=False),
]
Master = Annotated[
    str, typer.Option("--master", help="Avec --engine spark : local[2], local-cluster[2,1,1024], spark://hôte:7077…")
]


class EngineMissing(RuntimeError):
    """The engine asked for is not installed here; the message says what to do, in French."""


@target.command("snapshot")
def write_snapshot(
    folder: Annotated[Path, typer.Argument(help="Dossier à écrire, ou à refaire.", file_okay=False)],
    on: Annotated[
        datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="Jour que porte l'instantané ; aujourd'hui si absent.")
    ] = None,
) -> None:
    """Écrit l'instantané Parquet du registre. Exemple : allant target snapshot instantane"""
    try:
        written = facts.snapshot(connection, folder, as_of=on.date() if on else clock.today())
    except facts.SnapshotError as refusal:
        typer.secho(str(refusal), fg="red", err=True)
        raise typer.Exit(1) from refusal
    people = written.tables["person"].rows
    console.print(f"{folder} : instantané du {written.as_of:%d/%m/%Y}, {people} personnes.", soft_wrap=True)


def counter_on(snapshot: Path, engine: str, master: str) -> Counter:
    """Who answers: how many persons, and how many by value of a column when one is named."""
    return _with_spark(snapshot, master) if engine == "spark" else _with_duckdb(snapshot)


def _with_duckdb(snapshot: Path) -> Counter:
    def count(definition: Definition, by: str) -> tuple[int, dict[Any, int]]:
        from allant.targeting.engine_duckdb import Engine

        with Engine(snapshot) as engine:
            groups = engine.breakdown(definition, by) if by else {}
            return sum(groups.values()) if by else engine.count(definition), groups

    return count


def _with_spark(snapshot: Path, master: str) -> Counter:
    def count(definition: Definition, by: str) -> tuple[int, dict[Any, int]]:
        try:
            from allant.targeting.engine_spark import Engine
            from allant.targeting.spark_session import opened
        except ModuleNotFoundError as error:
            raise EngineMissing("PySpark manque : installez l'extra « spark » (voir docs/how-to/spark.md).") from error
        with opened(master) as session:
            engine = Engine(snapshot, session)
            groups = engine.breakdown(definition, by) if by else {}
            return sum(groups.values()) if by else engine.count(definition), groups

    return count
