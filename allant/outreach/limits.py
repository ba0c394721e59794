"""When a person may be contacted: hours, Sundays and public holidays of where they live (AV-04)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays as calendars

from allant.doctrine import RuleBook
from allant.geography import OVERSEAS, zone_of

PARIS = ZoneInfo("Europe/Paris")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FARTHEST = 30
"Days looked ahead for an open window: longer than any run of holidays."


class NeverOpen(ValueError):
    """The doctrine leaves a channel no hour at all; the message says which, in French."""


@dataclass(frozen=True, slots=True)
class Territory:
    """A clock and a calendar."""

    zone: ZoneInfo
    holidays: str


@dataclass(frozen=True, slots=True)
class Window:
    """An opening of some days of the week: `opens` included, `closes` excluded, local time."""

    days: frozenset[int]
    opens: time
    closes: time
    on_holidays: bool


@lru_cache(maxsize=64)
def territories(book: RuleBook, on: date) -> dict[str, Territory]:
    """Département → territory for those with a clock or a calendar of their own; the empty code is every other place."""
    calendar = {code: row["holidays"] for row in book.value("outreach.territories", on) for code in row["departements"] or ("",)}
    return {code: Territory(zone_of(code), calendar.get(code, calendar[""])) for code in {*calendar, *OVERSEAS}}


@lru_cache(maxsize=256)
def windows(hours: str, channel: str, book: RuleBook, on: date) -> tuple[Window, ...]:
    """The openings of a channel in a set of hours; none when it may leave at any time."""
    rows = book.value("outreach.hours", on)
    return tuple(
        Window(frozenset(map(DAYS.index, row["days"])), time.fromisoformat(row["from"]), time.fromisoformat(row["until"]),
               row["holidays"])
        for row in rows if (row["hours"], row["channel"]) == (hours, channel)
    )  # fmt: skip


@lru_cache(maxsize=256)
def _calendar(subdivision: str, year: int) -> frozenset[date]:
    subdiv = None if subdivision == "FR" else subdivision
    return frozenset(calendars.country_holidays("FR", subdiv=subdiv, years=year))


def is_holiday(day: date, territory: Territory) -> bool:
    """Whether the day is a public holiday there."""
    return day in _calendar(territory.holidays, day.year)


def next_open(departement: str | None, hours: str, channel: str, at: datetime, book: RuleBook) -> datetime:
    """The first instant from `at` (aware) on at which this channel may contact somebody who lives there; `at` when it may now.

    Raises NeverOpen.
    """
    on = at.astimezone(PARIS).date()
    known = territories(book, on)
    territory = known.get(departement or "", known[""])
    openings = windows(hours, channel, book, on)
    return at if not openings else _first(territory, openings, at, f"{hours}, {channel}")


def _first(territory: Territory, openings: tuple[Window, ...], at: datetime, named: str) -> datetime:
    zone = territory.zone
    local = at.astimezone(zone)
    for ahead in range(FARTHEST):
        day = local.date() + timedelta(ahead)
        holiday = is_holiday(day, territory)
        that_day = [each for each in openings if day.weekday() in each.days and (each.on_holidays or not holiday)]
        for window in sorted(that_day, key=lambda each: each.opens):
            opens, closes = (datetime.combine(day, hour, zone) for hour in (window.opens, window.closes))
            if local < closes:
                return at if opens <= local else opens.astimezone(UTC)
    raise NeverOpen(f"Aucune heure de contact dans les {FARTHEST} jours pour « {named} » : corrigez la doctrine outreach.hours.")


def openings(hours: Iterable[str], channels: Iterable[str], at: datetime, book: RuleBook) -> list[dict[str, str]]:
    """`next_open` of every territory apart, and of the others (empty code), for SQL: departement, hours, channel, at."""
    return [
        {"departement": code, "hours": name, "channel": channel, "at": next_open(code, name, channel, at, book).isoformat()}
        for code in territories(book, at.astimezone(PARIS).date())
        for name in hours
        for channel in channels
    ]
