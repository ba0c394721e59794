"""A change of the rules over everybody: whose dates move, and by how much, in one set-based pass (RP-04)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from allant.doctrine import RuleBook
from allant.recall.population import in_register, in_snapshot, people_sql
from allant.recall.posed import Posed, posed
from allant.recall.relation import dates_of, dates_sql, with_last_event

Rows = list[tuple[Any, ...]]
Ask = Callable[[str], Rows]


@dataclass(frozen=True)
class Shift:
    """How one of the two dates moves; counts are persons. `days`: persons by shift in days, negative when earlier."""

    same: int
    none: int
    appears: int
    disappears: int
    days: dict[int, int]

    @property
    def earlier(self) -> int:
        """Whose date comes sooner."""
        return sum(persons for days, persons in self.days.items() if days < 0)

    @property
    def later(self) -> int:
        """Whose date comes later."""
        return sum(persons for days, persons in self.days.items() if days > 0)

    @property
    def moved(self) -> int:
        """Everybody whose date changes, appears or disappears."""
        return self.earlier + self.later + self.appears + self.disappears

    @property
    def widest(self) -> tuple[int, int, int] | None:
        """Smallest, middle and largest shift in days of those who had a date and keep one; None when none moves."""
        if not self.days:
            return None
        ordered = sorted(self.days)
        middle, half = ordered[0], sum(self.days.values()) / 2
        seen = 0
        for middle in ordered:
            seen += self.days[middle]
            if seen >= half:
                break
        return ordered[0], middle, ordered[-1]


@dataclass(frozen=True)
class Moves:
    """What a change of the rules does to everybody complete and without booster (`people` persons)."""

    people: int
    booster: Shift
    end_of_pass: Shift


def moves_sql(people: str, before: Posed, after: Posed) -> str:
    """Persons by how both dates move: one pass over `people`, no join of two results."""
    old, new = dates_of(before), dates_of(after)
    return f"""
SELECT booster_was IS NOT NULL, booster_is IS NOT NULL, booster_is - booster_was,
       pass_was IS NOT NULL, pass_is IS NOT NULL, pass_is - pass_was, count(*)
FROM (SELECT {old.booster_from} AS booster_was, {new.booster_from} AS booster_is,
             {old.pass_until} AS pass_was, {new.pass_until} AS pass_is
      FROM {with_last_event(people)}) AS dated
GROUP BY 1, 2, 3, 4, 5, 6"""


def moves_in_register(before: RuleBook, after: RuleBook, on: date) -> Moves:
    """Compare two states of the rules over the register."""
    return _counted(_in_postgres(), in_register(), before, after, on)


def moves_in_snapshot(folder: Path, before: RuleBook, after: RuleBook, on: date, *, memory: str = "4GB") -> Moves:
    """The same over a Parquet snapshot or a synthetic country, on DuckDB. Raises SnapshotIncomplete."""
    with duckdb.connect(config={"memory_limit": memory}) as connection:
        return _counted(lambda sql: connection.execute(sql).fetchall(), in_snapshot(folder), before, after, on)


def write_dates(folder: Path, target: Path, book: RuleBook, on: date, *, memory: str = "4GB") -> int:
    """Write everybody's dates (person_id, booster_from, pass_until) as one Parquet file; how many persons.

    The file appears whole or not at all; written again from the same snapshot, it holds the same rows. Raises SnapshotIncomplete.
    """
    rules = posed(book, on)
    pending = target.with_name(target.name + ".tmp")
    query = dates_sql(people_sql(in_snapshot(folder), on, [rules]), rules)
    with duckdb.connect(config={"memory_limit": memory}) as connection:
        name = str(pending).replace("'", "''")
        (persons,) = connection.execute(f"COPY ({query}) TO '{name}' (FORMAT parquet, COMPRESSION zstd)").fetchone() or (0,)
    pending.replace(target)
    return int(persons)


def _counted(ask: Ask, tables: dict[str, str], before: RuleBook, after: RuleBook, on: date) -> Moves:
    old, new = posed(before, on), posed(after, on)
    rows = ask(moves_sql(people_sql(tables, on, (old, new)), old, new))
    return Moves(
        people=sum(row[6] for row in rows),
        booster=_shift((*row[0:3], row[6]) for row in rows),
        end_of_pass=_shift((*row[3:6], row[6]) for row in rows),
    )


def _shift(rows: Iterable[tuple[Any, ...]]) -> Shift:
    states: Counter[tuple[bool, bool]] = Counter()
    days: Counter[int] = Counter()
    same = 0
    for was, stays, shift, persons in rows:
        if not (was and stays):
            states[was, stays] += persons
        elif shift:
            days[int(shift)] += persons
        else:
            same += persons
    return Shift(same, states[False, False], states[False, True], states[True, False], dict(days))


def _in_postgres() -> Ask:
    from django.db import connection

    def ask(sql: str) -> Rows:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    return ask
