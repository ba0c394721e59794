"""What the tests of this room do with a country."""

from collections.abc import Callable
from typing import Any

import duckdb

from allant.country.population import Country
from allant.country.population.chunk import TABLES
from allant.country.population.files import part_path

SEED = 7
THREE_PARTS = 1_100_000

Query = Callable[[str], list[tuple[Any, ...]]]


def silent(done: int, total: int) -> None:
    """A progress nobody watches."""


def contents(country: Country) -> dict[str, bytes]:
    """Every file of a country."""
    parts = [part_path(country.directory, table, part) for table in TABLES for part in range(country.manifest.parts)]
    return {str(path.relative_to(country.directory)): path.read_bytes() for path in (*parts, country.directory / "manifest.json")}


def asking(country: Country) -> Query:
    """SQL over the tables of a country."""

    def ask(sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect() as session:
            for table in TABLES:
                session.read_parquet(country.glob(table)).create_view(table)
            return session.execute(sql).fetchall()

    return ask
