"""VC-61: Immunization through FHIR R4, recorded, read, corrected, cancelled, searched."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from allant.accounts.models import AccessLogEntry
from allant.api import clients
from allant.api.fhir import systems
from allant.directory.models import Location, Organisation, Practitioner
from allant.immunizations.models import Dose
from allant.people.models import Person
from tests.api.conftest import NIR, NIR_WITH_KEY, Api, act, api_of, said
from tests.people.builders import person

pytestmark = pytest.mark.django_db


def test_an_act_is_recorded_with_all_it_says(api: Api, patient: Person, practitioner: Practitioner, place: Location) -> None:
    """VC-61: create; every element kept is read back."""
    sent = act(
        patient,
        performer=[{"actor": {"identifier": {"system": systems.RPPS, "value": practitioner.rpps}}}],
        location={"reference": f"Location/{place.pk}"},
        site={"coding": [{"system": systems.ACT_SITE, "code": "LD"}]},
    )
    answer = api("POST", "/Immunization", sent)
    assert answer.status_code == 201, answer.content
    dose = Dose.objects.get()
    assert (dose.person, dose.vaccine, dose.dose_number, dose.series, dose.series_doses) == (
        patient,
        "comirnaty",
        1,
        "primary",
        2,
    )
    assert (dose.lot, dose.site, dose.place_kind, dose.location, dose.practitioner) == (
        "EX0001",
        "deltoide_gauche",
        "centre",
        place,
        practitioner,
    )
    assert (dose.source, dose.recorded_by, dose.organisation.code) == ("fhir", "fhir:logiciel", "350000001")
    resource = answer.json()
    assert answer["Location"].endswith(f"/fhir/Immunization/{resource['id']}/_history/1")
    assert answer["ETag"] == 'W/"1"' and answer["Cache-Control"] == "no-store"
    again = api("GET", f"/Immunization/{resource['id']}")
    assert again.json() == resource
    assert resource["identifier"] == sent["identifier"] and resource["patient"] == sent["patient"]
    assert {"system": systems.CVX, "code": "208"} in resource["vaccineCode"]["coding"]
    assert {"system": systems.NUVA, "code": "VAC0658"} in resource["vaccineCode"]["coding"]
    assert resource["performer"] == [
        {"actor": {"reference": f"Practitioner/{practitioner.pk}"}},
        {"actor": {"reference": f"Organization/{dose.organisation_id}"}},
    ]


@pytest.mark.parametrize(
    ("system", "code", "vaccine"),
    [
        (systems.CVX, "212", "janssen"),
        (systems.NUVA, "VAC1019", "spikevax"),
        ("urn:oid:1.3.6.1.4.1.48601.1", "VAC0650", "vaxzevria"),
        (systems.CIP, "3400930218662", "comirnaty"),
        (systems.EU_REGISTER, "EU/1/21/1529", "vaxzevria"),
    ],
)
def test_vaccines_by_their_published_codes(api: Api, patient: Person, system: str, code: str, vaccine: str) -> None:
    """VC-61: CVX, NUVA, CIP, European register."""
    doses = 1 if vaccine == "janssen" else 2
    sent = act(
        patient,
        vaccineCode={"coding": [{"system": system, "code": code}, {"system": "urn:ours", "code": "x"}]},
        protocolApplied=[{"doseNumberPositiveInt": 1, "seriesDosesPositiveInt": doses}],
    )
    assert api("POST", "/Immunization", sent).status_code == 201
    assert Dose.objects.get().vaccine == vaccine


def test_sent_again_it_is_the_same_act(api: Api, patient: Person) -> None:
    """VC-39: the same identifier, the same content without identifier, or If-None-Exist: one dose."""
    first = api("POST", "/Immunization", act(patient))
    again = api("POST", "/Immunization", act(patient))
    without = api("POST", "/Immunization", act(patient, identifier=None))
    conditional = api("POST", "/Immunization", act(patient), If_None_Exist=f"identifier=urn:test|acte-{patient.pk}")
    assert [one.status_code for one in (first, again, without, conditional)] == [201, 200, 200, 200]
    assert len({one.json()["id"] for one in (first, again, without, conditional)}) == 1
    assert Dose.objects.count() == 1


def test_conditional_create_names_the_act(api: Api, patient: Person) -> None:
    """VC-61: If-None-Exist stands for the identifier, agrees with it, and is nothing else."""
    assert api("POST", "/Immunization", act(patient, identifier=None), If_None_Exist="identifier=urn:a|1").status_code == 201
    assert Dose.objects.get().source_key == "fhir:logiciel:urn:a|1"
    for condition in ("identifier=urn:a|2", "patient=1", "x", "identifier=seul", f"identifier={systems.NSS_NIR}|{NIR}"):
        assert api("POST", "/Immunization", act(patient), If_None_Exist=condition).status_code == 412, condition


def test_the_same_identifier_for_another_act_is_a_conflict(api: Api, patient: Person) -> None:
    """VC-39."""
    api("POST", "/Immunization", act(patient))
    answer = api("POST", "/Immunization", act(patient, occurrenceDateTime="2021-06-02"))
    assert answer.status_code == 409
    assert said(answer)[0][::2] == ("conflict", "Immunization.identifier")


@pytest.mark.parametrize(
    ("change", "status", "code", "expression"),
    [
        ({"vaccineCode": {"coding": [{"system": systems.ATC, "code": "J07BX03"}]}}, 422, "code-invalid", "vaccineCode.coding"),
        ({"vaccineCode": {"text": "Pfizer"}}, 422, "code-invalid", "vaccineCode"),
        (
            {"vaccineCode": {"coding": [{"system": systems.CVX, "code": "208"}, {"system": systems.CVX, "code": "207"}]}},
            422,
            "code-invalid",
            "vaccineCode",
        ),
        ({"status": "not-done"}, 422, "code-invalid", "status"),
        ({"status": "entered-in-error"}, 422, "business-rule", "status"),
        ({"occurrenceDateTime": "2021-06"}, 422, "value", "occurrenceDateTime"),
        ({"occurrenceDateTime": "2021-02-30"}, 422, "structure", "occurrenceDateTime"),
        ({"occurrenceDateTime": None, "occurrenceString": "été"}, 422, "required", "occurrenceDateTime"),
        ({"occurrenceDateTime": "2021-07-01"}, 422, "business-rule", "occurrenceDateTime"),
        ({"occurrenceDateTime": "1949-01-01"}, 422, "business-rule", "occurrenceDateTime"),
        ({"patient": {"reference": "Patient/1"}}, 422, "not-found", "patient.reference"),
        ({"patient": {"display": "Camille"}}, 422, "required", "patient"),
        ({"patient": {"identifier": {"system": systems.INS[0], "value": NIR}}}, 422, "value", "patient.identifier.system"),
        ({"patient": {"identifier": {"system": systems.NSS_NIR, "value": NIR + "00"}}}, 422, "value", "patient.identifier.value"),
        ({"patient": {"identifier": {"system": systems.NSS_NIR, "value": "1500535120001"}}}, 422, "not-found", "patient"),
        (
            {"performer": [{"actor": {"identifier": {"system": systems.RPPS, "value": "1"}}}]},
            422,
            "value",
            "performer[0].actor.identifier.value",
        ),
        (
            {"performer": [{"actor": {"identifier": {"system": systems.RPPS, "value": "19999999999"}}}]},
            422,
            "not-found",
            "performer",
        ),
        ({"performer": [{"actor": {"reference": "Practitioner/999999"}}]}, 422, "not-found", "performer"),
        ({"performer": [{"actor": {"reference": "Organization/999999"}}]}, 422, "forbidden", "performer"),
        ({"location": {"reference": "Location/999999"}}, 422, "not-found", "location"),
        ({"lotNumber": "L" * 41}, 422, "too-long", "lotNumber"),
        ({"identifier": [{"system": systems.NSS_NIR, "value": NIR}]}, 422, "business-rule", "identifier[0].system"),
        ({"primarySource": False}, 422, "required", "reportOrigin"),
        ({"lotNumer": "EX"}, 422, "structure", "lotNumer"),
        ({"lotNumber": 3}, 422, "structure", "lotNumber"),
        ({"modifierExtension": [{"url": "urn:x", "valueBoolean": True}]}, 422, "extension", "modifierExtension"),
        ({"protocolApplied": [{"doseNumberPositiveInt": 0}]}, 422, "structure", "protocolApplied[0].doseNumberPositiveInt"),
        (
            {"protocolApplied": [{"doseNumberPositiveInt": 2, "seriesDosesPositiveInt": 2}]},
            422,
            "business-rule",
            "protocolApplied",
        ),
        (
            {"protocolApplied": [{"doseNumberPositiveInt": 12, "seriesDosesPositiveInt": 2}]},
            422,
            "business-rule",
            "protocolApplied",
        ),
    ],
    ids=lambda value: str(value)[:60] if isinstance(value, dict) else None,
)
def test_each_refusal_names_its_element(api: Api, patient: Person, change: dict, status: int, code: str, expression: str) -> None:
    """VC-61, VC-38: an OperationOutcome in French, with the element; nothing recorded, no number repeated."""
    answer = api("POST", "/Immunization", act(patient, **change))
    assert answer.status_code == status, answer.content
    found = said(answer)
    assert (code, f"Immunization.{expression}") in [one[::2] for one in found], found
    assert NIR not in answer.content.decode()
    assert Dose.objects.count() == 0


def test_everything_wrong_is_said_at_once(api: Api, patient: Person) -> None:
    """VC-61."""
    answer = api("POST", "/Immunization", act(patient, status="x", lotNumber="L" * 50, vaccineCode={"text": "?"}))
    assert len(said(answer)) == 3


def test_what_the_register_does_not_keep_is_accepted_and_dropped(api: Api, patient: Person) -> None:
    """VC-61: valid elements that are not kept do not hinder; the day is that of Paris."""
    sent = act(
        patient,
        note=[{"text": "rien à signaler"}],
        text={"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'},
        expirationDate="2021-08",
        occurrenceDateTime="2021-06-01T23:30:00Z",
    )
    assert api("POST", "/Immunization", sent).status_code == 201
    assert Dose.objects.get().occurred_on.isoformat() == "2021-06-02"


def test_history_with_its_proof_breaks_rules_under_it(api: Api, patient: Person) -> None:
    """VC-42: primarySource false and where it was read."""
    sent = act(
        patient,
        occurrenceDateTime="2020-12-22",
        primarySource=False,
        reportOrigin={"text": "Carnet de vaccination italien"},
        protocolApplied=[{"doseNumberPositiveInt": 2, "seriesDosesPositiveInt": 2}],
    )
    answer = api("POST", "/Immunization", sent)
    assert answer.status_code == 201, answer.content
    assert answer.json()["reportOrigin"] == {"text": "Carnet de vaccination italien"}
    assert Dose.objects.get().forced_rules == ["rank_skips"]


def test_a_person_by_number(api: Api, patient: Person) -> None:
    """VC-61: the logical reference, with or without the key."""
    for value in (NIR, NIR_WITH_KEY):
        answer = api("POST", "/Immunization", act(patient, patient={"identifier": {"system": systems.NSS_NIR, "value": value}}))
        assert answer.status_code in (200, 201), answer.content
    assert Dose.objects.get().person == patient


def corrected(api: Api, resource: dict, version: int = 1, **values: object) -> object:
    body = resource | values
    return api("PUT", f"/Immunization/{resource['id']}", body, If_Match=f'W/"{version}"')


def test_correction_and_its_versions(api: Api, patient: Person) -> None:
    """VC-36: version-aware, the former one stays readable."""
    resource = api("POST", "/Immunization", act(patient)).json()
    answer = corrected(api, resource, lotNumber="EX0002")
    assert answer.status_code == 200, answer.content
    assert (answer.json()["lotNumber"], answer.json()["meta"]["versionId"], answer["ETag"]) == ("EX0002", "2", 'W/"2"')
    assert answer.json()["id"] == resource["id"] and answer.json()["identifier"] == resource["identifier"]
    assert corrected(api, resource, 2, lotNumber="EX0003").json()["meta"]["versionId"] == "3"
    history = api("GET", f"/Immunization/{resource['id']}/_history").json()
    assert [entry["resource"]["lotNumber"] for entry in history["entry"]] == ["EX0003", "EX0002", "EX0001"]
    first = api("GET", f"/Immunization/{resource['id']}/_history/1")
    assert first.json()["lotNumber"] == "EX0001" and first.json()["status"] == "completed"
    assert api("GET", f"/Immunization/{resource['id']}/_history/9").status_code == 404
    found = api.search("/Immunization/_search", identifier=f"urn:test|acte-{patient.pk}").json()
    assert [one["resource"]["meta"]["versionId"] for one in found["entry"]] == ["3"]
    assert found["entry"][0]["resource"]["id"] == resource["id"]


def test_an_act_entered_in_error_is_cancelled(api: Api, patient: Person) -> None:
    """VC-36: and cannot be brought back; sent again by its identifier, it records nothing."""
    resource = api("POST", "/Immunization", act(patient)).json()
    answer = corrected(api, resource, status="entered-in-error", statusReason={"text": "mauvaise personne"})
    assert (answer.status_code, answer.json()["status"]) == (200, "entered-in-error")
    dose = Dose.objects.get()
    assert (dose.end_kind, dose.end_reason, dose.ended_by) == ("cancelled", "mauvaise personne", "fhir:logiciel")
    assert corrected(api, resource, lotNumber="EX0002").status_code == 409
    again = api("POST", "/Immunization", act(patient))
    assert (again.status_code, again.json()["status"]) == (200, "entered-in-error")
    name = resource["patient"]["reference"]
    assert api.search("/Immunization/_search", patient=name).json()["total"] == 0
    assert api.search("/Immunization/_search", patient=name, status="entered-in-error").json()["total"] == 1


def test_who_may_correct_and_when(api: Api, patient: Person, organisation: Organisation) -> None:
    """VC-36: only the software that recorded it, knowing its version, while the next dose is not recorded."""
    resource = api("POST", "/Immunization", act(patient)).json()
    path = f"/Immunization/{resource['id']}"
    assert api("PUT", path, resource).status_code == 428
    assert corrected(api, resource, 2, lotNumber="EX2").status_code == 412
    assert corrected(api, resource | {"id": "autre"} | {"id": resource["id"]}, 1).status_code == 200
    assert api("PUT", path, resource | {"id": "x"}, If_Match='W/"1"').status_code == 400
    other = api_of(api.web, organisation, "autre-logiciel")
    assert corrected(other, resource, lotNumber="EX2").status_code == 403
    second = act(
        patient,
        identifier=None,
        occurrenceDateTime="2021-06-29",
        protocolApplied=[{"doseNumberPositiveInt": 2, "seriesDosesPositiveInt": 2}],
    )
    assert api("POST", "/Immunization", second).status_code == 201
    answer = corrected(api, resource, lotNumber="EX2")
    assert answer.status_code == 409 and "dose suivante" in said(answer)[0][1]


def test_another_client_does_not_read_the_identifier(api: Api, patient: Person, organisation: Organisation) -> None:
    """An identifier belongs to the software that gave it."""
    resource = api("POST", "/Immunization", act(patient)).json()
    other = api_of(api.web, organisation, "autre-logiciel")
    assert "identifier" not in other("GET", f"/Immunization/{resource['id']}").json()
    assert other.search("/Immunization/_search", identifier=f"urn:test|acte-{patient.pk}").json()["total"] == 0


def test_search_by_person_and_date(api: Api, patient: Person) -> None:
    """VC-61."""
    api("POST", "/Immunization", act(patient))
    number = {"patient.identifier": f"{systems.NSS_NIR}|{NIR}"}
    totals = [
        api.search("/Immunization/_search", **number, **criteria).json()["total"]
        for criteria in ({}, {"date": "2021-06-01"}, {"date": "ge2021-06-01"}, {"date": "gt2021-06-01"}, {"date": "lt2021-06-02"})
    ]
    assert totals == [1, 1, 1, 0, 1]


@pytest.mark.parametrize(
    "criteria",
    [
        {},
        {"date": "2021-06-01"},
        {"patient": "1", "nom": "x"},
        {"identifier": "x"},
        {"patient": "1", "date": "xx2021"},
        {"patient": "1", "status": "tous"},
        {"patient.identifier": "x|1"},
        {"patient": "1", "date": "2021-13-01"},
    ],
)
def test_searches_refused(api: Api, criteria: dict[str, str]) -> None:
    """VC-61: too wide, unknown or unreadable."""
    answer = api.search("/Immunization/_search", **criteria)
    assert answer.status_code == 400 and said(answer), answer.content


def test_the_access_log_holds_each_read_and_write(api: Api, patient: Person) -> None:
    """Every access to a person's file is logged, by the software, without the address itself."""
    resource = api("POST", "/Immunization", act(patient)).json()
    api("GET", f"/Immunization/{resource['id']}")
    api.search("/Immunization/_search", patient=resource["patient"]["reference"])
    entries = AccessLogEntry.objects.about(patient.pk).order_by("pk").values_list("action", "actor", "structure", "path")
    assert list(entries) == [
        ("write", "fhir:logiciel", "350000001", "fhir/Immunization"),
        ("read", "fhir:logiciel", "350000001", "fhir/Immunization"),
        ("search", "fhir:logiciel", "350000001", "fhir/Immunization/_search"),
    ]


