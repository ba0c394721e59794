"""RP-22 to RP-27 by API: check, deliver, hand over, inject; spent once; throttled; rights; the how-to's examples."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from allant.accounts.models import AccessLogEntry
from allant.api import clients
from allant.api.fhir import ids
from allant.directory.models import Organisation, Practitioner
from allant.flu.models import Delivery, Voucher
from allant.immunizations.models import Dose
from allant.people.models import Matricule, Person
from allant.site.home import CLONE
from tests.api.conftest import NIR, Api, api_of, said
from tests.flu.people import DAY, aged, code_of, voucher_of, wave

pytestmark = pytest.mark.django_db
PHARMACIST, NURSE = "10000000021", "10000000060"
BOX = {"key": "1", "rpps": PHARMACIST, "vaccine": "vaxigrip_tetra", "lot": "U3J921V"}
DOCUMENT = CLONE / "docs" / "how-to" / "flu-api.md"
EXAMPLE = re.compile(r"```http\n(.*?)\n```\n\n```json\n(.*?)\n```", re.DOTALL)


@pytest.fixture(autouse=True)
def season(settings: Settings) -> None:
    """A day of 2021; a pharmacist and a nurse of the directory."""
    settings.ALLANT_TODAY = DAY
    for rpps, profession in ((PHARMACIST, "21"), (NURSE, "infirmier")):
        Practitioner.objects.create(rpps=rpps, family_name="Le Goff", given_names="Yann", profession=profession)


@pytest.fixture
def maud(db: None) -> Person:
    """Eighty, with a voucher and a NIR."""
    person = aged(80)
    Matricule.objects.create(person=person, value=NIR, kind="NIR", starts_on=date(2000, 1, 1))
    wave()
    return person


@pytest.fixture
def pharmacy(client: Client, organisation: Organisation, season: None) -> Api:
    """A client that may do everything."""
    return api_of(client, organisation, "officine")


def asked(api: Api, path: str, status: int, **body: Any) -> dict[str, Any]:
    answer = api("POST", f"/flu/{path}", body, kind="application/json")
    assert answer.status_code == status, answer.content
    return json.loads(answer.content)


def test_rp_22_a_voucher_is_checked_delivered_then_spent(pharmacy: Api, maud: Person) -> None:
    """RP-22, RP-23, RP-25: the terms, the delivery, the same sending, another one."""
    code = code_of(voucher_of(maud))
    told = asked(pharmacy, "vouchers/check", 200, code=code)
    assert (told["state"], told["reason"], told["season"]) == ("valid", "", "2021")
    assert told["batch"] == voucher_of(maud).batch.number
    assert told["cover"] == {"vaccine": 100, "act": 70, "complementary": 30}
    assert told["patient"]["family"] == "Keraval" and told["prescribers"] == []
    made = asked(pharmacy, "deliveries", 201, code=code, **BOX)
    assert made["cover"] == told["cover"] and made["ground"] == "voucher"
    assert asked(pharmacy, "deliveries", 201, code=code, **BOX) == made
    again = pharmacy("POST", "/flu/deliveries", {**BOX, "code": code, "key": "2"}, kind="application/json")
    assert again.status_code == 409
    assert said(again)[0][0] == "conflict"
    assert asked(pharmacy, "vouchers/check", 200, code=code)["state"] == "spent"
    assert Delivery.objects.get().organisation.code == "350000001"


def test_rp_23_a_voucher_handed_over_by_api_kills_the_former(pharmacy: Api, maud: Person) -> None:
    """RP-23: its code is in the answer only."""
    former = code_of(voucher_of(maud))
    patient = f"Patient/{ids.public_id('Patient', maud.pk)}"
    made = asked(pharmacy, "vouchers", 201, key="b", rpps=NURSE, patient=patient, group="age_65")
    assert made["declared"] is False
    assert asked(pharmacy, "vouchers/check", 200, code=former)["state"] == "revoked"
    assert asked(pharmacy, "vouchers/check", 200, code=made["code"])["state"] == "valid"
    refused = pharmacy("POST", "/flu/deliveries", {**BOX, "code": former}, kind="application/json")
    assert refused.status_code == 409


def test_rp_24_rp_27_an_injection_follows_a_delivery(pharmacy: Api, maud: Person) -> None:
    """RP-24, RP-27."""
    code = code_of(voucher_of(maud))
    assert asked(pharmacy, "injections", 422, key="i", rpps=NURSE, code=code)
    asked(pharmacy, "deliveries", 201, code=code, **BOX)
    assert asked(pharmacy, "injections", 201, key="i", rpps=NURSE, code=code)["lot"] == "U3J921V"
    assert Dose.objects.against("influenza").get().source == "fhir"
    found = pharmacy.search("/Immunization/_search", patient=f"Patient/{ids.public_id('Patient', maud.pk)}")
    assert json.loads(found.content)["total"] == 0, "the Covid-19 vaccinations are as they were"


def test_rp_24_professions_and_prescriptions(pharmacy: Api) -> None:
    """RP-24: a nurse does not deliver; a minor's ordonnance."""
    minor = aged(17, "ald:8")
    wave()
    code = code_of(voucher_of(minor))
    refused = pharmacy("POST", "/flu/deliveries", {**BOX, "code": code, "rpps": NURSE}, kind="application/json")
    assert refused.status_code == 403 and said(refused)[0][2] == "rpps"
    assert asked(pharmacy, "vouchers/check", 200, code=code)["prescribers"] == ["medecin", "sage_femme"]
    assert asked(pharmacy, "deliveries", 422, code=code, **BOX)
    shown = {"name": "Anne Durand", "profession": "10", "date": "2021-11-02"}
    asked(pharmacy, "deliveries", 201, code=code, **BOX, prescription=shown)


