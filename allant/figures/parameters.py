"""What the published figures take from the doctrine: age classes, populations, secrecy.

`Parameters` binds a book (the doctrine as known on a day). The rest of the room takes `Parameters`, never a book.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Protocol

import numpy as np

from allant.doctrine.age import born_by

ALL = "0"  # the official code of the total
ALL_LABEL = "Tous âges"
UNKNOWN = "NA"  # our code for a person whose class is not known: counted in the total alone


class Book(Protocol):
    """The doctrine as known on a day (`allant.doctrine`)."""

    def value(self, key: str, on: date) -> Any: ...


@dataclass(frozen=True)
class AgeClasses:
    """The official age classes; a person keeps the class of the age reached on `reference_date`."""

    reference_date: date
    codes: tuple[str, ...]  # `clage_vacsi`, youngest first; without the total
    labels: Mapping[str, str]  # in French, the total included
    lowest: Mapping[str, int]  # years

    def cut_offs(self) -> tuple[date, ...]:
        """For each class but the oldest, youngest first: it holds who was born after this day and is in no younger class."""
        return tuple(born_by(self.lowest[older], self.reference_date) for older in self.codes[1:])

    def from_age(self, age: int) -> tuple[str, ...]:
        """The classes whose members are all of this age or older."""
        return tuple(code for code in self.codes if self.lowest[code] >= age)


@dataclass(frozen=True)
class Secrecy:
    """Statistical secrecy of the files by territory."""

    threshold: int  # persons: a lower count is blank
    rounding: int  # other counts are rounded to the nearest multiple


@dataclass(frozen=True)
class Parameters:
    """Doctrine of the figures as one production sees it.

    `scale` is the share of the nation that was replayed: populations are multiplied by it, without rounding, so that coverages
    of a sample stand beside the official ones.
    """

    book: Book
    scale: float = 1.0

    def age_classes(self, on: date) -> AgeClasses:
        """The classes of the series published on a day."""
        rows = sorted(self.book.value("figures.age_classes", on), key=lambda row: row["min_age"])
        return AgeClasses(
            reference_date=self.book.value("figures.class_reference_date", on),
            codes=tuple(row["code"] for row in rows),
            labels={row["code"]: row["label"] for row in rows} | {ALL: ALL_LABEL},
            lowest={row["code"]: row["min_age"] for row in rows},
        )

    def population(self, on: date) -> Mapping[str, float]:
        """Persons by class code on a day, total `0` included: the denominators of that day."""
        return {row["code"]: row["population"] * self.scale for row in self.book.value("figures.population", on)}

    def populations(self, days: tuple[date, ...], codes: tuple[str, ...]) -> np.ndarray:
        """Denominators [day, code] for many days: each day follows the population in force on it."""
        return np.array([[population[code] for code in codes] for population in map(self.population, days)], dtype=float)

    def secrecy(self, on: date) -> Secrecy:
        """The rules of secrecy of files produced on a day."""
        return Secrecy(
            threshold=int(self.book.value("figures.secrecy.threshold", on)),
            rounding=int(self.book.value("figures.secrecy.rounding", on)),
        )


def scale_of(people: int, population: float) -> float:
    """The share of the nation that `people` replayed persons stand for."""
    if people <= 0 or population <= 0:
        raise ValueError(f"échelle impossible : {people} personnes pour une population de {population:.0f}.")
    return people / population


def days_between(first: date, last: date) -> tuple[date, ...]:
    """Every day from `first` to `last` included."""
    return tuple(first + timedelta(days=n) for n in range((last - first).days + 1))