def test_query_counts(api: Api, patient: Person, practitioner: Practitioner, monkeypatch: pytest.MonkeyPatch) -> None:
    """PF-02, VC-61: a fixed number of questions for each interaction, whatever the person's history."""
    monkeypatch.setattr(clients, "monotonic", lambda: 0.0)  # a token is read again after some seconds
    author = [{"actor": {"identifier": {"system": systems.RPPS, "value": practitioner.rpps}}}]
    sent = act(patient, performer=author)
    second = act(patient, performer=author, identifier=None, occurrenceDateTime="2021-06-29")
    second["protocolApplied"] = [{"doseNumberPositiveInt": 2, "seriesDosesPositiveInt": 2}]
    who = sent["patient"]["reference"]
    api("POST", "/Immunization", act(person(), performer=author))  # the client and the directory are then known
    found: list[dict[str, int]] = []

    def counted(name: str, ask: Callable[[], HttpResponse]) -> HttpResponse:
        with CaptureQueriesContext(connection) as queries:
            answer = ask()
        assert answer.status_code in (200, 201), answer.content
        found[-1][name] = len(queries)
        return answer

    for one in (sent, second):
        found.append({})
        created = counted("create", lambda one=one: api("POST", "/Immunization", one))
        address = f"/Immunization/{created.json()['id']}"
        counted("read", lambda address=address: api("GET", address))
        counted("patient", lambda: api("GET", f"/{who}"))
        counted("by number", lambda: api.search("/Patient/_search", identifier=f"{systems.NSS_NIR}|{NIR}"))
        counted("by person", lambda: api.search("/Immunization/_search", patient=who))
    assert found == [{"create": 1, "read": 2, "patient": 3, "by number": 3, "by person": 3}] * 2
