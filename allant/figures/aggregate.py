"""From dose rows to counts: one grouped pass over the doses, everything else is arithmetic on a small array.

The pass groups by the raw columns that decide a measure and counts rows; the measures are told apart afterwards, on some
thousands of groups: a group-by with one counter costs less than one with a conditional counter a measure
(bench/pf09_open_data.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import IntEnum

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from allant.figures.parameters import UNKNOWN, AgeClasses, days_between
from allant.figures.sources import Source

NATION = "FR"
VACCINES = ("comirnaty", "spikevax", "vaxzevria", "janssen", "unknown")


class Measure(IntEnum):
    """What is counted: the last axis of `Counts.values`."""

    DOSE1 = 0
    DOSE2 = 1
    DOSE3 = 2
    DOSE4 = 3
    COMPLETE = 4
    BOOSTER = 5
    BOOSTER2 = 6
    BOOSTER3 = 7


@dataclass(frozen=True)
class Counts:
    """Acts counted from doses: `values[day, place, class, vaccine, measure]`, int64.

    `days` are consecutive (or consecutive Mondays: a week is named by its Monday). `places` is `("FR",)` or the codes of
    départements, then `NA` (domicile unknown). `classes` are the official codes, youngest first, then `NA` (age unknown).
    """

    days: tuple[date, ...]
    places: tuple[str, ...]
    classes: tuple[str, ...]
    vaccines: tuple[str, ...]
    values: np.ndarray

    def cumulated(self) -> np.ndarray:
        """Same shape: each day holds all acts up to and including it."""
        return self.values.cumsum(axis=0)

    def until(self, day: date) -> "Counts":
        """Without the days after `day`."""
        kept = [n for n, each in enumerate(self.days) if each <= day]
        return replace(self, days=self.days[: len(kept)], values=self.values[: len(kept)])


class NoDose(LookupError):
    """There is nothing to publish."""


def count_national(source: Source, classes: AgeClasses, start: date, on: date | None = None) -> Counts:
    """Acts by day × class × vaccine from `start` (or an earlier first dose) to `on` (or the last dose). Raises NoDose."""
    return _count(source, classes, _Grouping(start, on, by_vaccine=True))


def count_by_departement(
    source: Source, classes: AgeClasses, places: Sequence[str], start: date, on: date | None = None
) -> Counts:
    """Acts by day × département of residence × class, all vaccines together (the vaccine axis has one row, `all`)."""
    return _count(source, classes, _Grouping(start, on, places=(*places, UNKNOWN)))


def count_by_week(source: Source, classes: AgeClasses, places: Sequence[str], start: date, on: date) -> Counts:
    """Acts by week × département × class × vaccine. Only whole weeks, Monday to Sunday, that ended by `on`."""
    last_sunday = on - timedelta(days=(on.weekday() + 1) % 7)
    return _count(source, classes, _Grouping(start, last_sunday, places=(*places, UNKNOWN), by_vaccine=True, weekly=True))


@dataclass(frozen=True)
class _Grouping:
    start: date
    on: date | None
    places: tuple[str, ...] = ()
    by_vaccine: bool = False
    weekly: bool = False

    def sql(self, classes: AgeClasses) -> str:
        period = "CAST(date_trunc('week', d.occurred_on) AS date)" if self.weekly else "d.occurred_on"
        keys = [period, "p.class_index", *(["p.departement"] if self.places else []), *(["d.vaccine"] if self.by_vaccine else [])]
        keys += ["d.dose_number", "d.series", "d.series_doses"]
        listed = ", ".join(keys)
        # the narrow side of the join: an index and no text
        place = ", departement" if self.places else ""
        until = f"WHERE d.occurred_on <= DATE '{self.on}'" if self.on else ""
        return (
            f"SELECT {listed}, count(*) FROM dose d LEFT JOIN "
            f"(SELECT person_id, {_class_sql(classes)} AS class_index{place} FROM person) p ON p.person_id = d.person_id "
            f"{until} GROUP BY {listed}"
        )

    def schema(self) -> pa.Schema:
        fields = [("day", pa.date32()), ("class_index", pa.int16())]
        fields += [("departement", pa.string())] if self.places else []
        fields += [("vaccine", pa.string())] if self.by_vaccine else []
        return pa.schema(
            [*fields, ("dose_number", pa.int16()), ("series", pa.string()), ("series_doses", pa.int16()), ("doses", pa.int64())]
        )

    def periods(self, first_dose: date, last_dose: date) -> tuple[date, ...]:
        first, last = min(self.start, first_dose), self.on or last_dose
        if not self.weekly:
            return days_between(first, last)
        return days_between(first - timedelta(days=first.weekday()), last)[::7]


def _class_sql(classes: AgeClasses) -> str:
    """The index of a person's class, the youngest 0; one past the last for an unknown birth date."""
    cut_offs = enumerate(classes.cut_offs())
    young = " ".join(f"WHEN birth_date > DATE '{cut_off}' THEN {index}" for index, cut_off in cut_offs)
    return f"CASE WHEN birth_date IS NULL THEN {len(classes.codes)} {young} ELSE {len(classes.codes) - 1} END"


