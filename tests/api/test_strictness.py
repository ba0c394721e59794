"""VC-33, VC-38, VC-40, VC-42: FHIR is as strict as the page, and lets in with a written reason what the page lets in."""

from __future__ import annotations

from typing import Any

import pytest

from allant.api.fhir import systems
from allant.directory.models import Practitioner
from allant.immunizations.actions import record_dose
from allant.immunizations.models import Dose
from allant.people.actions import merge
from allant.people.models import Person
from tests.api.conftest import Api, act, api_of, said
from tests.api.test_bundles import bundle, statuses
from tests.immunizations.builders import act as told
from tests.immunizations.builders import day
from tests.people.builders import person
from tests.vaccination.builders import declare

pytestmark = pytest.mark.django_db

CVX = {"comirnaty": "208", "spikevax": "207", "vaxzevria": "210", "janssen": "212"}
REASON = {"extension": [{"url": systems.FORCED_REASON, "valueString": "allergie à la première dose"}]}


def dose(patient: Person, on: str, vaccine: str = "comirnaty", rank: int | None = None, **values: Any) -> dict[str, Any]:
    """An Immunization with an identifier of its own, and no rank unless it is given."""
    applied = [{"doseNumberPositiveInt": rank, "seriesDosesPositiveInt": 2}] if rank else None
    return act(
        patient,
        identifier=[{"system": "urn:test", "value": f"{patient.pk}:{on}:{vaccine}"}],
        occurrenceDateTime=on,
        vaccineCode={"coding": [{"system": systems.CVX, "code": CVX[vaccine]}]},
        protocolApplied=applied,
        **values,
    )


def placed() -> list[tuple[str, int, str, int]]:
    """Day, rank, series and doses foreseen of every dose, by day."""
    rows = Dose.objects.order_by("occurred_on").values_list("occurred_on", "dose_number", "series", "series_doses")
    return [(str(on), *others) for on, *others in rows]


@pytest.mark.parametrize("rank", [None, 2])
def test_a_second_product_that_no_rule_foresees_needs_a_reason(api: Api, patient: Person, rank: int | None) -> None:
    """VC-33: refused, the outcome says how to give one; with it, recorded and marked as on the page, and read back."""
    assert api("POST", "/Immunization", dose(patient, "2021-05-01")).status_code == 201
    refused = api("POST", "/Immunization", dose(patient, "2021-06-01", "spikevax", rank))
    assert refused.status_code == 422
    assert [one[::2] for one in said(refused)] == [
        ("business-rule", "Immunization.vaccineCode"), ("informational", "Immunization.extension")
    ]  # fmt: skip
    forced = api("POST", "/Immunization", dose(patient, "2021-06-01", "spikevax", rank, **REASON))
    assert forced.status_code == 201, forced.content
    kept = Dose.objects.get(dose_number=2)
    assert (kept.forced_rules, kept.forced_reason) == (["product_not_foreseen"], "allergie à la première dose")
    read = api("GET", f"/Immunization/{forced.json()['id']}").json()
    assert read["extension"] == [*REASON["extension"], {"url": systems.FORCED_RULE, "valueCode": "product_not_foreseen"}]


def test_a_reason_is_kept_only_by_the_act_that_needs_it(api: Api, patient: Person) -> None:
    """VC-38: in a bundle, each entry has its own."""
    other = person()
    sent = bundle(
        dose(patient, "2021-05-01", **REASON),
        dose(patient, "2021-06-01", "spikevax", **REASON),
        dose(other, "2021-05-01"),
        dose(other, "2021-06-01", "spikevax"),
    )
    answer = api("POST", "", sent)
    assert statuses(answer) == ["201", "201", "201", "422"]
    issues = answer.json()["entry"][3]["response"]["outcome"]["issue"]
    assert [(one["severity"], one["expression"]) for one in issues] == [
        ("error", ["Immunization.vaccineCode"]), ("information", ["Immunization.extension"])
    ]  # fmt: skip
    kept = Dose.objects.order_by("person", "dose_number").values_list("forced_rules", "forced_reason")
    assert list(kept) == [([], ""), (["product_not_foreseen"], "allergie à la première dose"), ([], "")]


@pytest.mark.parametrize(
    ("extension", "code"),
    [
        ([{"url": systems.FORCED_REASON}], "required"),
        ([{"url": systems.FORCED_REASON, "valueBoolean": True}], "required"),
        ([{"url": systems.FORCED_REASON, "valueString": "x" * 201}], "too-long"),
    ],
)
def test_a_reason_is_a_text(api: Api, patient: Person, extension: list[dict[str, Any]], code: str) -> None:
    """VC-38: an extension of ours without its text is an error; nothing is recorded."""
    answer = api("POST", "/Immunization", act(patient, extension=extension))
    assert (answer.status_code, said(answer)[0][::2]) == (422, (code, "Immunization.extension[0]"))
    assert not Dose.objects.exists()


def test_extensions_of_others_do_not_hinder(api: Api, patient: Person) -> None:
    """VC-61."""
    others = [{"url": "urn:x", "valueString": "y"}, {"url": "urn:z", "valueInteger": 3}]
    assert api("POST", "/Immunization", act(patient, extension=others)).status_code == 201
    assert Dose.objects.get().forced_reason == ""


