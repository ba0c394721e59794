"""A care home's sitting: residents with numbers, a doctor, an open session."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pyarrow as pa
from django.http import HttpResponse
from django.test import Client

from allant.immunizations.actions import load_lots
from allant.people.actions import load_matricules, load_persons
from allant.people.matricule import key
from allant.vaccination.models import VaccinationSession

TODAY = date(2021, 3, 1)
URL = "/professionnel/vaccin-covid/seances/"
FORM = {
    "vaccine": "comirnaty", "lot": "AB1234", "site": "deltoide_gauche", "occurred_on": "2021-03-01", "place_kind": "ehpad",
    "place_name": "Les Tamaris", "postcode": "35000", "commune_code": "35238",
    "declares": "on", "declarant_prescribes": "oui", "prescribed_on": "2021-03-01", "patient_accepts": "on",
    "patient_informed": "on",
}  # fmt: skip


def nir(number: int) -> str:
    """The number of resident n, 15 characters."""
    value = f"240053512{number:04d}"
    return f"{value}{key(value):02d}"


def residents(count: int) -> None:
    """People born on 17 May 1940, named Resident 1, 2…"""
    ids = list(range(1, count + 1))
    load_persons(
        pa.table({
            "person_id": ids, "family_name": [f"Résident{n}" for n in ids], "given_names": ["Camille"] * count,
            "birth_date": pa.array([date(1940, 5, 17)] * count), "sex": ["F"] * count, "departement_code": ["35"] * count,
        }),
        by="test",
    )  # fmt: skip
    load_matricules(
        pa.table({
            "person_id": ids, "value": [nir(n)[:13] for n in ids], "kind": ["NIR"] * count,
            "starts_on": pa.array([date(2000, 1, 1)] * count),
        }),
        by="test",
    )  # fmt: skip
    load_lots(
        pa.table({
            "vaccine": ["comirnaty", "comirnaty"], "number": ["AB1234", "OLD1"],
            "expires_on": pa.array([date(2021, 9, 1), date(2021, 1, 1)]),
        }),
        by="test",
    )  # fmt: skip


def opened(client: Client, **changes: str) -> VaccinationSession:
    """Open a session through its form."""
    answer = client.post(URL, {**FORM, **changes})
    assert answer.status_code == 302, answer.content.decode()
    return VaccinationSession.objects.get()


def send(
    client: Client, session: VaccinationSession, typed: str, row: UUID | None = None, **more: Any
) -> tuple[HttpResponse, dict[str, Any]]:
    """One row, as the page sends it."""
    said = {"row": str(row or uuid4()), "typed": typed, **more}
    wanted = {"accept": "application/json"}
    answer = client.post(f"{URL}{session.pk}/ligne/", said, content_type="application/json", headers=wanted)
    return answer, answer.json()
