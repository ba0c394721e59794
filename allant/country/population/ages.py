"""Birth years and birth dates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from allant.country.population.layout import FIRST_AGE, LAST_AGE, REFERENCE_YEAR
from allant.country.population.parameters import CLASSES, UNKNOWN, Parameters
from allant.country.population.streams import Choice

PRECISIONS = ("day", "month", "year", "none")
DAY, MONTH, YEAR, NONE = range(4)


@dataclass(frozen=True)
class Births:
    """Birth dates as days since 1970 (0 where precision is NONE), month 1-12 (0 unknown), precision codes."""

    days: NDArray[np.int32]
    month: NDArray[np.int64]
    precision: NDArray[np.int8]


class Ages:
    """Ages on 31 December 2021 inside each class."""

    def __init__(self, parameters: Parameters) -> None:
        oldest = int(parameters.value("people.oldest_age"))
        self.first = np.array([*FIRST_AGE, 80, FIRST_AGE[CLASSES.index("49")]])
        self.last = np.array([*LAST_AGE, oldest, LAST_AGE[CLASSES.index("49")]])
        ages = np.arange(oldest + 1)
        weights = ((ages >= self.first[:, None]) & (ages <= self.last[:, None])).astype(float)
        weights[CLASSES.index("80"), 80:] = _survival(oldest - 80, parameters)
        self._choice = Choice(weights)

    def draw(self, classes: NDArray[np.int64], u: NDArray[np.float64]) -> NDArray[np.int64]:
        """Age in years of each person of the class."""
        return self._choice.draw(classes, u)


def births(ages: NDArray[np.int64], classes: NDArray[np.int64], rng: np.random.Generator, parameters: Parameters) -> Births:
    """A day of the birth year for each person, uniform over its 365 or 366 days; partial ones keep their first day."""
    months = (REFERENCE_YEAR - ages - 1970).astype("datetime64[Y]").astype("datetime64[M]")
    first = months.astype("datetime64[D]").astype(np.int32)
    length = (months + 12).astype("datetime64[D]").astype(np.int32) - first
    days = first + (rng.random(len(ages)) * length).astype(np.int32)
    calendar = days.astype("datetime64[D]").astype("datetime64[M]")
    month = (calendar - months).astype(np.int64) + 1

    u = rng.random(len(ages))
    year_only = float(parameters.value("people.birth_year_only"))
    month_only = year_only + float(parameters.value("people.birth_month_only"))
    precision = np.select([classes == UNKNOWN, u < year_only, u < month_only], [NONE, YEAR, MONTH], DAY).astype(np.int8)
    days = np.where(precision == MONTH, calendar.astype("datetime64[D]").astype(np.int32), days)
    days = np.where(precision == YEAR, first, days)
    return Births(days, np.where(precision >= YEAR, 0, month), precision)


def _survival(years: int, parameters: Parameters) -> NDArray[np.float64]:
    """Relative numbers at 80, 81, … 80 + years: death rates grow by a constant factor a year."""
    first, growth = (float(parameters.value(f"people.{name}")) for name in ("death_rate_80", "death_rate_growth"))
    rates = first * growth ** np.arange(years)
    return np.concatenate([[1.0], np.cumprod(np.clip(1 - rates, 0, 1))])
