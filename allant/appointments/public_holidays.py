"""The days on which a place is closed like everybody around it."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

import holidays as calendars

from allant.doctrine import RuleBook


def holidays_between(departement: str, first: date, last: date, book: RuleBook) -> frozenset[date]:
    """The public holidays of a département over `[first, last)`, as the doctrine says which calendar is its own."""
    whole_country = territory = "FR"
    for row in book.value("outreach.territories", first):
        if departement in row["departements"]:
            territory = row["holidays"]
    days = _calendar("" if territory == whole_country else territory, first.year, (last - timedelta(days=1)).year)
    return frozenset(day for day in days if first <= day < last)


@lru_cache(maxsize=64)
def _calendar(subdivision: str, first: int, last: int) -> frozenset[date]:
    return frozenset(calendars.country_holidays("FR", subdiv=subdivision or None, years=range(first, last + 1)))