def test_wrong_codes_make_the_software_wait(pharmacy: Api, maud: Person) -> None:
    """RP-22: counted in the log, by software; the right code does not pass either."""
    from allant.campaigns import keyring
    from allant.campaigns.codes import render

    for code in render(range(900_000, 900_100), keyring.current()):
        asked(pharmacy, "vouchers/check", 404, code=code)
    answer = pharmacy("POST", "/flu/vouchers/check", {"code": code_of(voucher_of(maud))}, kind="application/json")
    assert answer.status_code == 429 and int(answer["Retry-After"]) > 0
    assert AccessLogEntry.objects.filter(purpose="grippe : numéro de bon inconnu", actor="fhir:officine").count() == 100


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("vouchers/check", {"code": "ABCDEFGHJKMN"}, 400, "code"),
        ("vouchers/check", {"code": 12}, 400, "code"),
        ("vouchers/check", {"code": "A", "nir": "1"}, 400, ""),
        ("vouchers/check", [], 400, ""),
        ("deliveries", {**BOX, "rpps": "1"}, 400, "rpps"),
        ("deliveries", {**BOX, "lot": ""}, 400, "lot"),
        ("deliveries", {**BOX, "patient": "Patient/inconnu"}, 404, ""),
        ("injections", {"key": "1", "rpps": "10000000099", "patient": "x"}, 404, ""),
        ("injections", {"key": "1", "rpps": NURSE, "patient": "x", "date": "2021-02-31"}, 400, "date"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_field_and_nothing_is_written(
    pharmacy: Api, maud: Person, path: str, body: Any, status: int, field: str
) -> None:
    """RP-22."""
    answer = pharmacy("POST", f"/flu/{path}", body, kind="application/json")
    assert answer.status_code == status, answer.content
    assert said(answer)[0][2] == field
    assert not Delivery.objects.exists() and Voucher.objects.count() == 1


def test_a_software_without_the_scope_is_refused(client: Client, organisation: Organisation, maud: Person) -> None:
    """VC-61, RP-22."""
    api = api_of(client, organisation, "covid", scopes=["system/Immunization.c"])
    assert asked(api, "vouchers/check", 403, code=code_of(voucher_of(maud)))


def test_every_example_of_the_how_to_works(client: Client, organisation: Organisation, maud: Person) -> None:
    """RP-22 to RP-27: docs/how-to/flu-api.md."""
    _, secret = clients.create_client(name="logiciel-officine", organisation=organisation, by="test")
    values = {"secret": secret, "code": code_of(voucher_of(maud)), "pharmacien": PHARMACIST, "infirmier": NURSE}
    values["patient"] = f"Patient/{ids.public_id('Patient', maud.pk)}"
    examples = EXAMPLE.findall(DOCUMENT.read_text("utf-8"))
    assert len(examples) == 5
    for given, expected in examples:
        for name, value in values.items():
            given = given.replace(f"{{{{{name}}}}}", value)
        head, _, body = given.partition("\n\n")
        line, *lines = head.splitlines()
        method, path = line.split()
        headers = dict(one.split(": ", 1) for one in lines)
        answer = client.generic(method, path, body, content_type=headers.pop("Content-Type"), headers=headers)
        assert answer.status_code < 300, (line, answer.content)
        content = answer.json()
        assert content | json.loads(expected) == content, (line, content)
        values |= {name: content[key] for name, key in (("token", "access_token"), ("code", "code")) if key in content}
