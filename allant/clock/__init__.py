"""The only place where the clock is read. Rules take a date; views, commands and jobs ask here.

A demonstration fixes the day with the setting `ALLANT_TODAY` (ISO date); a replay moves it with `moved_to`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings

PARIS = ZoneInfo("Europe/Paris")
_moved: ContextVar[date | None] = ContextVar("allant_clock_moved", default=None)


def now() -> datetime:
    """The instant, aware, in Paris time; on the moved or fixed day when there is one."""
    instant = datetime.now(PARIS)
    day: date | None = _moved.get() or getattr(settings, "ALLANT_TODAY", None)
    return instant if day is None else instant.replace(year=day.year, month=day.month, day=day.day)


def today() -> date:
    """The day in Paris, or the moved or fixed one."""
    return now().date()


@contextmanager
def moved_to(day: date) -> Iterator[None]:
    """Inside, today is `day`: for a replay, and for nothing else."""
    token = _moved.set(day)
    try:
        yield
    finally:
        _moved.reset(token)
