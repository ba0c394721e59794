"""VC-61: batch and transaction bundles: one bulk recording, each entry answered in its order."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from allant.accounts.models import AccessLogEntry
from allant.api.fhir import ids, systems
from allant.immunizations.models import Dose, RecordingBatch
from allant.people.models import Person
from tests.api.conftest import NIR, Api, act, said
from tests.people.builders import person

pytestmark = pytest.mark.django_db


def entry(resource: Any, **request: str) -> dict[str, Any]:
    return {"request": {"method": "POST", "url": "Immunization", **request}, "resource": resource}


def bundle(*resources: Any, kind: str = "batch") -> dict[str, Any]:
    entries = [one if "request" in one else entry(one) for one in resources]
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


def statuses(answer: Any) -> list[str]:
    return [one["response"]["status"][:3] for one in answer.json()["entry"]]


@pytest.mark.parametrize("kind", ["batch", "transaction"])
def test_many_acts_in_one_sending(api: Api, kind: str) -> None:
    """VC-61: recorded in bulk, each with its address; one entry in the access log, its batch on the rows."""
    persons = [person() for _ in range(20)]
    answer = api("POST", "", bundle(*(act(one) for one in persons), kind=kind))
    assert answer.status_code == 200, answer.content
    assert answer.json()["type"] == f"{kind}-response" and statuses(answer) == ["201"] * 20
    assert list(Dose.objects.order_by("person_id").values_list("person_id", flat=True)) == [one.pk for one in persons]
    batch = RecordingBatch.objects.get()
    assert (batch.source, batch.recorded_by, batch.recorded) == ("fhir", "fhir:logiciel", 20)
    assert set(Dose.objects.values_list("batch_id", "lot", "organisation__code")) == {(batch.pk, "EX0001", "350000001")}
    logged = AccessLogEntry.objects.get(action="bulk")
    assert (logged.action, logged.actor, logged.batch_id) == ("bulk", "fhir:logiciel", UUID(int=batch.pk))
    location = answer.json()["entry"][3]["response"]["location"]
    assert api("GET", f"/{location}").json()["patient"]["reference"].endswith(ids.public_id("Patient", persons[3].pk))


def test_a_batch_sent_again_records_nothing_more(api: Api) -> None:
    """VC-39: whole, in part, doubled inside, or one by one."""
    persons = [person() for _ in range(3)]
    first = api("POST", "/", bundle(*(act(one) for one in persons)))
    again = api("POST", "", bundle(*(act(one) for one in persons), act(persons[0]), act(persons[1], identifier=None)))
    assert (statuses(first), statuses(again)) == (["201"] * 3, ["200"] * 5)
    places = [one["response"]["location"] for one in again.json()["entry"]]
    assert places[:3] == [one["response"]["location"] for one in first.json()["entry"]]
    assert places[3:] == places[:2]
    assert api("POST", "/Immunization", act(persons[0])).status_code == 200
    assert Dose.objects.count() == 3
    twice = person()
    assert statuses(api("POST", "", bundle(act(twice), act(twice)))) == ["201", "200"]


def test_a_refused_act_hinders_no_other_in_a_batch(api: Api, patient: Person) -> None:
    """VC-61: each on its own, each with its outcome."""
    answer = api(
        "POST",
        "",
        bundle(
            act(person(), vaccineCode={"text": "?"}),
            act(person(), occurrenceDateTime="2021-08-01"),
            act(patient, patient={"identifier": {"system": systems.NSS_NIR, "value": NIR}}),
            act(person(), patient={"identifier": {"system": systems.NSS_NIR, "value": "1500535120001"}}),
            {"request": {"method": "DELETE", "url": "Immunization/1"}},
            {"request": {"method": "POST", "url": "Immunization"}},
            entry({"resourceType": "Patient"}),
            act(patient, occurrenceDateTime="2021-06-02", identifier=None),
            act(person(), status="entered-in-error"),
        ),
    )
    assert statuses(answer) == ["422", "422", "201", "422", "422", "422", "400", "409", "422"], answer.content
    outcomes = [one["response"].get("outcome", {}).get("issue", [{}])[0] for one in answer.json()["entry"]]
    assert outcomes[1]["expression"] == ["Immunization.occurrenceDateTime"] and "futur" in outcomes[1]["details"]["text"]
    assert Dose.objects.count() == 1 and NIR not in answer.content.decode()


def test_a_transaction_is_all_or_nothing(api: Api) -> None:
    """VC-61: one refused act, and nothing is written; the outcome says which and why."""
    persons = [person() for _ in range(3)]
    for wrong, status in (({"vaccineCode": {"text": "?"}}, 422), ({"occurrenceDateTime": "2021-08-01"}, 422)):
        answer = api("POST", "", bundle(act(persons[0]), act(persons[1], **wrong), act(persons[2]), kind="transaction"))
        assert answer.status_code == status
        assert said(answer)[0][2].startswith("Bundle.entry[1].resource.ofType(Immunization).")
    assert (Dose.objects.count(), RecordingBatch.objects.count(), AccessLogEntry.objects.filter(action="bulk").count()) == (
        0,
        0,
        0,
    )
    assert statuses(api("POST", "", bundle(*(act(one) for one in persons), kind="transaction"))) == ["201"] * 3


def test_a_conditional_entry(api: Api, patient: Person) -> None:
    """VC-61: ifNoneExist in an entry."""
    sent = entry(act(patient, identifier=None), ifNoneExist="identifier=urn:a|7")
    assert statuses(api("POST", "", bundle(sent))) == ["201"]
    assert statuses(api("POST", "", bundle(sent))) == ["200"]
    assert Dose.objects.get().source_key == "fhir:logiciel:urn:a|7"


def test_two_doses_of_a_person_in_one_sending(api: Api, patient: Person) -> None:
    """VC-61: in any order of entries, ranks as given."""
    second = act(
        patient,
        identifier=[{"system": "urn:test", "value": "2"}],
        occurrenceDateTime="2021-06-29",
        protocolApplied=[{"doseNumberPositiveInt": 2, "seriesDosesPositiveInt": 2}],
    )
    assert statuses(api("POST", "", bundle(second, act(patient)))) == ["201", "201"]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"resourceType": "Bundle", "type": "collection"}, 422),
        ({"resourceType": "Bundle"}, 422),
        ({"resourceType": "Bundle", "type": "batch", "entry": {}}, 422),
        ({"resourceType": "Bundle", "type": "batch", "entry": [3]}, 422),
        ({"resourceType": "Bundle", "type": "batch", "entry": [{}] * 2_001}, 413),
        ({"resourceType": "Immunization"}, 400),
        ({"resourceType": "Bundle", "type": "batch"}, 200),
        ({"resourceType": "Bundle", "type": "batch", "entry": []}, 200),
    ],
    ids=lambda value: str(value)[:60],
)
def test_bundles_that_are_none(api: Api, sent: dict[str, Any], status: int) -> None:
    """VC-61."""
    answer = api("POST", "", sent)
    assert answer.status_code == status, answer.content
    assert status == 200 or said(answer)


def test_the_number_of_queries_does_not_grow(api: Api, django_assert_max_num_queries: Any) -> None:
    """VC-90: one recording, whatever the number of acts."""
    persons = [person() for _ in range(60)]
    api("POST", "", bundle(act(persons[0])))
    for first, last in ((1, 10), (10, 60)):
        with django_assert_max_num_queries(40):
            answer = api("POST", "", bundle(*(act(one) for one in persons[first:last])))
        assert set(statuses(answer)) == {"201"}
