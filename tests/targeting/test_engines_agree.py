"""Every engine selects the same people: random definitions on random populations, and mutants that must be caught."""

import operator
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from allant.targeting import Definition, engine_ibis, normal, truth

from .spark import leaves_sockets
from .strategies import crowds, definitions, populations
from .world import Mutant, Population, World

RELAXED = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much]


def check(world: World, examples: int, engines: tuple[str, ...], mutants: dict[str, Mutant] | None = None, **more: Any) -> None:
    """Compare engines on random populations, each asked several random definitions."""

    @settings(max_examples=examples, deadline=None, suppress_health_check=RELAXED, database=None, **more)
    @given(populations(), st.lists(definitions(), min_size=1, max_size=8))
    def agree(population: Population | int, asked: list[Definition]) -> None:
        world.load(crowds(population) if isinstance(population, int) else population, engines)
        for definition in asked:
            world.compare(definition, engines, mutants)

    agree()


def test_engines_agree(world: World) -> None:
    check(world, 80, ("memory", "duckdb", "postgres"))


@pytest.mark.long
@pytest.mark.timeout(2400)
def test_engines_agree_at_length(world: World) -> None:
    check(world, 2500, ("memory", "duckdb", "postgres"))


@pytest.mark.long
@pytest.mark.timeout(1800)
@leaves_sockets
def test_spark_agrees(world: World) -> None:
    check(world, 60, ("memory", "spark"))


def replaced(module: Any, name: str, by: Any) -> Callable[[], AbstractContextManager[Any]]:
    return lambda: patch.object(module, name, by)


def late_cut_off(length: int, unit: Any, on: date) -> date:
    return CUT_OFF(length, unit, on) + timedelta(days=1)


def uncounted(node: Any, rows: Any, filtered: bool) -> Any:
    column = AGGREGATE(node, rows, filtered)
    return column + 1 if type(node).__name__ == "Count" else column


def leap_day_early(start: date, unit: Any, on: date) -> int:
    return ELAPSED(date(start.year, 2, 28) if (start.month, start.day) == (2, 29) else start, unit, on)


CUT_OFF, AGGREGATE, ELAPSED = normal.cut_off, engine_ibis._aggregate, truth.elapsed
STRICT = {**truth.COMPARISONS, ">=": operator.gt}
MEMORY_MUTANTS = {
    "unknown negated is true": replaced(truth, "negated", lambda of: of is not True),
    ">= reads as >": replaced(truth, "COMPARISONS", STRICT),
    "29 February reached on 28": replaced(truth, "elapsed", leap_day_early),
    "first row forgotten": replaced(
        truth, "matching", lambda events, facts, _matching=truth.matching: _matching(events, facts)[1:]
    ),
}
SQL_MUTANTS = {
    "unknown negated is true": replaced(engine_ibis, "negation", lambda of: ~of.fill_null(False)),
    ">= reads as >": replaced(engine_ibis, "COMPARISONS", STRICT),
    "cut-off one day late": replaced(normal, "cut_off", late_cut_off),
    "count off by one": replaced(engine_ibis, "_aggregate", uncounted),
    "absent rows forgotten": replaced(engine_ibis, "truth", lambda *_: False),
}


def assert_caught(world: World, engines: tuple[str, ...], guilty: str, mutant: Mutant, examples: int = 600) -> None:
    with pytest.raises(AssertionError):
        check(world, examples, engines, {guilty: mutant}, phases=[Phase.generate], derandomize=True)


@pytest.mark.parametrize("mutant", MEMORY_MUTANTS)
def test_a_mutant_of_the_memory_engine_is_caught(world: World, mutant: str) -> None:
    assert_caught(world, ("duckdb", "memory"), "memory", MEMORY_MUTANTS[mutant])


@pytest.mark.parametrize("mutant", SQL_MUTANTS)
@pytest.mark.parametrize("engine", ["duckdb", "postgres"])
def test_a_mutant_of_a_sql_engine_is_caught(world: World, engine: str, mutant: str) -> None:
    assert_caught(world, ("memory", engine), engine, SQL_MUTANTS[mutant])


@pytest.mark.long
@pytest.mark.timeout(1800)
@leaves_sockets
@pytest.mark.parametrize("mutant", SQL_MUTANTS)
def test_a_mutant_of_the_spark_engine_is_caught(world: World, mutant: str) -> None:
    assert_caught(world, ("memory", "spark"), "spark", SQL_MUTANTS[mutant], examples=300)