def _count(source: Source, classes: AgeClasses, grouping: _Grouping) -> Counts:
    groups = source.query(grouping.sql(classes), grouping.schema())
    if not groups.num_rows:
        until = f" jusqu'au {grouping.on:%d/%m/%Y}" if grouping.on else ""
        raise NoDose(f"Aucune dose{until} : rejouez la campagne (allant replay), ou choisissez une date plus récente.")
    days = grouping.periods(pc.min(groups["day"]).as_py(), pc.max(groups["day"]).as_py())
    places = grouping.places or (NATION,)
    vaccines = VACCINES if grouping.by_vaccine else ("all",)
    step = 7 if grouping.weekly else 1
    day = (groups["day"].cast(pa.int32()).to_numpy() - (days[0] - date(1970, 1, 1)).days) // step
    age = groups["class_index"].fill_null(len(classes.codes)).to_numpy().astype(np.int64)
    place = _position(groups, "departement", places) if grouping.places else np.zeros(len(day), np.int64)
    vaccine = _position(groups, "vaccine", vaccines) if grouping.by_vaccine else np.zeros(len(day), np.int64)
    shape = (len(days), len(places), len(classes.codes) + 1, len(vaccines))
    cell = np.ravel_multi_index((day, place, age, vaccine), shape)
    return Counts(days, places, (*classes.codes, UNKNOWN), vaccines, _measures(groups, cell, shape))


def _measures(groups: pa.Table, cell: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The definition of each measure, in one place. A booster is counted by its series, whatever its rank."""
    doses = groups["doses"].to_numpy()
    number, needed = groups["dose_number"].to_numpy(), groups["series_doses"].to_numpy()
    series = groups["series"].to_numpy()
    told = {
        Measure.DOSE1: number == 1,
        Measure.DOSE2: number == 2,
        Measure.DOSE3: number == 3,
        Measure.DOSE4: number == 4,
        Measure.COMPLETE: (series == "primary") & (number == needed),
        Measure.BOOSTER: series == "booster",
        Measure.BOOSTER2: series == "second_booster",
        Measure.BOOSTER3: series == "third_booster",
    }
    counted = [np.bincount(cell[of], weights=doses[of], minlength=int(np.prod(shape))) for _, of in sorted(told.items())]
    return np.stack(counted, axis=-1).astype(np.int64).reshape(*shape, len(Measure))


def _position(groups: pa.Table, column: str, labels: Sequence[str]) -> np.ndarray:
    """Where each value stands among the labels; the last label takes what is not among them."""
    found = pc.index_in(groups[column], value_set=pa.array(labels, pa.string()))
    return pc.fill_null(found, len(labels) - 1).to_numpy().astype(np.int64)
