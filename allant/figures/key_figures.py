"""Key figures on any date (FG-01): pure functions over counts, no query, no clock.

Percentages are of the doctrine's population (`Parameters.population`), never of the people replayed; they are exact numbers,
the pages round them. Definitions in French: `definitions.yaml`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from allant.figures.aggregate import Counts, Measure
from allant.figures.parameters import ALL, AgeClasses, Parameters, Secrecy

ADULT_AND_TEEN = 12  # age from which vaccination was open to all in 2021: those "left to vaccinate"
SENIOR = 65


@dataclass(frozen=True)
class Share:
    """A count of persons beside its population."""

    persons: int
    population: float

    @property
    def percent(self) -> float:
        """0 to 100, exact; 0 for an empty population."""
        return 100 * self.persons / self.population if self.population else 0.0


@dataclass(frozen=True)
class Coverage:
    """The three coverages of one group: an age class, a group of ages, a département, the nation."""

    code: str
    label: str
    first: Share
    complete: Share
    booster: Share


@dataclass(frozen=True)
class Rhythm:
    """Injections of the seven days that end on the date, beside the seven days before."""

    daily_mean: float
    daily_mean_before: float

    @property
    def change_percent(self) -> float | None:
        """Change from one week to the next; None when nothing was given the week before."""
        return 100 * (self.daily_mean / self.daily_mean_before - 1) if self.daily_mean_before else None


@dataclass(frozen=True)
class Remaining:
    """Persons of one class without a first dose."""

    code: str
    label: str
    persons: float
    percent: float  # of all those left


@dataclass(frozen=True)
class KeyFigures:
    """Everything the page of a date shows about the nation."""

    on: date
    nation: Coverage
    booster_senior_percent: float  # of the boosters, those given to persons of 65 and over
    by_age: tuple[Coverage, ...]  # youngest class first
    seniors: tuple[Coverage, ...]  # 75 and over, 80 and over
    rhythm: Rhythm
    remaining: tuple[Remaining, ...]  # 12 and over, youngest class first

    @property
    def remaining_persons(self) -> float:
        """Persons of 12 and over without a first dose."""
        return sum(row.persons for row in self.remaining)


@dataclass(frozen=True)
class Curve:
    """Coverage of one age class day by day, percent."""

    code: str
    label: str
    days: tuple[date, ...]
    percent: np.ndarray


def key_figures(counts: Counts, parameters: Parameters, on: date) -> KeyFigures:
    """The figures of a date from national counts. Before the first dose: zeros; after the last day: its own."""
    reached = _persons_by_class(counts, on)
    population = parameters.population(on)
    classes = parameters.age_classes(on)
    by_age = tuple(_coverage(code, classes.labels[code], classes, reached, population) for code in classes.codes)
    boosters = reached.sum(axis=0)[Measure.BOOSTER]
    senior_boosters = sum(row.booster.persons for row in by_age if row.code in classes.from_age(SENIOR))
    return KeyFigures(
        on=on,
        nation=_shares(ALL, classes.labels[ALL], reached.sum(axis=0), population[ALL]),
        booster_senior_percent=float(100 * senior_boosters / boosters) if boosters else 0.0,
        by_age=by_age,
        seniors=tuple(_seniors(age, classes, reached, population) for age in (75, 80)),
        rhythm=_rhythm(counts, on),
        remaining=_remaining(by_age, classes.from_age(ADULT_AND_TEEN)),
    )


def by_departement(
    counts: Counts, parameters: Parameters, on: date, inhabitants: Mapping[str, tuple[str, int]]
) -> tuple[Coverage, ...]:
    """Coverages by département of residence, from `count_by_departement`; `inhabitants`: name and people by code.

    The populations are brought to the doctrine's total (assumption: the same ratio everywhere), so the mean of the
    départements weighted by population is the national coverage, but for persons without a known département.
    """
    ratio = parameters.population(on)[ALL] / sum(persons for _, persons in inhabitants.values())
    reached = _window(counts, on).sum(axis=(0, 2, 3))  # [place, measure]
    return tuple(
        _shares(code, name, reached[counts.places.index(code)], persons * ratio) for code, (name, persons) in inhabitants.items()
    )


def percent_shown(share: Share, secrecy: Secrecy) -> float | None:
    """The percentage of a territory as it may be shown: None when fewer persons than the threshold are concerned."""
    return share.percent if share.persons >= secrecy.threshold else None


def coverage_curves(counts: Counts, parameters: Parameters, measure: Measure, until: date) -> tuple[Curve, ...]:
    """Coverage by age class from the first day of the counts until a date, unrounded."""
    kept = counts.until(until)
    classes = parameters.age_classes(until)
    persons = kept.cumulated().sum(axis=(1, 3))[..., measure]  # [day, class]
    populations = parameters.populations(kept.days, classes.codes)
    columns = [kept.classes.index(code) for code in classes.codes]
    percent = 100 * persons[:, columns] / populations
    return tuple(Curve(code, classes.labels[code], kept.days, percent[:, n]) for n, code in enumerate(classes.codes))


def _window(counts: Counts, last: date, first: date | None = None) -> np.ndarray:
    """The days of the counts from `first` to `last` included."""
    start = 0 if first is None else max(0, (first - counts.days[0]).days)
    return counts.values[start : max(0, (last - counts.days[0]).days + 1)]


def _persons_by_class(counts: Counts, on: date) -> np.ndarray:
    """Cumulated acts [class, measure]; the last class is the unknown age."""
    return _window(counts, on).sum(axis=(0, 1, 3))


def _coverage(code: str, label: str, classes: AgeClasses, reached: np.ndarray, population: Mapping[str, float]) -> Coverage:
    """One class."""
    return _shares(code, label, reached[classes.codes.index(code)], population[code])


def _shares(code: str, label: str, reached: np.ndarray, population: float) -> Coverage:
    first, complete, booster = (Share(int(reached[m]), population) for m in (Measure.DOSE1, Measure.COMPLETE, Measure.BOOSTER))
    return Coverage(code, label, first, complete, booster)


def _seniors(age: int, classes: AgeClasses, reached: np.ndarray, population: Mapping[str, float]) -> Coverage:
    members = classes.from_age(age)
    rows = [classes.codes.index(code) for code in members]
    return _shares(f"{age}+", f"{age} ans et plus", reached[rows].sum(axis=0), sum(population[code] for code in members))


def _rhythm(counts: Counts, on: date) -> Rhythm:
    """All injections, by rank of dose (1 to 4)."""
    ranks = slice(Measure.DOSE1, Measure.DOSE4 + 1)
    week = _window(counts, on, on - timedelta(days=6))[..., ranks].sum()
    before = _window(counts, on - timedelta(days=7), on - timedelta(days=13))[..., ranks].sum()
    return Rhythm(float(week) / 7, float(before) / 7)


def _remaining(by_age: Sequence[Coverage], codes: Sequence[str]) -> tuple[Remaining, ...]:
    """A class with more first doses than people (a sample, people who moved) has nobody left."""
    rows = [row for row in by_age if row.code in codes]
    left = [max(0.0, row.first.population - row.first.persons) for row in rows]
    total = sum(left)
    return tuple(
        Remaining(row.code, row.label, persons, 100 * persons / total if total else 0.0)
        for row, persons in zip(rows, left, strict=True)
    )
