"""The statements that open, move and retime many cases at once.

Deadlines are counted in Python, by `timing`, once for each distinct set of dates in a chunk: the distinct sets are read, each is
given its plan, and one statement joins the plans to the cases, moves those still as they were read, and writes their events.
A case that somebody else moved meanwhile no longer matches its plan, and is left alone. All three share the columns of a plan.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from allant.casework.process import Flag, Process, Transition
from allant.casework.timing import Due, Timing


@dataclass(frozen=True)
class Plan:
    """What becomes of the cases whose dates are `before`: under which event, to which state, with which dates."""

    branch: int
    before: Timing
    day: date
    name: str
    target: str
    after: Timing
    due: Due | None
    ended: bool
    rule_id: str
    sets: str = "{}"


_COLUMNS = {
    "branch": "int", "clock_from": "date", "paused_on": "date", "paused_days": "int", "entered_on": "date", "dates": "text",
    "day": "date", "name": "text", "target": "text", "new_entered": "date", "new_clock": "date", "new_paused_on": "date",
    "new_paused_days": "int", "deadline": "text", "due_on": "date", "ended_on": "date", "rule_id": "text", "sets": "jsonb",
}  # fmt: skip
PLAN = "unnest(" + ", ".join(f"%s::{kind}[]" for kind in _COLUMNS.values()) + f") AS p({', '.join(_COLUMNS)})"


def plan_parameters(plans: Sequence[Plan]) -> list[list[Any]]:
    """The arrays for `PLAN`, one a column."""
    rows = [
        (
            plan.branch, plan.before.clock_from, plan.before.paused_on, plan.before.paused_days, plan.before.entered_on,
            dates_text(plan.before.dates), plan.day, plan.name, plan.target, plan.after.entered_on, plan.after.clock_from,
            plan.after.paused_on, plan.after.paused_days, plan.due.deadline if plan.due else "", plan.due.on if plan.due else
            None, plan.day if plan.ended else None, plan.rule_id, plan.sets,
        )
        for plan in plans
    ]  # fmt: skip
    return [list(column) for column in zip(*rows, strict=True)]


def dates_text(dates: Mapping[str, date]) -> str:
    """Named dates as one text, as `dates_sql` gives it."""
    return json.dumps({name: day.isoformat() for name, day in sorted(dates.items(), key=_as_jsonb)}) if dates else ""


def _as_jsonb(item: tuple[str, date]) -> tuple[int, str]:
    """The order that PostgreSQL gives the keys of a jsonb."""
    return len(item[0]), item[0]


def read_dates(text: str) -> dict[str, date]:
    """The named dates of such a text."""
    return {name: date.fromisoformat(day) for name, day in json.loads(text).items()} if text else {}


def dates_sql(process: Process, data: str = "c.data") -> str:
    """SQL: the named dates that a process uses, as text; empty when a case holds none. Names are identifiers (`checking`)."""
    names = sorted(process.dates)
    if not names:
        return "''"
    held = " || ".join(
        f"CASE WHEN {data} ? '{name}' THEN jsonb_build_object('{name}', {data} -> '{name}') ELSE '{{}}'::jsonb END"
        for name in names
    )
    return f"coalesce(nullif(({held})::text, '{{}}'), '')"


def branch_sql(transitions: Sequence[Transition], data: str = "c.data") -> str:
    """SQL: the rank of the first transition whose conditions hold; null when none does."""
    if not any(each.given for each in transitions):
        return "0"
    cases = [f"WHEN {_given(each.given, data)} THEN {rank}" for rank, each in enumerate(transitions)]
    return f"CASE {' '.join(cases)} END"


def _given(flags: Sequence[Flag], data: str) -> str:
    held = (
        f"({data} -> '{flag.name}') IS {'NOT ' if flag.held else ''}DISTINCT FROM 'true'::jsonb" for flag in flags
    )  # so that an unknown flag is one not held
    return " AND ".join(held) or "true"


@dataclass(frozen=True)
class Chosen:
    """Which cases a statement is about: of these ids, those still in this state, under this rule, at this deadline.

    `until`: only those whose deadline takes effect by then; None (a signal): whatever their deadline.
    """

    process: Process
    ids: Sequence[int]
    state: str
    rule_id: str
    deadline: str = ""
    until: date | None = None

    @property
    def where(self) -> str:
        due = " AND c.deadline = %s AND c.due_on <= %s" if self.until else ""
        return f"c.id = ANY(%s) AND c.state = %s AND c.rule_id = %s{due}"

    @property
    def parameters(self) -> list[Any]:
        due = [self.deadline, self.until] if self.until else []
        return [list(self.ids), self.state, self.rule_id, *due]


_TIMING = "c.clock_from, c.paused_on, c.paused_days, c.entered_on"


def distinct_timings(chosen: Chosen, branch: str, day: str) -> list[tuple[int | None, Timing, date]]:
    """The distinct (branch, dates, day of the move) among the cases chosen."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT DISTINCT {branch}, {_TIMING}, {dates_sql(chosen.process)}, {day}
                FROM casework_case AS c WHERE {chosen.where}""",
            chosen.parameters,
        )
        rows = cursor.fetchall()
    return [(row[0], Timing(row[1], row[4], row[2], row[3], read_dates(row[5])), row[6]) for row in rows]


@dataclass(frozen=True)
class Written:
    """What an event says besides what its plan does."""

    by: str
    at: datetime
    cause: str
    note: str = ""
    source_key: str | None = None
    sweep: str | None = None


_MOVE = """
WITH p AS MATERIALIZED (SELECT * FROM {plan}),
moved AS (
    UPDATE casework_case AS c
    SET state = p.target, entered_on = p.new_entered, ended_on = p.ended_on, rule_id = p.rule_id, clock_from = p.new_clock,
        paused_on = p.new_paused_on, paused_days = p.new_paused_days, deadline = p.deadline, due_on = p.due_on,
        steps = c.steps + 1{data}
    FROM p
    WHERE {where} AND {branch} = p.branch AND c.clock_from = p.clock_from AND c.paused_days = p.paused_days
      AND c.entered_on = p.entered_on AND coalesce(c.paused_on, 'infinity') = coalesce(p.paused_on, 'infinity')
      AND {dates} = p.dates AND {day} = p.day
    RETURNING c.id, c.steps, p.name, p.target, p.day, p.due_on
),
written AS (
    INSERT INTO casework_caseevent (case_id, number, name, from_state, to_state, "on", at, by, cause, note, source_key, sweep)
    SELECT id, steps, name, %s, target, day, %s, %s, %s, %s, %s, %s::uuid FROM moved
    RETURNING id, name
)
SELECT name, count(*), {ids} FROM written GROUP BY name"""


def move(
    chosen: Chosen, plans: Sequence[Plan], written: Written, *, branch: str, day: str, told: bool
) -> dict[str, tuple[int, list[int]]]:
    """Move the cases chosen as their plans say and write their events; event → how many, and their ids when `told`.

    `day`: SQL of the day of the move, as it was read.
    """
    if not plans:
        return {}
    sets = any(plan.sets != "{}" for plan in plans)
    statement = _MOVE.format(
        plan=PLAN, where=chosen.where, branch=branch, dates=dates_sql(chosen.process), day=day,
        data=", data = c.data || p.sets" if sets else "",
        ids="array_agg(id)" if told else "'{}'::bigint[]",
    )  # fmt: skip
    about = [chosen.state, written.at, written.by, written.cause, written.note, written.source_key, written.sweep]
    with connection.cursor() as cursor:
        cursor.execute(statement, [*plan_parameters(plans), *chosen.parameters, *about])
        return {name: (count, list(ids)) for name, count, ids in cursor.fetchall()}
