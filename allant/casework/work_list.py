"""The work list of a sweep: taken once a round, cut in chunks that sweepers share.

A round lists what is due now. Cases that a round moved may be due again (a month without sweep): the next round lists those.
Rounds are as many as deadlines in a row, never as many as chunks.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import connection, transaction

from allant.casework.models import Case, Sweep, SweepChunk
from allant.casework.process import Process
from allant.casework.registry import processes
from allant.casework.terms import RuleChange, changes
from allant.doctrine import RuleBook

CHUNK = 10_000

_LIST = """
INSERT INTO casework_sweepchunk (sweep_id, round, process, rule_id, state, deadline, new_rule_id, case_ids, size)
SELECT %s, %s, process, rule_id, state, {deadline}, %s, array_agg(id ORDER BY id), count(*)
FROM (
    SELECT id, process, rule_id, state, deadline,
           (row_number() OVER (PARTITION BY process, rule_id, state, {deadline} ORDER BY due_on, id) - 1) / %s AS chunk
    FROM casework_case WHERE {which}
) AS listed
GROUP BY process, rule_id, state, {deadline}, chunk
ORDER BY min(process), min(id)"""
_OF_FORMER_RULES = "process = %s AND ended_on IS NULL AND rule_id = ANY(%s)"


def is_due(on: date, scope: str, book: RuleBook) -> bool:
    """Whether a sweep of that day has anything to do: a few looks in indexes."""
    due = Case.objects.due_on(on)
    return (due.of(scope) if scope else due).exists() or any(
        Case.objects.of(process.slug).standing().filter(rule_id__in=change.former).exists()
        for process, change in rule_changes(on, scope, book)
    )


def next_round(sweep: Sweep, after: int, size: int, book: RuleBook) -> int | None:
    """The round that follows `after`, listed now or by another sweeper meanwhile; None when nothing is left to do."""
    with transaction.atomic():
        Sweep.objects.select_for_update().get(pk=sweep.pk)
        if SweepChunk.objects.filter(sweep=sweep, round=after + 1).exists():
            return after + 1
        return after + 1 if _list(sweep, after + 1, size, book) else None


def rule_changes(on: date, scope: str, book: RuleBook) -> list[tuple[Process, RuleChange]]:
    """The new versions that open cases follow, process by process, the first first."""
    followed = [process for process in processes() if scope in ("", process.slug)]
    return [(process, change) for process in followed for change in changes(process, on, book)]


def _list(sweep: Sweep, number: int, size: int, book: RuleBook) -> int:
    """What comes first: what took effect under a former rule before the new one; then the change of rule; then what is due."""
    for process, change in rule_changes(sweep.on, sweep.scope, book):
        former = [process.slug, list(change.former)]
        before = f"{_OF_FORMER_RULES} AND due_on < %s"
        if listed := _insert(sweep, number, size, before, [*former, change.terms.in_force]):
            return listed
        if listed := _insert(sweep, number, size, _OF_FORMER_RULES, former, new_rule=change.terms.rule_id):
            return listed
    scope = " AND process = %s" if sweep.scope else ""
    return _insert(sweep, number, size, f"due_on <= %s{scope}", [sweep.on, *([sweep.scope] if scope else [])])


def _insert(sweep: Sweep, number: int, size: int, which: str, parameters: list[Any], new_rule: str = "") -> int:
    statement = _LIST.format(which=which, deadline="''::text" if new_rule else "deadline")
    with connection.cursor() as cursor:
        cursor.execute(statement, [sweep.pk, number, new_rule, size, *parameters])
        return cursor.rowcount
