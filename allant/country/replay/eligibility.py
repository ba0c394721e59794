"""The day each person may be vaccinated: the first priority phase (`covid.priority`) that holds them."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allant.country.official.series import LAST_DAY
from allant.doctrine import RuleBook, rules

Days = NDArray[np.datetime64]
Births = tuple[NDArray[np.datetime64], NDArray[np.timedelta64]]  # months, and days in the month
NEVER = np.datetime64("NaT", "D")


def eligible_days(
    birth_dates: Days, situations: Mapping[str, NDArray[np.bool_]] | None = None, book: RuleBook | None = None
) -> Days:
    """First day of eligibility (datetime64[D], NaT for never) of each person.

    `situations`: by name (`ald`, `institution:ehpad`…), who is in it; a phase for people in a situation left out holds
    nobody. An unknown birth date (NaT) meets no age criterion. The book is that of the end of the campaign by default.
    """
    book = book or rules.as_known_on(LAST_DAY)
    months = birth_dates.astype("datetime64[M]")
    births = months, birth_dates - months.astype("datetime64[D]")
    earliest = np.full(len(birth_dates), NEVER)
    for phase in book.value("covid.priority", LAST_DAY):
        criteria = phase["criteria"]
        held = _held(situation_names(criteria), situations or {}, len(birth_dates))
        day = _within_ages(births, np.datetime64(phase["opens_on"], "D"), criteria)
        sooner = held & ~np.isnat(day) & (np.isnat(earliest) | (day < earliest))
        earliest[sooner] = day[sooner]
    return earliest


def situations_used(book: RuleBook | None = None) -> list[str]:
    """Names of the situations that the phases look at."""
    book = book or rules.as_known_on(LAST_DAY)
    phases = book.value("covid.priority", LAST_DAY)
    return sorted({name for phase in phases for names in situation_names(phase["criteria"]) for name in names})


def situation_names(criteria: Mapping[str, Any]) -> list[list[str]]:
    """Lists of names; a person must be in one at least of each list."""
    groups = [list(criteria.get("situations") or ()), [f"profession:{code}" for code in criteria.get("professions") or ()]]
    return [group for group in groups if group]


def _held(groups: Iterable[list[str]], situations: Mapping[str, NDArray[np.bool_]], size: int) -> NDArray[np.bool_]:
    held = np.ones(size, dtype=np.bool_)
    for group in groups:
        held &= np.logical_or.reduce([situations.get(name, np.zeros(size, dtype=np.bool_)) for name in group])
    return held


def _within_ages(births: Births, opens_on: np.datetime64, criteria: Mapping[str, Any]) -> Days:
    """First day on or after `opens_on` within the ages; NaT when there is none."""
    least, most = criteria.get("min_age"), criteria.get("max_age")
    day = np.full(len(births[0]), opens_on)
    if least is not None:
        day = np.maximum(_birthday(births, int(least)), opens_on)  # NaT stays NaT
    if most is not None:
        day = np.where(day < _birthday(births, int(most) + 1), day, NEVER)
    return day


def _birthday(births: Births, age: int) -> Days:
    """The day this age is reached; 1 March for those born on 29 February, when the year has none."""
    months, days = births
    return np.asarray((months + 12 * age).astype("datetime64[D]") + days)
