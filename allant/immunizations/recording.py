"""Recording one dose. The action is atomic, and doing it again changes nothing (VC-39)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from django.db.models import F

from allant import clock
from allant.accounts.log import Entry
from allant.doctrine import RuleBook, rules
from allant.immunizations import one_dose_sql, volume
from allant.immunizations.act import Act, DoseRefused
from allant.immunizations.models import COVID19, Dose
from allant.immunizations.querysets import DoseQuerySet
from allant.people.models import Person

_RELATED = ("location", "organisation", "practitioner")


def record_dose(
    *,
    person: Person,
    act: Act,
    source: str,
    source_key: str,
    by: str,
    forced_reason: str = "",
    today: date | None = None,
    book: RuleBook | None = None,
    logged: Entry | None = None,
) -> Dose:
    """Record a dose and return its row; the one already there when it was sent before, by key or by content.

    `source_key` names the sending (the form, the message): the same key never records twice, even when the dose was cancelled
    since (the row returned says so). A dose that breaks a rule needs `forced_reason`, kept only when it does. A dose given
    abroad or before the service carries its `proof` (VC-42), and breaks rules under that reason. Rules are those in force on
    the day of the act, as known `today` (or in `book`). `logged`: the access log entry, written with the row, or for the one
    already there. Raises DoseRefused.
    """
    today = today or clock.today()
    dose, refusal = insert(
        person,
        act,
        source=source,
        source_key=source_key,
        by=by,
        forced_reason=forced_reason or reason_of_proof(act),
        today=today,
        book=book or rules.as_known_on(today),
        logged=logged,
    )
    if logged is not None and dose is not None and not is_new(dose, person):
        logged.write(dose.person_id)
    if dose is None:
        raise refusal or _overtaken(person, act)
    return dose


def is_new(dose: Dose, person: Person) -> bool:
    """Whether `record_dose`, called for this very object, made the row: what it finds is read again, with another."""
    return dose._state.fields_cache.get("person") is person


def reason_of_proof(act: Act) -> str:
    """Why an act that rests on a proof may break rules (VC-42)."""
    return f"Acte repris sur justificatif : {act.proof}"[:200] if act.proof else ""


def insert(
    person: Person,
    act: Act,
    *,
    source: str,
    source_key: str,
    by: str,
    forced_reason: str,
    today: date,
    book: RuleBook,
    version: int = 1,
    replaces: Dose | None = None,
    logged: Entry | None = None,
) -> tuple[Dose | None, DoseRefused | None]:
    """Lock the person, judge the act and insert its row (`logged` with it), all or nothing: the row, or why there is none.

    Neither: somebody recorded the rank or the day between the judging and the insert.
    """
    at = clock.now()
    limits = volume.limits_of(source, today, book)
    values = {
        **_columns(act),
        "person_id": person.pk,
        "source": source,
        "source_key": source_key,
        "recorded_by": by,
        "recorded_at": at,
        "forced_reason": forced_reason,
        "today": today,
        "version": version,
        "replaces_id": replaces and replaces.pk,
        **volume.parameters(limits, at),
    }
    outcome = one_dose_sql.run(values, book, logged)
    if outcome.dose_id is not None:
        return _row(outcome.dose_id, person, act, replaces, values, outcome.broken), None
    if outcome.standing == "already":
        return _recorded(person, act, source_key), None
    if outcome.refused:
        return None, DoseRefused(outcome.refused)
    if outcome.broken and not forced_reason:
        return None, DoseRefused(outcome.broken, forceable=True)
    return _current_same(person, act), None


def _columns(act: Act) -> dict[str, Any]:
    columns = act.as_columns()
    for name in _RELATED:
        related = columns.pop(name)
        columns[f"{name}_id"] = related and related.pk
    return columns


def _row(
    dose_id: int, person: Person, act: Act, replaces: Dose | None, values: Mapping[str, Any], broken: list[str]
) -> Dose:
    """The row as inserted, without asking for it again."""
    known = {**values, "id": dose_id, "forced_rules": broken, "forced_reason": values["forced_reason"] if broken else ""}
    names, defaults = _fields()
    row = [known.get(name, default) for name, default in zip(names, defaults, strict=True)]
    dose: Dose = Dose.from_db("default", names, row)  # the quickest way to make one
    related = {name: getattr(act, name) for name in _RELATED} | {"person": person, "replaces": replaces}
    dose._state.fields_cache.update({name: value for name, value in related.items() if value is not None})
    return dose


@cache
def _fields() -> tuple[list[str], list[Any]]:
    """The columns of a dose, and what those are that nothing was said of."""
    fields = Dose._meta.concrete_fields
    return [field.attname for field in fields], [field.get_default() for field in fields]


def _recorded(person: Person, act: Act, source_key: str) -> Dose:
    """The dose that the judging saw: read after it, so perhaps ended since."""
    by_key = Dose.objects.filter(source_key=source_key).first()
    return by_key or _same(person, act).order_by(F("ended_at").desc(nulls_first=True), "-pk")[0]


def _current_same(person: Person, act: Act) -> Dose | None:
    return _same(person, act).current().first()


def _same(person: Person, act: Act) -> DoseQuerySet:
    same = {name: getattr(act, name) for name in ("occurred_on", "vaccine", "dose_number")}
    return Dose.objects.against(COVID19).given_to(person.merged_into or person).filter(**same)  # type: ignore[no-any-return]


def _overtaken(person: Person, act: Act) -> DoseRefused:
    """What stands in the way of an act that passed the checks: another dose of that rank, or of that day."""
    current = Dose.objects.current().against(COVID19).given_to(person.merged_into or person)
    return DoseRefused(["rank_taken" if current.filter(dose_number=act.dose_number).exists() else "same_day"])
