"""Synthetic persons as plain arrays, and every official series at hand."""

from pathlib import Path

import numpy as np
import pytest

from allant.country.official.facts import load_series
from allant.country.official.series import UNKNOWN_CLASS, Series
from allant.country.replay.persons import ClassPersons

DAILY_FILES = Path(__file__).resolve().parents[4] / "shared" / "data"
SOURCES = [None, *([DAILY_FILES] if (DAILY_FILES / "vacsi-fra.csv").is_file() else [])]


@pytest.fixture(scope="session")
def series() -> Series:
    """The compact facts, as shipped."""
    return load_series()


@pytest.fixture(scope="session", params=SOURCES, ids=["weekly", "daily"][: len(SOURCES)])
def each_series(request: pytest.FixtureRequest) -> Series:
    """The compact facts; and the daily files too where they lie beside the clone."""
    return load_series(request.param)


def some_persons(series: Series, people: int, *, spread: int = 1) -> dict[str, ClassPersons]:
    """Persons by class, 15 % infected, 1 % immunodepressed; `spread`: step between two ids."""
    rng = np.random.default_rng(people)
    persons, first = {}, 1
    for code in series.classes:
        size = 3 if code == UNKNOWN_CLASS else round(people * series.population[code] / series.people)
        infected_on = np.datetime64("2020-03-01") + rng.integers(0, 600, size)
        infected_on[rng.random(size) > 0.15] = np.datetime64("NaT")
        persons[code] = ClassPersons(
            person_id=first + spread * np.arange(size),
            order=rng.integers(0, 1000, size),
            infected_on=infected_on,
            immunodepressed=rng.random(size) < 0.01,
            birth_month=rng.integers(100, 1400, size).astype(np.int16),
        )
        first += spread * size + 5
    return persons


def sizes(series: Series, persons: dict[str, ClassPersons]) -> np.ndarray:
    """Persons per class, in the order of the series."""
    return np.array([persons[code].size for code in series.classes])
