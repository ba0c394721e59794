"""What comes next for a case, and when, if nothing else happens; and what a sweep would do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import connection

from allant.casework.models import Case
from allant.casework.process import Deadline, Process, Transition
from allant.casework.registry import process_of
from allant.casework.terms import Terms, terms_of
from allant.casework.timing import Timing, moved, next_due
from allant.doctrine import RuleBook


@dataclass(frozen=True)
class Coming:
    """One deadline to come: what will be done, on which day, and where the case will then stand."""

    on: date
    deadline: Deadline
    transition: Transition
    target: str
    target_label: str


def timing_of(case: Case) -> Timing:
    """The dates of a case as the rules read them."""
    dates = {name: date.fromisoformat(case.data[name]) for name in process_of(case.process).dates if name in case.data}
    return Timing(case.clock_from, case.entered_on, case.paused_on, case.paused_days, dates)


def coming(case: Case, book: RuleBook, most: int = 6) -> list[Coming]:
    """The deadlines to come, first to last, as they follow from each other when nothing else happens; no more than `most`."""
    process = process_of(case.process)
    terms = terms_of(process, case.rule_id, book)
    data, state, timing, found = dict(case.data), case.state, timing_of(case), []
    deadline, on = case.deadline, case.due_on
    while on is not None and len(found) < most:
        step = _step(process, state, deadline, on, data)
        found.append(step)
        data |= dict(step.transition.sets)
        state, timing, deadline, on = _after(process, terms, timing, step)
    return found


def _step(process: Process, state: str, deadline: str, on: date, data: dict[str, object]) -> Coming:
    taken = next(each for each in process.transitions_on(state, deadline) if each.holds(data))
    target = taken.target_from(state)
    declared = next(each for each in process.deadlines if each.name == deadline)
    return Coming(on, declared, taken, target, process.labels[target])


def _after(process: Process, terms: Terms, timing: Timing, step: Coming) -> tuple[str, Timing, str, date | None]:
    timing = moved(timing, terms, step.transition, step.target, step.on)
    due = next_due(process, terms, step.target, timing, step.on)
    return step.target, timing, due.deadline if due else "", due.on if due else None


@dataclass(frozen=True)
class DueCount:
    """Cases of one process, state and deadline that are due by a day, and since when the oldest is."""

    process: str
    state: str
    deadline: str
    cases: int
    first_due_on: date


def preview(on: date, scope: str = "") -> list[DueCount]:
    """What a sweep of that day would take up first; it changes nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT process, state, deadline, count(*), min(due_on) FROM casework_case
               WHERE due_on <= %s AND (%s = '' OR process = %s) GROUP BY 1, 2, 3 ORDER BY 1, 5, 2""",
            [on, scope, scope],
        )
        return [DueCount(*row) for row in cursor.fetchall()]
