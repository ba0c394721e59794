"""Random populations and random definitions over a few values, so that edges meet: month ends, 29 February, unknowns."""

from datetime import date, timedelta
from random import Random
from typing import Any

from hypothesis import strategies as st

from allant.facts import BOOLEAN, DATE, INTEGER, MANY, ONE, PERSON_ID, Fact, FactTable
from allant.targeting import Definition, InvalidTarget
from allant.targeting.calendar import Unit, add_months
from allant.targeting.model import (
    ActiveOn,
    And,
    Column,
    Compare,
    Count,
    Criterion,
    Elapsed,
    Events,
    Exists,
    Extreme,
    Known,
    Not,
    OneOf,
    Or,
)

from .vocabulary import PERSON, REGISTRY
from .world import Population

DAYS = [
    date(1946, 3, 30), date(1946, 3, 31), date(1946, 4, 1), date(1948, 2, 28), date(1948, 2, 29), date(1948, 3, 1),
    date(2020, 2, 28), date(2020, 2, 29), date(2020, 3, 1), date(2020, 8, 30), date(2020, 8, 31), date(2020, 9, 1),
    date(2020, 12, 31), date(2021, 1, 1), date(2021, 2, 27), date(2021, 2, 28), date(2021, 3, 1), date(2021, 3, 31),
]  # fmt: skip
LEAP_DAY = date(1948, 2, 29)
LENGTHS: dict[Unit, list[int]] = {"years": [1, 73], "months": [0, 1, 6, 12], "days": [0, 1, 31]}
MANY_TABLES = [table for table in REGISTRY if table.rows == MANY]
ONE_COLUMNS = [(table, fact) for table in REGISTRY if table.rows == ONE for fact in table.columns]
NUMBERED = [(table, fact) for table in MANY_TABLES for fact in table.columns if fact.kind in (DATE, INTEGER)]
EQUAL = st.sampled_from(["==", "!="])
ORDER = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])


def constants(fact: Fact) -> list[Any]:
    """A few constants of a column, so that criteria and rows meet."""
    if fact.kind == DATE:
        return DAYS
    if fact.kind == INTEGER:
        return [0, 1, 2, 3]
    return [False, True] if fact.kind == BOOLEAN else sorted(fact.labels or ["x", "y", "100 % d'ici"])


def scalars(fact: Fact) -> st.SearchStrategy[Any]:
    """One of these constants."""
    return st.sampled_from(constants(fact))


