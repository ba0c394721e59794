"""The ready-made campaigns beside the figures that their sources give, on a synthetic country as it stood on each day (TG-12)."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from allant import facts
from allant.campaigns.ready_made import Entry, measured
from allant.country.population import files
from allant.country.replay.summary import write_summary
from allant.doctrine import RuleBook
from allant.facts.parquet import schema
from allant.targeting import Definition
from allant.targeting.engine_duckdb import Engine

NATION = 67_677_000
"""People of the official population that the country is a sample of."""
TIMELESS = ("person", "situation", "infection")


@dataclass(frozen=True)
class Comparison:
    """`found`: people of the country; `people`: the country's size."""

    entry: Entry
    found: int
    people: int

    @property
    def scaled(self) -> int:
        """What the country says of the nation."""
        return round(self.found * NATION / self.people)

    @property
    def ratio(self) -> float:
        """Synthetic over source."""
        assert self.entry.figure is not None
        return self.scaled / self.entry.figure.persons

    @property
    def within(self) -> bool:
        """Whether the ratio is in the range that the entry states."""
        assert self.entry.figure is not None
        return self.entry.figure.low <= self.ratio <= self.entry.figure.high


def compare(directory: Path, book: RuleBook) -> list[Comparison]:
    """Every entry that a source gives a figure of, in the order of the files.

    `directory` holds a country replayed by `allant replay national`. Raises `files.BadCountry`.
    """
    country = files.read(directory)
    return [_compared(country, entry, definition) for entry, definition in measured(book)]


def _compared(country: files.Country, entry: Entry, definition: Definition) -> Comparison:
    assert entry.figure is not None
    with _as_on(country, entry.figure.day) as folder, Engine(folder) as engine:
        return Comparison(entry, engine.count(definition), country.manifest.people)


@contextmanager
def _as_on(country: files.Country, day: date) -> Iterator[Path]:
    """The facts as they stood at the beginning of a day: the doses of earlier days, nobody invited yet."""
    doses = sorted((country.directory / "dose").glob("*.parquet"))
    if not doses:
        place = country.directory
        raise files.BadCountry(f"{place} n'a pas été rejoué. Lancez : allant replay national --dir {place}")
    with tempfile.TemporaryDirectory(prefix="allant-") as root:
        folder = Path(root)
        for name in TIMELESS:
            (folder / name).symlink_to((country.directory / name).resolve())
        (folder / "dose").mkdir()
        for path in doses:
            if path.stem < day.isoformat():
                (folder / "dose" / path.name).symlink_to(path.resolve())
        write_summary(files.Country(folder, country.manifest), lambda done, total: None)
        for table in facts.registry:  # what a replay does not write: nobody invited, nobody vaccinated against flu
            if not (folder / table.name).exists():
                (folder / table.name).mkdir()
                pq.write_table(schema(table).empty_table(), folder / table.name / "none.parquet")
        yield folder
