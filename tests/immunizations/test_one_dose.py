"""One act is one message to the server, its log entry included; and a session that died costs nobody an act."""

from __future__ import annotations

from datetime import date
from typing import Any

import psycopg
import pytest
from django.db import connection

from allant.accounts.actors import Actor
from allant.accounts.log import Entry
from allant.accounts.models import AccessLogEntry, LoggedAction
from allant.doctrine import rules
from allant.immunizations.actions import DoseRefused, is_new, record_dose
from allant.immunizations.checks import BOOSTERS_ALONE, RULES, doctrine_relations, verdict_sql
from allant.immunizations.models import Dose
from allant.people.models import Person
from tests.immunizations.builders import TODAY, act
from tests.people.builders import person as new_person

ENTRY = Entry(by=Actor("fhir:essai"), action=LoggedAction.WRITE, purpose="enregistrement", path="fhir/Immunization")


def record(someone: Person, key: str = "k", **told: Any) -> Dose:
    return record_dose(person=someone, act=act(**told), source="fhir", source_key=key, by="fhir:essai", today=TODAY, logged=ENTRY)


@pytest.mark.django_db
def test_one_message_records_and_logs(django_assert_num_queries: Any) -> None:
    """PF-02: once the statement is prepared, a dose and its entry in the access log are one exchange with the server."""
    record(new_person(), "first")
    someone = new_person()
    with django_assert_num_queries(1):
        dose = record(someone)
    assert is_new(dose, someone)
    stored = Dose.objects.get(pk=dose.pk)
    assert {f.attname: getattr(dose, f.attname) for f in Dose._meta.concrete_fields} == {
        f.attname: getattr(stored, f.attname) for f in Dose._meta.concrete_fields
    }
    assert AccessLogEntry.objects.filter(person_id=someone.pk, actor="fhir:essai", action=LoggedAction.WRITE).count() == 1


@pytest.mark.django_db
def test_what_is_refused_is_not_logged_and_what_is_known_is() -> None:
    """VC-39: sent again, the act is logged again, and recorded once; refused, it leaves nothing."""
    someone = new_person()
    first = record(someone)
    assert record(someone) == first
    assert AccessLogEntry.objects.filter(person_id=someone.pk).count() == 2
    with pytest.raises(DoseRefused):
        record(someone, "future", on="2199-01-01", dose_number=2)
    assert AccessLogEntry.objects.filter(person_id=someone.pk).count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_session_that_died_is_replaced() -> None:
    """PF-02: the server is not asked first whether it answers; killed and back between two acts, it still records the second."""
    first, second = new_person(), new_person()
    record(first, "first")
    session = connection.connection.info.backend_pid
    with psycopg.connect(connection.connection.info.dsn) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [session])
    assert is_new(record(second, "second"), second)
    assert Dose.objects.filter(source_key="second").count() == 1
    assert AccessLogEntry.objects.filter(person_id=second.pk).count() == 1


@pytest.mark.django_db
def test_rules_left_out_for_a_primary_dose_are_those_of_boosters() -> None:
    """VC-38: a primary dose is judged by the same rules but those that ask whether it is a booster."""
    doctrine = doctrine_relations(rules.as_known_on(date(2022, 6, 1)))
    whole, short = (verdict_sql("act", doctrine, boosters=boosters) for boosters in (True, False))
    left_out = {check.code for check in RULES if f"'{check.code}'" in whole and f"'{check.code}'" not in short}
    assert left_out == {check.code for check in RULES if check.code.startswith(BOOSTERS_ALONE)}
    assert len(left_out) == 3
