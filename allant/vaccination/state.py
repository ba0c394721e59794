"""What stands of a person at the moment of an entry, read in one statement under their lock: recording is measured (PF-02)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from django.db import connection

from allant.immunizations import plans
from allant.immunizations.models import COVID19, Dose
from allant.people.models import Person
from allant.vaccination.known import Known, with_told

# A statement of its own, so that what is read saw what the one before wrote.
_LOCK = "SELECT FROM people_person WHERE id = $1 OR merged_into_id = $1 ORDER BY id FOR NO KEY UPDATE"
_DOSE = ("id", "person_id", "occurred_on", "vaccine", "dose_number", "series", "series_doses")
_OF_RECORDS = f"""
       ARRAY(SELECT occurred_on FROM immunizations_infection WHERE person_id = ANY(%(records)s) AND disease = '{COVID19}'
             ORDER BY occurred_on),
       (SELECT json_agg(json_build_array(kind, code, starts_on, ends_on)) FROM people_situation
        WHERE person_id = ANY(%(records)s)),
       (SELECT json_agg(json_build_array({", ".join(_DOSE)}) ORDER BY occurred_on, dose_number) FROM immunizations_dose
        WHERE person_id = ANY(%(records)s) AND disease = '{COVID19}' AND ended_at IS NULL),
       (SELECT json_agg(declared_situations ORDER BY declared_at) FROM vaccination_eligibilitydeclaration
        WHERE person_id = ANY(%(records)s) AND ended_at IS NULL)
"""
_READ = f"""
WITH member AS MATERIALIZED (
    SELECT ARRAY(SELECT id FROM people_person WHERE id = $1 OR merged_into_id = $1 ORDER BY id) AS ids
)
SELECT member.ids, {_OF_RECORDS.replace("%(records)s", "member.ids")}, (SELECT id FROM immunizations_dose WHERE source_key = $2)
FROM member
"""
_READ_MANY = f"""
SELECT named.id, survivor.id, survivor.birth_date, survivor.died_on, member.ids,
       {_OF_RECORDS.replace("%(records)s", "member.ids")}
FROM people_person AS named
JOIN people_person AS survivor ON survivor.id = coalesce(named.merged_into_id, named.id)
CROSS JOIN LATERAL (
    SELECT ARRAY(SELECT survivor.id UNION ALL SELECT id FROM people_person WHERE merged_into_id = survivor.id) AS ids OFFSET 0
) AS member
WHERE named.id = ANY(%(persons)s)
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
    plan = _plan()
    message, before = plans.message(plan, f"EXECUTE lock_{plan.name}(%s); EXECUTE {plan.name}(%s, %s)")
    with connection.cursor() as cursor:
        cursor.execute(message, [survivor.pk, survivor.pk, source_key])
        for _ in range(before + 1):  # and the lock
            cursor.nextset()
        records, *found, sent = cursor.fetchone()
    return _state(survivor, records, found, sent)


@cache
def _plan() -> plans.Plan:
    """Prepared once on a connection: planning these six reads costs more than making them."""
    name = plans.named(_READ, "state")
    prepare = f"PREPARE lock_{name} (bigint) AS {_LOCK}; PREPARE {name} (bigint, text) AS {_READ}"
    return plans.Plan(name, prepare, f"DEALLOCATE {name}; DEALLOCATE lock_{name}")


def states_of(persons: Iterable[int]) -> dict[int, State]:
    """What stands of many persons, by number, in one query and without a lock; a merged record has the survivor's state.

    Of the person, only the dates of birth and death are read.
    """
    with connection.cursor() as cursor:
        cursor.execute(_READ_MANY, {"persons": list(set(persons))})
        rows = cursor.fetchall()
    states = {}
    for named, survivor, born, died, records, *found in rows:
        person = Person.from_db("default", ["id", "birth_date", "died_on", "merged_into_id"], [survivor, born, died, None])
        states[named] = _state(person, records, found, None)
    return states


def _state(survivor: Person, records: Sequence[int], found: Sequence[Any], sent: int | None) -> State:
    infections, situations, doses, declared = found
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
