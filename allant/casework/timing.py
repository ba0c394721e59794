"""When the next deadline of a case falls, and how its clock moves with it. Pure; the one place where deadlines are counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from allant.casework.process import CLOCK, ENTERED
from allant.casework.terms import NEXT
from allant.casework.working_days import working_day_from
from allant.doctrine import Delay, add_delay

if TYPE_CHECKING:
    from allant.casework.process import Deadline, Process, Transition
    from allant.casework.terms import Terms


@dataclass(frozen=True)
class Timing:
    """The dates of a case: its clock (since when, paused since when, days it stood still before), its entry, named dates."""

    clock_from: date
    entered_on: date
    paused_on: date | None = None
    paused_days: int = 0
    dates: Mapping[str, date] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Due:
    """The next deadline of a case: which, and the day on which it takes effect."""

    deadline: str
    on: date


def opened(process: Process, terms: Terms, on: date, dates: Mapping[str, date]) -> Timing:
    """The dates of a case on the day it is opened."""
    return Timing(on, on, on if process.initial.name in terms.paused_in else None, 0, dates)


def moved(timing: Timing, terms: Terms, transition: Transition, target: str, on: date) -> Timing:
    """The dates after a transition: the clock goes on after a pause, stands still in a new one, or starts again."""
    if transition.name in terms.restarted_by:
        timing = replace(timing, clock_from=on, paused_on=None, paused_days=0)
    elif timing.paused_on is not None and target not in terms.paused_in:
        stood = (on - timing.paused_on).days
        timing = replace(timing, paused_on=None, paused_days=timing.paused_days + stood)
    if target in terms.paused_in and timing.paused_on is None:
        timing = replace(timing, paused_on=on)
    return timing if transition.target is None else replace(timing, entered_on=on)


def next_due(process: Process, terms: Terms, state: str, timing: Timing, since: date) -> Due | None:
    """The earliest deadline that runs in a state; the first declared when two fall together. None when none runs.

    `since`: the day on which the case came to be so. A deadline that is past by then takes effect that day, not before: nothing
    acts on a case for what it was not yet.
    """
    found = [
        Due(deadline.name, day)
        for deadline in process.deadlines_of(state)
        if (day := falls_on(deadline, terms, timing)) is not None
    ]
    first = min(found, key=lambda due: due.on, default=None)
    return Due(first.deadline, max(first.on, since)) if first else None


def falls_on(deadline: Deadline, terms: Terms, timing: Timing) -> date | None:
    """The day a deadline takes effect; None while its clock stands still, its date is unknown or the doctrine has no delay."""
    delay = terms.delays[deadline.name]
    if delay is None:
        return None
    match deadline.counts_from:
        case "clock":
            if timing.paused_on is not None:
                return None
            day = add_delay(timing.clock_from, delay) + timedelta(days=timing.paused_days)
        case "entered":
            day = add_delay(timing.entered_on, delay)
        case name:
            if (start := timing.dates.get(name)) is None:
                return None
            day = add_delay(start, _backwards(delay) if deadline.before else delay)
    return working_day_from(day) if terms.non_working_day == NEXT else day


def _backwards(delay: Delay) -> Delay:
    return Delay(-delay.months, -delay.days)


__all__ = ["CLOCK", "ENTERED", "Due", "Timing", "falls_on", "moved", "next_due", "opened"]