def rows(table: FactTable, persons: list[int]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Rows of a table, any column of which may be unknown; some speak of persons who do not exist."""
    columns = {fact.name: st.none() | scalars(fact) for fact in table.columns}
    row = st.fixed_dictionaries({PERSON_ID: st.sampled_from([*persons, 99]), **columns})
    if table.rows == MANY:
        return st.lists(row, max_size=8)
    return st.lists(row, max_size=6, unique_by=lambda each: each[PERSON_ID])


@st.composite
def small_populations(draw: st.DrawFn) -> Population:
    """At most six persons with their rows: easy to shrink, often without any row in a table."""
    persons = draw(st.lists(st.integers(1, 9), max_size=6, unique=True))
    known = {fact.name: st.none() | scalars(fact) for fact in PERSON.columns}
    people = [{PERSON_ID: person, **draw(st.fixed_dictionaries(known))} for person in persons]
    return {"person": people} | {table.name: draw(rows(table, persons)) for table in REGISTRY if table != PERSON}


def crowds(seed: int) -> Population:
    """Sixty persons: nearly every value of every column is met, so a wrong edge shows."""
    chance = Random(seed)
    persons = list(range(1, 61))
    return {table.name: _crowd(table, _owners(table, persons, chance), chance) for table in REGISTRY}


def _owners(table: FactTable, persons: list[int], chance: Random) -> list[int]:
    if table.rows == MANY:
        return chance.choices([*persons, 99], k=90)
    return persons if table == PERSON else chance.sample([*persons, 99], k=40)


def _crowd(table: FactTable, owners: list[int], chance: Random) -> list[dict[str, Any]]:
    values = {fact.name: [None, None, *constants(fact)] for fact in table.columns}
    return [{PERSON_ID: owner} | {name: chance.choice(pool) for name, pool in values.items()} for owner in owners]


def populations() -> st.SearchStrategy[Population | int]:
    """Small ones, and seeds of crowds (a crowd itself would be a long thing to print)."""
    return small_populations() | st.integers(0, 10**6)


@st.composite
def _at_an_edge(draw: st.DrawFn, column: Column) -> Criterion:
    """A delay that ends on one of these days, give or take one: where a cut-off can be wrong."""
    unit: Unit = draw(st.sampled_from(["years", "years", "months", "days"]))
    start = draw(st.sampled_from([*DAYS, *[LEAP_DAY] * 6]))
    length = draw(st.sampled_from(LENGTHS[unit]))
    months = {"years": 12 * length, "months": length, "days": 0}[unit]
    reached = add_months(start, months) + timedelta(days=length if unit == "days" else 0)
    on = reached + timedelta(days=draw(st.integers(-1, 1)))
    return Compare(draw(ORDER), Elapsed(column, unit, on), length)


@st.composite
def _on_column(draw: st.DrawFn, column: Column) -> Criterion:
    """A criterion on one column."""
    fact = column.column
    kinds = ["known"] if fact.kind == BOOLEAN else ["known", "in"]
    match draw(st.sampled_from([*kinds, "compare", "compare", *(["elapsed"] * 3 if fact.kind == DATE else [])])):
        case "known":
            return Known(column)
        case "in":
            return OneOf(column, tuple(draw(st.lists(scalars(fact), min_size=1, max_size=3))))
        case "elapsed":
            return draw(_at_an_edge(column))
        case _:
            op = draw(ORDER if fact.kind in (DATE, INTEGER) else EQUAL)
            return Compare(op, column, draw(scalars(fact)))


@st.composite
def _events(draw: st.DrawFn, table: FactTable) -> Events:
    columns = [_on_column(Column(table, fact)) for fact in table.columns]
    leaf = st.one_of(*columns, *([st.builds(ActiveOn, st.just(table), st.sampled_from(DAYS))] if table.has("ends_on") else []))
    return Events(table, draw(st.none() | _groups(leaf, max_leaves=3)))


@st.composite
def _on_events(draw: st.DrawFn) -> Criterion:
    kind = draw(st.sampled_from(["exists", "count", "extreme", "extreme known"]))
    if kind in ("exists", "count"):
        events = draw(_events(draw(st.sampled_from(MANY_TABLES))))
        return Exists(events) if kind == "exists" else Compare(draw(ORDER), Count(events), draw(st.integers(0, 3)))
    table, fact = draw(st.sampled_from(NUMBERED))
    value = Extreme(draw(st.sampled_from(["first", "last"])), draw(_events(table)), fact)
    return Known(value) if kind == "extreme known" else Compare(draw(ORDER), value, draw(scalars(fact)))


@st.composite
def _between_values(draw: st.DrawFn) -> Criterion:
    """Two values of the same kind, across tables."""
    table, fact = draw(st.sampled_from(NUMBERED))
    extreme = Extreme("last", draw(_events(table)), fact)
    others = [Column(*pair) for pair in ONE_COLUMNS if pair[1].kind == fact.kind]
    return Compare(draw(ORDER), extreme, draw(st.sampled_from([*others, extreme])))


def _groups(leaf: st.SearchStrategy[Criterion], max_leaves: int) -> st.SearchStrategy[Criterion]:
    def extend(inside: st.SearchStrategy[Criterion]) -> st.SearchStrategy[Criterion]:
        parts = st.lists(inside, min_size=1, max_size=3).map(tuple)
        return parts.map(And) | parts.map(Or) | inside.map(Not)

    return st.recursive(leaf, extend, max_leaves=max_leaves)


def definitions() -> st.SearchStrategy[Definition]:
    """Any definition that can exist; one that would hold of an unknown person is narrowed until it cannot."""
    one = st.sampled_from(ONE_COLUMNS).flatmap(lambda pair: _on_column(Column(*pair)))
    summary = st.builds(Exists, st.builds(Events, st.just(REGISTRY.table("dose_summary"))))
    leaf = st.one_of(one, one, summary, _on_events(), _between_values())
    return (leaf | _groups(leaf, max_leaves=6)).map(_narrowed)


def _narrowed(criterion: Criterion) -> Definition:
    try:
        return Definition(criterion)
    except InvalidTarget:
        return Definition(And((criterion, Known(Column(PERSON, PERSON.fact("sex"))))))