def test_a_correction_that_breaks_a_rule_needs_a_reason_too(api: Api, patient: Person) -> None:
    """VC-33, VC-36."""
    api("POST", "/Immunization", dose(patient, "2021-05-01"))
    second = api("POST", "/Immunization", dose(patient, "2021-06-01")).json()
    changed = second | {"vaccineCode": {"coding": [{"system": systems.CVX, "code": "207"}]}}
    path = f"/Immunization/{second['id']}"
    assert api("PUT", path, changed, If_Match='W/"1"').status_code == 422
    answer = api("PUT", path, changed | REASON, If_Match='W/"1"')
    assert answer.status_code == 200, answer.content
    assert Dose.objects.current().get(dose_number=2).forced_rules == ["product_not_foreseen"]


def test_two_doses_without_rank_follow_each_other(api: Api, patient: Person) -> None:
    """VC-61, VC-39: in whichever order of entries, under whichever record; sent again, one by one or together, the same doses."""
    absorbed = person(birth_date=patient.birth_date)
    merge(duplicate=absorbed, into=patient, by="agent", reason="même personne")
    acts = [dose(absorbed, "2021-06-01"), dose(patient, "2021-05-01")]
    assert statuses(api("POST", "", bundle(*acts))) == ["201", "201"]
    expected = [("2021-05-01", 1, "primary", 2), ("2021-06-01", 2, "primary", 2)]
    assert placed() == expected
    assert statuses(api("POST", "", bundle(*acts))) == ["200", "200"]
    assert [api("POST", "/Immunization", one).status_code for one in acts] == [200, 200]
    assert placed() == expected


def test_unranked_doses_go_on_from_what_is_known_and_given(api: Api, patient: Person) -> None:
    """VC-61: after a recorded dose, and after one of the sending that says its rank."""
    api("POST", "/Immunization", dose(patient, "2021-04-01"))
    other = person()
    sent = bundle(dose(patient, "2021-05-01"), dose(other, "2021-05-20", rank=1), dose(other, "2021-06-20"))
    assert statuses(api("POST", "", sent)) == ["201"] * 3
    assert list(Dose.objects.filter(person=other).order_by("pk").values_list("dose_number", flat=True)) == [1, 2]
    assert Dose.objects.get(person=patient, occurred_on="2021-05-01").dose_number == 2


def test_an_unranked_dose_twice_in_a_sending_is_one(api: Api, patient: Person) -> None:
    """VC-39."""
    one = dose(patient, "2021-05-01")
    assert statuses(api("POST", "", bundle(one, one | {"identifier": [{"system": "urn:test", "value": "z"}]}))) == ["201", "200"]
    assert Dose.objects.count() == 1


def test_a_bundle_of_doses_another_software_sent_finds_them(api: Api, organisation: Any) -> None:
    """VC-39: by their content, together: the number of queries does not follow that of the acts."""
    persons = [person() for _ in range(12)]
    first = api("POST", "", bundle(*(dose(one, "2021-05-01") for one in persons)))
    other = api_of(api.web, organisation, "autre-logiciel")
    again = other("POST", "", bundle(*(dose(one, "2021-05-01") for one in persons)))
    assert (statuses(first), statuses(again)) == (["201"] * 12, ["200"] * 12)
    places = [[one["response"]["location"] for one in answer.json()["entry"]] for answer in (first, again)]
    assert places[0] == places[1]


def test_unranked_acts_cost_no_query_each(api: Api, django_assert_max_num_queries: Any) -> None:
    """PF-03: what is known of all the persons of a sending is read together."""
    persons = [person() for _ in range(30)]
    api("POST", "", bundle(dose(persons[0], "2021-05-01")))
    for some in (persons[1:5], persons[5:]):
        with django_assert_max_num_queries(45):
            assert set(statuses(api("POST", "", bundle(*(dose(one, "2021-05-01") for one in some))))) == {"201"}


def test_a_declared_immunodepression_opens_the_third_dose(api: Api, patient: Person) -> None:
    """VC-40, VC-41: alone or in a bundle, with or without its rank, no reason is asked; without declaration, one is."""
    other, undeclared = person(), person()
    for one in (patient, other):
        declare(one, key=f"e{one.pk}", today="2021-03-01", declared_situations=("immunodepressed",))
    for one in (patient, other, undeclared):
        for rank, on in ((1, "2021-04-06"), (2, "2021-05-04")):
            given, key = told(on, dose_number=rank), f"{one.pk}:{on}"
            record_dose(person=one, act=given, source="csv", source_key=key, by="t", today=day("2021-06-30"))
    assert api("POST", "/Immunization", dose(patient, "2021-06-10")).status_code == 201
    applied = [{"doseNumberPositiveInt": 3, "seriesDosesPositiveInt": 2}]
    third = act(other, identifier=None, occurrenceDateTime="2021-06-10", protocolApplied=applied)
    assert statuses(api("POST", "", bundle(third, dose(undeclared, "2021-06-10")))) == ["201", "422"]
    assert list(Dose.objects.filter(dose_number=3).values_list("series", "forced_rules")) == [("booster", [])] * 2
    refused = api("POST", "/Immunization", dose(undeclared, "2021-06-10"))
    assert refused.status_code == 422 and "avant l'ouverture" in said(refused)[0][1]
    assert api("POST", "/Immunization", dose(undeclared, "2021-06-10", **REASON)).status_code == 201


