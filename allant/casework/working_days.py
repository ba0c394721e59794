"""Days on which nobody works, and the day to which a deadline that falls on one is put off. Pure.

The calendar of metropolitan France for everybody: a case follows its person from one territory to another, and its deadline
must not move with them.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

import holidays

SATURDAY = 5


def is_working(day: date) -> bool:
    """Monday to Friday, no public holiday."""
    return day.weekday() < SATURDAY and day not in _holidays(day.year)


@lru_cache(maxsize=4096)
def working_day_from(day: date) -> date:
    """The day itself when it is a working day, else the next one."""
    while not is_working(day):
        day += timedelta(days=1)
    return day


@lru_cache(maxsize=256)
def _holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("FR", years=year))
