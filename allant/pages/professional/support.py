"""Whether a support line answers now: its days and hours, in Paris time, and the public holidays of the place (VC-50)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import holidays

from allant import clock
from allant.doctrine import RuleBook

# Where the library's subdivision is not the code of the département; elsewhere it is, or there is none.
CALENDARS = {"67": "6AE", "68": "6AE", "975": "PM", "977": "BL", "978": "MF", "986": "WF", "987": "PF", "988": "NC"}
WEEK = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
AHEAD = 14  # days within which a line opens again, holidays included
KIND_OF_MODE = {"L": "liberal", "S": "salarie", "B": "salarie"}
"The line of each mode of exercise of the Annuaire santé: a volunteer works in a centre too."


@dataclass(frozen=True)
class Line:
    """A support line at one instant. `opens` is when it opens next, None while it is open; `phone` is empty when not known."""

    code: str
    label: str
    phone: str
    hours: str
    open: bool
    opens: datetime | None
    yours: bool


def lines(book: RuleBook, at: datetime, departement: str, exercise_mode: str) -> list[Line]:
    """The lines of `teleservice.support`, that of this mode of exercise first."""
    yours = KIND_OF_MODE.get(exercise_mode, "")
    found = [_line(row, at.astimezone(clock.PARIS), departement, yours) for row in book.value("teleservice.support", at.date())]
    return sorted(found, key=lambda line: not line.yours)


def holiday(day: date, departement: str) -> str:
    """The public holiday of a day in a département, in French; empty on another day."""
    subdivision = CALENDARS.get(departement, departement)
    known = subdivision in holidays.France.subdivisions
    return holidays.France(subdiv=subdivision if known else None, years=day.year, language="fr").get(day) or ""


def _line(row: Mapping[str, Any], at: datetime, departement: str, yours: str) -> Line:
    opens_at, closes_at = time.fromisoformat(row["opens_at"]), time.fromisoformat(row["closes_at"])
    days = [int(day) for day in row["days"]]
    now = _works(at.date(), days, departement) and opens_at <= at.time() < closes_at
    return Line(
        code=row["code"],
        label=row["label"],
        phone=row["phone"] or "",
        hours=f"{_days(days)}, de {_hour(opens_at)} à {_hour(closes_at)}, sauf jours fériés",
        open=now,
        opens=None if now else _next_opening(at, days, opens_at, departement),
        yours=row["code"] == yours,
    )


def _works(day: date, days: list[int], departement: str) -> bool:
    return day.isoweekday() in days and not holiday(day, departement)


def _next_opening(at: datetime, days: list[int], opens_at: time, departement: str) -> datetime | None:
    for ahead in range(AHEAD):
        day = at.date() + timedelta(days=ahead)
        opening = datetime.combine(day, opens_at, at.tzinfo)
        if opening > at and _works(day, days, departement):
            return opening
    return None


def _days(days: list[int]) -> str:
    names = [WEEK[day - 1] for day in days]
    run = len(days) > 2 and days == list(range(days[0], days[-1] + 1))
    return f"du {names[0]} au {names[-1]}" if run else ", ".join(names)


def _hour(at: time) -> str:
    return f"{at.hour} h {at.minute:02d}" if at.minute else f"{at.hour} h"
