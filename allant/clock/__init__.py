"""The only place where the clock is read. Rules take a date; views, commands and jobs ask here.

A replay or a demonstration moves the clock with the setting `ALLANT_TODAY` (ISO date).
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings

PARIS = ZoneInfo("Europe/Paris")


def now() -> datetime:
    """The instant, aware, in Paris time; on the day of `ALLANT_TODAY` when that is set."""
    instant = datetime.now(PARIS)
    fixed: date | None = getattr(settings, "ALLANT_TODAY", None)
    return instant if fixed is None else instant.replace(year=fixed.year, month=fixed.month, day=fixed.day)


def today() -> date:
    """The day in Paris, or `ALLANT_TODAY`."""
    return now().date()
