"""A patient's file in the téléservice, for the tests of its pages: opened by NIR, filled by forms."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from typing import Any

import pyarrow as pa
from django.test import Client
from django.urls import reverse

from allant.immunizations.actions import load_shipped_lots
from allant.immunizations.models import Lot
from allant.people.actions import load_matricules
from allant.people.models import Person
from tests.pages import small_country
from tests.pages.teleservice import find
from tests.vaccination.builders import patient

TODAY = date(2021, 2, 21)
LOT, EXPIRED, OTHER_LOT = "EK9788", "EJ6795", "3000489"
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)"(?: value="([^"]*)")?')


def known_patient(**values: Any) -> Person:
    """A woman born on 1 May 1940, who bears a NIR, living in Rennes."""
    columns = {"family_name": "Duroc", "given_names": "Rose", "sex": "F", "postcode": "35000", "commune_code": "35238", **values}
    someone = patient(columns.pop("born", "1940-05-01"), **columns)
    load_matricules(
        pa.table({
            "person_id": [someone.pk], "value": [nir(someone)[:13]], "kind": ["NIR"], "starts_on": pa.array([date(2000, 1, 1)]),
        }),
        by="test",
    )  # fmt: skip
    return someone


def nir(someone: Person) -> str:
    """The number of a patient, with its key."""
    return small_country.matricule(someone.pk % 10_000)


def lots() -> None:
    """A lot in date and an expired one of Comirnaty, one of Spikevax; and those shipped."""
    load_shipped_lots(by="test")
    for vaccine, number, expires in (
        ("comirnaty", LOT, date(2021, 6, 30)),
        ("comirnaty", EXPIRED, date(2021, 1, 31)),
        ("spikevax", OTHER_LOT, date(2021, 7, 31)),
    ):
        Lot.objects.get_or_create(vaccine=vaccine, number=number, defaults={"expires_on": expires})


def open_file(client: Client, someone: Person) -> str:
    """Find the patient by NIR; the address of the file."""
    find(client, nir(someone))
    return reverse("teleservice_file", args=[someone.pk])


def text_of(answer: Any) -> str:
    """The words of a page, spaces made plain."""
    body = re.sub(r"<(script|style)[^>]*>.*?</\1>", " ", answer.content.decode(), flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def hidden(answer: Any) -> dict[str, str]:
    """The hidden fields of a page, as a browser would send them."""
    return {name: unescape(value or "") for name, value in HIDDEN.findall(answer.content.decode())}


def dose_values(**changes: str) -> dict[str, str]:
    """A first dose at the practice, today, complete."""
    values = {
        "source_key": "6f7b1c1e-0b5e-4c1b-9a51-000000000001", "vaccine": "comirnaty", "lot": LOT, "site": "deltoide_gauche",
        "occurred_on": TODAY.isoformat(), "dose_number": "1", "place_kind": "cabinet", "place_name": "Cabinet Delmas",
        "postcode": "35000", "commune_code": "", "am_number": "", "forced_reason": "",
    }  # fmt: skip
    return values | changes


def eligibility_values(**changes: Any) -> dict[str, Any]:
    """A declaration by a doctor who prescribes today."""
    values = {
        "source_key": "6f7b1c1e-0b5e-4c1b-9a51-0000000000e1", "declarant_prescribes": "oui", "prescribed_on": TODAY.isoformat(),
        "patient_accepts": "on", "patient_informed": "on",
    }  # fmt: skip
    return values | changes


def declare(client: Client, someone: Person, **changes: Any) -> Any:
    """Validate tab 1."""
    return client.post(reverse("teleservice_eligibility", args=[someone.pk]), eligibility_values(**changes))


def send(client: Client, someone: Person, step: str = "record", **changes: str) -> Any:
    """Send the form of a dose."""
    return client.post(reverse("teleservice_dose_entry", args=[someone.pk]), {**dose_values(**changes), "step": step})
