"""The lists of a treating doctor (VC-52): whom they hold, one query, a logged delivery."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from allant.accounts.actors import Actor
from allant.accounts.models import AccessLogEntry
from allant.people.actions import merge
from allant.people.models import ContactPoint, Person
from allant.vaccination.lists import ald_patients_by_age, deliver, patients_to_vaccinate
from tests.vaccination.builders import day, declare, doctor, give, patient

pytestmark = pytest.mark.django_db
ON = day("2021-03-01")
ACTOR = Actor(name="psc:10000000001", role="health_professional", structure="c1")


def mine(born: str | None = "1940-05-01", *situations: str, **values: object) -> Person:
    return patient(born, *situations, treating_practitioner=doctor(), **values)


def names(people: list) -> list[str]:
    return [each.given_names for each in people]


def settle() -> None:
    """A doctor's patients, and one of another doctor."""
    mine("1935-01-01", given_names="Vacciné")
    someone = Person.objects.get(given_names="Vacciné")
    declare(someone)
    give(someone, "2021-02-01")
    mine("1940-01-01", "ald:8", "ald:3", given_names="Doyen")
    mine("1990-01-01", given_names="Jeune")
    mine("1990-02-01", "ald:30", given_names="Malade")
    mine("2010-01-01", given_names="Enfant")
    mine("1930-01-01", given_names="Mort", died_on=day("2021-01-01"))
    mine(None, "ald:8", given_names="SansDate")
    patient("1940-01-01", "ald:8", given_names="Autre", treating_practitioner=doctor(rpps="10000000009"))
    patient("1940-01-01", "ald:8", given_names="SansMédecin")


def test_their_own_living_patients_without_a_dose() -> None:
    """VC-52: the oldest first; neither the vaccinated, nor the dead, nor those too young, nor others' patients."""
    settle()
    found = patients_to_vaccinate(doctor(), ON)
    assert names(found) == ["Doyen", "Jeune", "Malade"]
    assert [(each.age, each.alds, each.dose_count) for each in found] == [(81, ("3", "8"), 0), (31, (), 0), (31, ("30",), 0)]


def test_their_ald_patients_by_age() -> None:
    """VC-52: vaccinated or not, unknown birth dates last; an ALD that has ended no longer counts."""
    settle()
    assert names(ald_patients_by_age(doctor(), ON)) == ["Doyen", "Malade", "SansDate"]
    Person.objects.get(given_names="Malade").situations.update(ends_on=ON)
    assert names(ald_patients_by_age(doctor(), ON)) == ["Doyen", "SansDate"]
    give(Person.objects.get(given_names="Doyen"), "2021-02-15", proof="carnet")
    assert ald_patients_by_age(doctor(), ON)[0].dose_count == 1


def test_merged_records_are_one_patient() -> None:
    """VC-63: a dose under the absorbed record is a dose of the patient."""
    kept, duplicate = mine(given_names="Gardée"), mine(given_names="Double")
    assert len(patients_to_vaccinate(doctor(), ON)) == 2
    merge(duplicate=duplicate, into=kept, by="agent", reason="même NIR")
    assert names(patients_to_vaccinate(doctor(), ON)) == ["Gardée"]
    give(Person.objects.get(pk=duplicate.pk), "2021-02-15", proof="carnet")
    assert patients_to_vaccinate(doctor(), ON) == []


def test_vc52_what_a_merged_record_knew_is_on_the_line() -> None:
    """VC-52: the ALDs and the number of the absorbed record too; a number refused under either is not given."""
    kept, duplicate = mine("1940-05-01", "ald:3", given_names="Gardée"), mine("1940-05-01", "ald:8", given_names="Double")
    ContactPoint.objects.create(person=duplicate, kind="mobile", value="0639980001")
    merge(duplicate=duplicate, into=kept, by="agent", reason="même NIR")
    (line,) = ald_patients_by_age(doctor(), ON)
    assert (line.given_names, line.alds, line.phone) == ("Gardée", ("3", "8"), "0639980001")
    ContactPoint.objects.create(person=kept, kind="mobile", value="0639980001", opted_out_on=ON)
    assert ald_patients_by_age(doctor(), ON)[0].phone == ""


def test_vc52_without_a_vaccine_nobody_is_to_vaccinate() -> None:
    """VC-52: before the first vaccine."""
    settle()
    assert patients_to_vaccinate(doctor(), day("2020-06-01")) == []


def test_a_number_to_call_unless_refused() -> None:
    """VC-52: the mobile first; neither a refused nor an invalid number."""
    someone = mine()
    ContactPoint.objects.create(person=someone, kind="landline", value="0199000001")
    ContactPoint.objects.create(person=someone, kind="mobile", value="0639980001")
    assert patients_to_vaccinate(doctor(), ON)[0].phone == "0639980001"
    someone.contact_points.filter(kind="mobile").update(opted_out_on=ON)
    assert patients_to_vaccinate(doctor(), ON)[0].phone == "0199000001"
    someone.contact_points.update(invalid_since=ON)
    assert patients_to_vaccinate(doctor(), ON)[0].phone == ""


@pytest.mark.parametrize("read", [patients_to_vaccinate, ald_patients_by_age])
def test_one_query_a_list(read) -> None:
    """VC-52: however many patients."""
    settle()
    practitioner = doctor()
    with CaptureQueriesContext(connection) as queries:
        assert read(practitioner, ON)
    assert len(queries) == 1


def test_the_delivery_is_logged() -> None:
    """VC-52: one entry a patient under one batch, without a name; an empty list is logged too."""
    settle()
    delivery = deliver(kind="not_vaccinated", practitioner=doctor(), on=ON, by=ACTOR)
    entries = AccessLogEntry.objects.all()
    assert {entry.person_id for entry in entries} == {each.person_id for each in delivery.patients}
    assert {(entry.batch_id, entry.action, entry.actor, entry.structure) for entry in entries} == {
        (delivery.batch_id, "bulk", ACTOR.name, "c1")
    }
    assert entries[0].purpose == "Remise au médecin traitant de la liste de ses patients non vaccinés"
    empty = deliver(kind="ald", practitioner=doctor(rpps="10000000008"), on=ON, by=ACTOR)
    assert AccessLogEntry.objects.get(batch_id=empty.batch_id).person_id is None
