"""What stands of a person at the moment of an entry, read in one statement under their lock: recording is measured (PF-02)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from allant.immunizations.models import COVID19, Dose
from allant.people.models import Person
from allant.vaccination.known import Known, with_told

_LOCK = "SELECT id FROM people_person WHERE id = %s OR merged_into_id = %s ORDER BY id FOR NO KEY UPDATE"
_DOSE = ("id", "person_id", "occurred_on", "vaccine", "dose_number", "series", "series_doses")
_READ = f"""
SELECT ARRAY(SELECT occurred_on FROM immunizations_infection WHERE person_id = ANY(%(records)s) AND disease = '{COVID19}'
             ORDER BY occurred_on),
       (SELECT json_agg(json_build_array(kind, code, starts_on, ends_on)) FROM people_situation
        WHERE person_id = ANY(%(records)s)),
       (SELECT json_agg(json_build_array({", ".join(_DOSE)}) ORDER BY occurred_on, dose_number) FROM immunizations_dose
        WHERE person_id = ANY(%(records)s) AND disease = '{COVID19}' AND ended_at IS NULL),
       (SELECT json_agg(declared_situations ORDER BY declared_at) FROM vaccination_eligibilitydeclaration
        WHERE person_id = ANY(%(records)s) AND ended_at IS NULL),
       (SELECT id FROM immunizations_dose WHERE source_key = %(key)s)
"""


@dataclass(frozen=True, slots=True)
class State:
    """`known` holds what the current declaration tells too; `doses`: current ones, oldest first, with the columns the schedule
    needs; `declared`: an eligibility is in force; `sent`: the dose that this key recorded, whoever's it is.
    """

    known: Known
    doses: tuple[Dose, ...]
    declared: bool
    sent: int | None


def locked_state(person: Person, source_key: str = "") -> State:
    """Lock the person, under all of their merged records, then read; inside a transaction."""
    survivor = person if person.merged_into_id is None else Person.objects.get(pk=person.merged_into_id)
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [survivor.pk, survivor.pk])
        records = [number for (number,) in cursor.fetchall()]
        cursor.execute(_READ, {"records": records, "key": source_key})
        infections, situations, doses, declared, sent = cursor.fetchone()
    known = Known(survivor, tuple(records), tuple(infections), tuple(_situation(row) for row in _rows(situations)))
    told = _rows(declared)
    return State(with_told(known, told[-1] if told else ()), tuple(_dose(row) for row in _rows(doses)), bool(told), sent)


def _rows(found: Any) -> list[Any]:
    return json.loads(found) if isinstance(found, str) else found or []


def _situation(row: list[Any]) -> dict[str, Any]:
    kind, code, starts_on, ends_on = row
    return {"kind": kind, "code": code, "starts_on": _date(starts_on), "ends_on": _date(ends_on)}


def _dose(row: list[Any]) -> Dose:
    columns = dict(zip(_DOSE, row, strict=True))
    return Dose(**{**columns, "occurred_on": _date(columns["occurred_on"])})


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
