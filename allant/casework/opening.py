"""Opening cases: one, or a million by a query."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from allant.casework.models import Case
from allant.casework.process import OPENED, Process
from allant.casework.statements import PLAN, Plan, dates_sql, plan_parameters, read_dates
from allant.casework.terms import terms_on
from allant.casework.timing import next_due, opened
from allant.doctrine import RuleBook
from allant.people.models import Person

_OPEN = """
WITH p AS MATERIALIZED (SELECT * FROM {plan}),
made AS (
    INSERT INTO casework_case (process, person_id, key, opened_on, state, entered_on, rule_id, clock_from, paused_on, data,
                               deadline, due_on)
    SELECT %s, c.person_id, c.key, c.opened_on, p.target, c.opened_on, p.rule_id, p.new_clock, p.new_paused_on, c.data,
    p.deadline,        p.due_on
    FROM ({select}) AS c JOIN p ON p.day = c.opened_on AND p.dates = {dates}
    ON CONFLICT (process, key) DO NOTHING
    RETURNING id, opened_on, state, rule_id
)
INSERT INTO casework_caseevent (case_id, number, name, to_state, "on", at, by, cause)
SELECT id, 1, %s, state, opened_on, %s, %s, rule_id FROM made"""


@transaction.atomic
def open_case(
    *,
    process: Process,
    person: Person,
    key: str,
    on: date,
    by: str,
    at: datetime,
    book: RuleBook,
    data: Mapping[str, Any] | None = None,
) -> Case:
    """The case of this process and key: opened now, or the one that was. `data`: flags (bool) and named dates (date)."""
    held = json.dumps({name: value.isoformat() if isinstance(value, date) else value for name, value in (data or {}).items()})
    select = "SELECT %s::bigint AS person_id, %s::text AS key, %s::date AS opened_on, %s::jsonb AS data"
    open_cases(process=process, select=select, parameters=[person.pk, key, on, held], by=by, at=at, book=book)
    return Case.objects.get(process=process.slug, key=key)


@transaction.atomic
def open_cases(*, process: Process, select: str, parameters: Sequence[Any], by: str, at: datetime, book: RuleBook) -> int:
    """Open one case for each row of `select` (person_id, key, opened_on, data jsonb); how many are new.

    A key that the process already has is left as it is, so that a killed batch can be run again.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT c.opened_on, {dates_sql(process)} FROM ({select}) AS c", parameters)
        plans = [_plan(process, day, dates, book) for day, dates in cursor.fetchall()]
        if not plans:
            return 0
        statement = _OPEN.format(plan=PLAN, select=select, dates=dates_sql(process))
        cursor.execute(statement, [*plan_parameters(plans), process.slug, *parameters, OPENED, at, by])
        return int(cursor.rowcount)


def _plan(process: Process, day: date, dates: str, book: RuleBook) -> Plan:
    terms, state = terms_on(process, day, book), process.initial
    timing = opened(process, terms, day, read_dates(dates))
    return Plan(
        0, timing, day, OPENED, state.name, timing, next_due(process, terms, state.name, timing, day), state.final, terms.rule_id
    )
