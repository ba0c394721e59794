"""Known past infections: who, and when, along the waves of 2020 and 2021."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from allant.country.population.households import Ints
from allant.country.population.parameters import CLASSES, Parameters
from allant.country.population.situations import day_number
from allant.country.population.streams import Choice

FIRST_DAY, LAST_DAY = datetime.date(2020, 3, 1), datetime.date(2021, 11, 30)
PERIODS = (
    ("cases_2020", datetime.date(2020, 12, 31)),
    ("cases_2021_to_october", datetime.date(2021, 10, 29)),
    ("cases_2021_november", LAST_DAY),
)


class Infections:
    """Draws at most one known infection a person."""

    def __init__(self, parameters: Parameters, population: Mapping[str, int]) -> None:
        cases = np.array([float(parameters.value(name, "infections")) for name, _ in PERIODS])
        cases *= float(parameters.value("proved_otherwise", "infections"))
        inhabitants = np.array([population.get(code, 0) for code in CLASSES], dtype=float)
        risk = parameters.by_class("relative_risk", "infections")
        self.rates = risk * cases.sum() / (risk @ inhabitants)
        self._days = Choice(_daily(parameters.value("monthly_weight", "infections"), cases)[None, :])

    def draw(self, classes: Ints, born: NDArray[np.int32], rng: np.random.Generator) -> tuple[Ints, NDArray[np.int32]]:
        """Rows of the persons infected and day numbers; nobody is infected before birth."""
        rows = np.flatnonzero(rng.random(len(classes)) < self.rates[classes])
        days = (self._days.draw(0, rng.random(len(rows))) + day_number(FIRST_DAY)).astype(np.int32)
        after_birth = days >= born[rows]
        return rows[after_birth], days[after_birth]


def _daily(monthly: Mapping[str, float], cases: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cases a day: monthly weights interpolated between mid-months, then scaled to the cases of each period."""
    middles = [day_number(datetime.date.fromisoformat(f"{month}-15")) for month in monthly]
    days = np.arange(day_number(FIRST_DAY), day_number(LAST_DAY) + 1)
    weights = np.interp(days, middles, list(monthly.values()))
    period = np.searchsorted([day_number(last) for _, last in PERIODS], days)
    totals = np.bincount(period, weights)
    return np.asarray(weights * (cases / totals)[period])
