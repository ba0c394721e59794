"""Official margins at the scale of a country: whole persons, within one of the scaled official count every day."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from allant.country.official.rounding import nearest, round_cumulated
from allant.country.official.series import VACCINE_MEASURES, Counts, Series


@dataclass(frozen=True)
class Margins:
    """Daily counts: `by_class[measure]` of shape [day, class], `by_vaccine[measure]` of shape [day, vaccine]."""

    by_class: Mapping[str, Counts]
    by_vaccine: Mapping[str, Counts]


def scale_margins(series: Series, people: int, capacity: Counts | None = None) -> Margins:
    """Margins of `series` for a country of `people` persons; at full scale, the official counts themselves.

    Within a class complete schedules stay within first doses, boosters within the complete schedules of the day before,
    and each further booster within the one before it, of the day before. `capacity` of shape [class] caps first doses by
    the persons there are. Class cells win over totals.
    """
    full = series.people

    def rounded(measure: str, limits: Counts | None) -> Counts:
        exact = _cumulated(series.by_class[measure], people)
        return round_cumulated(exact, full, nearest(exact.sum(axis=1), full), limits)

    dose1 = rounded("dose1", None if capacity is None else np.broadcast_to(capacity, series.by_class["dose1"].shape))
    complete = rounded("complete", dose1)
    by_class = {"dose1": dose1, "complete": complete}
    for measure, former in (("booster", "complete"), ("booster2", "booster"), ("booster3", "booster2")):
        before = by_class[former][:-1]
        by_class[measure] = rounded(measure, np.concatenate([np.zeros_like(before[:1]), before]))
    by_vaccine = {}
    for measure in VACCINE_MEASURES:
        exact = _cumulated(series.by_vaccine[measure], people)
        totals = by_class[measure].sum(axis=1) if measure in by_class else nearest(exact.sum(axis=1), full)
        by_vaccine[measure] = round_cumulated(exact, full, totals, totals_first=True)
    return Margins(_daily(by_class), _daily(by_vaccine))


def _cumulated(daily: Counts, people: int) -> Counts:
    """Cumulated counts times `people`; 67.7 million squared fits an int64."""
    return np.asarray(np.cumsum(daily, axis=0) * people, dtype=np.int64)


def _daily(cumulated: Mapping[str, Counts]) -> dict[str, Counts]:
    return {measure: np.diff(values, axis=0, prepend=0) for measure, values in cumulated.items()}