def reported(origin: dict[str, Any]) -> dict[str, Any]:
    """Told from a document."""
    return {"primarySource": False, "reportOrigin": origin}


ITALY = {"coding": [{"system": systems.COUNTRY, "code": "IT"}], "text": "Carnet de vaccination"}


def test_a_dose_given_abroad_enters_on_its_document(api: Api, patient: Person) -> None:
    """VC-42: with its country, breaking rules under that proof; read back, and sent back corrected, it stays one."""
    answer = api("POST", "/Immunization", dose(patient, "2021-02-01", "janssen", **reported(ITALY)))
    assert answer.status_code == 201, answer.content
    kept = Dose.objects.get()
    assert kept.proof == "Carnet de vaccination (à l'étranger : IT)"
    assert (kept.forced_rules, kept.forced_reason) == (["before_authorisation"], f"Acte repris sur justificatif : {kept.proof}")
    read = answer.json()
    corrected = api("PUT", f"/Immunization/{read['id']}", read | {"lotNumber": "EX9"}, If_Match='W/"1"')
    assert corrected.status_code == 200, corrected.content
    assert Dose.objects.current().get().proof == kept.proof


def test_a_dose_given_here_since_the_opening_does_not_enter_on_a_document(api: Api, patient: Person) -> None:
    """VC-42: as on the page; before the opening it does, alone or in a bundle."""
    france = {"coding": [{"system": systems.COUNTRY, "code": "FR"}], "text": "Carnet de vaccination"}
    for origin in ({"text": "Carnet de vaccination"}, france):
        refused = api("POST", "/Immunization", dose(patient, "2021-05-01", **reported(origin)))
        assert refused.status_code == 422
        assert said(refused)[0][::2] == ("business-rule", "Immunization.reportOrigin")
        assert statuses(api("POST", "", bundle(dose(patient, "2021-05-01", **reported(origin))))) == ["422"]
    assert not Dose.objects.exists()
    assert statuses(api("POST", "", bundle(dose(patient, "2020-12-22", **reported(france))))) == ["201"]
    unreadable = {"coding": [{"system": systems.COUNTRY, "code": "Italie"}], "text": "Carnet"}
    refused = api("POST", "/Immunization", dose(patient, "2021-05-01", **reported(unreadable)))
    assert said(refused)[0][::2] == ("code-invalid", "Immunization.reportOrigin.coding[0].code")


def test_an_older_dose_found_late_takes_the_next_rank(api: Api, patient: Person) -> None:
    """VC-42: no recorded rank moves, as on the page."""
    api("POST", "/Immunization", dose(patient, "2021-06-10"))
    assert api("POST", "/Immunization", dose(patient, "2021-04-10", **reported(ITALY))).status_code == 201
    assert placed() == [("2021-04-10", 2, "primary", 2), ("2021-06-10", 1, "primary", 2)]


def test_a_cancelled_correction_leaves_no_dose(api: Api, patient: Person) -> None:
    """VC-36: what is cancelled is the act; its version before the correction does not come back."""
    resource = api("POST", "/Immunization", dose(patient, "2021-05-01")).json()
    path = f"/Immunization/{resource['id']}"
    assert api("PUT", path, resource | {"lotNumber": "EX2"}, If_Match='W/"1"').status_code == 200
    assert api("PUT", path, resource | {"status": "entered-in-error"}, If_Match='W/"2"').status_code == 200
    assert not Dose.objects.current().exists()
    assert api("GET", path).json()["status"] == "entered-in-error"


def test_who_vaccinated_must_have_the_right_to_record(api: Api, patient: Person, settings: Any) -> None:
    """VC-02: on the day of the sending, as on the page; a dose told from a document is not held to it."""
    settings.ALLANT_TODAY = day("2021-03-10")
    nurse = Practitioner.objects.create(rpps="10000000036", family_name="Petit", given_names="Lou", profession="60")
    performer = [{"actor": {"reference": f"Practitioner/{nurse.pk}"}}]
    sent = dose(patient, "2021-03-08", performer=performer)
    refused = api("POST", "/Immunization", sent)
    assert (refused.status_code, said(refused)[0][::2]) == (422, ("business-rule", "Immunization.performer"))
    assert "à partir du 15/03/2021" in said(refused)[0][1]
    assert statuses(api("POST", "", bundle(sent))) == ["422"]
    assert not Dose.objects.exists()
    assert statuses(api("POST", "", bundle(dose(person(), "2021-03-08", performer=performer, **reported(ITALY))))) == ["201"]
    settings.ALLANT_TODAY = day("2021-03-15")
    assert api("POST", "/Immunization", sent).status_code == 201
