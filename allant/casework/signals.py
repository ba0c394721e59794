"""Telling a case what happened: a document came, another system answered, an agent decided."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Func, Value
from django.db.models.fields.json import JSONField

from allant.casework.models import Case, CaseEvent
from allant.casework.moving import retime, take
from allant.casework.process import Process
from allant.casework.registry import process_of
from allant.casework.statements import Chosen, Written
from allant.casework.terms import changes, terms_of
from allant.doctrine import RuleBook


class NotExpected(ValueError):
    """What was told has no place in the case as it stands; says in French where it stands and what it waits for."""


@transaction.atomic
def signal(
    *, case: Case, name: str, on: date, by: str, at: datetime, book: RuleBook,
    note: str = "", data: Mapping[str, Any] | None = None, source_key: str | None = None,
) -> CaseEvent:  # fmt: skip
    """Let the case take the transition that follows a signal, and do its effects; the event written.

    Deadlines that took effect before that day are made first; on the very day, who tells is in time. `data`: flags and named
    dates that the signal brings, read by the conditions. Told again under the same `source_key`, it gives the same event.
    Raises NotExpected.
    """
    Case.objects.select_for_update(of=("self",)).get(pk=case.pk)
    if source_key and (told := CaseEvent.objects.filter(source_key=source_key).first()):
        return told
    current = make_due(case.pk, until=on - timedelta(days=1), by=by, at=at, today=on, book=book)
    process = process_of(current.process)
    last = current.events.order_by("-number")[0]
    if on < last.on:
        raise NotExpected(
            f"Le {on:%d/%m/%Y} précède le dernier événement du dossier, du {last.on:%d/%m/%Y} : donnez une date postérieure."
        )
    if data:
        current = _with_data(current, data)
    transitions = process.transitions_on(current.state, name)
    if not any(each.holds(current.data) for each in transitions):
        raise NotExpected(_unexpected(process, current, name))
    chosen = Chosen(process, [current.pk], current.state, current.rule_id)
    written = Written(by, at, name, note, source_key)
    take(chosen, transitions, terms_of(process, current.rule_id, book), written, today=on, book=book, on=on)
    return CaseEvent.objects.get(case=current, number=current.steps + 1)


def make_due(pk: int, *, until: date, by: str, at: datetime, today: date, book: RuleBook) -> Case:
    """Bring one case to where sweeps of every day up to `until` would have brought it; the case as it then stands."""
    while True:
        case: Case = Case.objects.get(pk=pk)
        process = process_of(case.process)
        new = next((each for each in changes(process, until, book) if case.rule_id in each.former), None)
        last = min(until, new.terms.in_force - timedelta(days=1)) if new else until
        if case.due_on is not None and case.due_on <= last:
            chosen = Chosen(process, [pk], case.state, case.rule_id, case.deadline, last)
            transitions = process.transitions_on(case.state, case.deadline)
            terms = terms_of(process, case.rule_id, book)
            take(chosen, transitions, terms, Written(by, at, case.deadline), today=today, book=book)
        elif new is not None and case.ended_on is None:
            retime(Chosen(process, [pk], case.state, case.rule_id), new.terms, by=by, at=at, sweep=None)
        else:
            return case


def _with_data(case: Case, data: Mapping[str, Any]) -> Case:
    held = {name: value.isoformat() if isinstance(value, date) else value for name, value in data.items()}
    merged = Func(F("data"), Value(held, JSONField()), template="%(expressions)s", arg_joiner=" || ", output_field=JSONField())
    Case.objects.filter(pk=case.pk).update(data=merged)
    case.refresh_from_db()
    return case


def _unexpected(process: Process, case: Case, name: str) -> str:
    expected = ", ".join(f"« {each.label} »" for each in process.signals_of(case.state)) or "rien"
    told, state = process.labels.get(name, name), process.labels[case.state]
    return f"« {told} » n'est pas attendu d'un dossier « {state} ». Il attend : {expected}."
