"""VC-61: Patient and what vaccinations refer to; a number never stands in an address."""

from __future__ import annotations

import logging
from datetime import date

import pytest

from allant.accounts.models import AccessLogEntry
from allant.api.fhir import ids, systems
from allant.directory.models import Location, Organisation, Practitioner
from allant.people.models import Matricule, Person
from tests.api.conftest import NIR, NIR_WITH_KEY, Api, said
from tests.people.builders import person

pytestmark = pytest.mark.django_db


def test_a_patient_is_found_by_number_in_the_body(api: Api, patient: Person) -> None:
    """VC-61: the number as NSS, under its own OID, and never as INS."""
    answer = api.search("/Patient/_search", identifier=f"{systems.NSS_NIR}|{NIR_WITH_KEY}")
    bundle = answer.json()
    assert (answer.status_code, bundle["type"], bundle["total"]) == (200, "searchset", 1)
    found = bundle["entry"][0]["resource"]
    assert found["identifier"] == [{"use": "official", "system": systems.NSS_NIR, "value": NIR_WITH_KEY}]
    assert (found["name"], found["birthDate"], found["gender"]) == (
        [{"use": "official", "family": "Martin", "given": ["Camille"]}],
        "1950-05-01",
        "female",
    )
    assert bundle["entry"][0]["fullUrl"].endswith(f"/fhir/Patient/{found['id']}")
    assert api("GET", f"/Patient/{found['id']}").json() == found
    entries = AccessLogEntry.objects.about(patient.pk).order_by("pk")
    assert [(entry.action, entry.path) for entry in entries] == [("search", "fhir/Patient/_search"), ("read", "fhir/Patient")]


def test_whoever_is_attached_to_a_number_is_found_with_a_birth_date(api: Api, patient: Person) -> None:
    """VC-11: the child under the number of the ouvrant droit."""
    child = person(given_names="Lou", birth_date=date(2010, 3, 4), policyholder=patient)
    criteria = {"identifier": f"{systems.NSS_NIR}|{NIR}"}
    assert api.search("/Patient/_search", **criteria).json()["total"] == 1
    found = api.search("/Patient/_search", **criteria, birthdate="2010-03-04").json()
    assert [entry["resource"]["id"] for entry in found["entry"]] == [ids.public_id("Patient", child.pk)]
    assert api.search("/Patient/_search", **criteria, birthdate="2011-03-04").json() == {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": 0,
    }


def test_the_search_in_the_address_is_refused_and_never_logged(
    api: Api, patient: Person, caplog: pytest.LogCaptureFixture
) -> None:
    """VC-61: the GET form is refused; no log holds the number, neither Django's nor the access log."""
    with caplog.at_level(logging.DEBUG):
        in_address = [
            api("GET", f"/Patient?identifier={systems.NSS_NIR}|{NIR}"),
            api("GET", f"/Immunization?patient.identifier={systems.NSS_NIR}|{NIR}"),
            api("GET", f"/Patient/{NIR}"),
            api("GET", f"/Nulle/{NIR}?identifier={NIR}"),
            api("POST", f"/Patient/_search?identifier={NIR}", "identifier=x", kind="application/x-www-form-urlencoded"),
        ]
    assert [answer.status_code for answer in in_address] == [405, 405, 404, 404, 400]
    assert "_search" in said(in_address[0])[0][1]
    for answer in in_address:
        assert NIR not in answer.content.decode() and NIR not in str(answer.headers)
    ours = [record for record in caplog.records if not record.name.startswith("django.db")]
    assert not [record for record in ours if NIR in record.getMessage()]
    assert not AccessLogEntry.objects.filter(path__contains=NIR).exists()


@pytest.mark.parametrize(
    "value",
    ["", NIR, f"urn:x|{NIR}", f"{systems.INS[0]}|{NIR}", f"{systems.NSS_NIR}|1", f"{systems.NSS_NIR}|{NIR}99", "|", "\0|1"],
)
def test_a_number_that_is_none_is_said_so(api: Api, value: str) -> None:
    """VC-12: and not repeated."""
    answer = api.search("/Patient/_search", identifier=value)
    assert answer.status_code == 400 and NIR not in answer.content.decode()
    assert said(answer)[0][2] == "identifier"


def test_nobody_reads_the_register_by_counting(api: Api, patient: Person) -> None:
    """An id is known only from the server: a made-up one is not found."""
    good = ids.public_id("Patient", patient.pk)
    for made_up in (
        str(patient.pk),
        f"{patient.pk}-aaaaaaaaaaaaaaaa",
        good[:-1],
        ids.public_id("Immunization", patient.pk),
        "9" * 60,
        "é",
    ):
        assert api("GET", f"/Patient/{made_up}").status_code == 404, made_up
    assert api("GET", f"/Patient/{good}").status_code == 200


def test_a_merged_record_names_the_one_that_stands(api: Api, patient: Person) -> None:
    """VC-63."""
    other = person()
    Person.objects.filter(pk=other.pk).update(merged_into=patient)
    found = api("GET", f"/Patient/{ids.public_id('Patient', other.pk)}").json()
    assert found["active"] is False
    assert found["link"] == [{"other": {"reference": f"Patient/{ids.public_id('Patient', patient.pk)}"}, "type": "replaced-by"}]


@pytest.mark.parametrize(("precision", "shown"), [("year", "1950"), ("month", "1950-05"), ("none", None)])
def test_a_birth_date_known_in_part(api: Api, precision: str, shown: str | None) -> None:
    """A partial date is written partial."""
    found = person(birth_precision=precision, birth_date=None if precision == "none" else date(1950, 5, 1))
    Matricule.objects.create(person=found, value="7100000000001", kind="NNP", starts_on=date(2000, 1, 1))
    resource = api("GET", f"/Patient/{ids.public_id('Patient', found.pk)}").json()
    assert resource.get("birthDate") == shown
    assert "identifier" not in resource  # a NNP has no published system


def test_professionals_organisations_and_places(
    api: Api, practitioner: Practitioner, organisation: Organisation, place: Location
) -> None:
    """VC-61: as referenced."""
    doctor = api("GET", f"/Practitioner/{practitioner.pk}").json()
    assert doctor["identifier"] == [{"use": "official", "system": systems.RPPS, "value": "10000000001"}]
    assert api("GET", f"/Organization/{organisation.pk}").json()["name"] == "Cabinet des Lilas"
    assert api("GET", f"/Location/{place.pk}").json()["address"] == {"postalCode": "35000", "country": "FR"}
    for path in ("/Practitioner/0", "/Organization/x", "/Location/99999999999999999999"):
        answer = api("GET", path)
        assert answer.status_code == 404 and said(answer)
