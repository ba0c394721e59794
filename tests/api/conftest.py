"""A client of `/fhir`, with its token, before a small register."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from allant.api import clients
from allant.api.fhir import ids, resolving, systems
from allant.directory.models import Location, Organisation, Practitioner
from allant.people.matricule import key
from allant.people.models import Matricule, Person
from tests.people.builders import person

TODAY = date(2021, 6, 30)
NIR = "2500535120001"
NIR_WITH_KEY = f"{NIR}{key(NIR):02d}"
JSON = "application/fhir+json"
FORM = "application/x-www-form-urlencoded"


@dataclass
class Api:
    """Requests of one client."""

    web: Client
    token: str
    name: str

    def __call__(self, method: str, path: str, body: Any = None, *, kind: str = JSON, **headers: str) -> HttpResponse:
        """Send; a dict is written as JSON. Header names with underscores."""
        data = body if isinstance(body, str | bytes) else json.dumps(body) if body is not None else ""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            given = {"Authorization": f"Bearer {self.token}"} | given
        return self.web.generic(method, f"/fhir{path}", data, content_type=kind, headers=given)

    def search(self, path: str, **criteria: str) -> HttpResponse:
        """POST a form."""
        from urllib.parse import urlencode

        return self("POST", path, urlencode(criteria), kind=FORM)


@pytest.fixture
def today(settings: Settings) -> date:
    """The day of the tests."""
    settings.ALLANT_TODAY = TODAY
    return TODAY


@pytest.fixture
def organisation(db: None) -> Organisation:
    """A practice."""
    return Organisation.objects.create(code="350000001", name="Cabinet des Lilas", kind="practice")


@pytest.fixture
def practitioner(db: None) -> Practitioner:
    """A doctor."""
    return Practitioner.objects.create(rpps="10000000001", family_name="Durand", given_names="Alix", profession="medecin")


@pytest.fixture
def place(db: None) -> Location:
    """A place of vaccination."""
    return Location.objects.create(kind="centre", name="Salle des fêtes", postcode="35000", commune_code="35238")


@pytest.fixture
def patient(db: None) -> Person:
    """Born in 1950, with a NIR."""
    found = person(sex="F")
    Matricule.objects.create(person=found, value=NIR, kind="NIR", starts_on=date(2000, 1, 1))
    return found


def api_of(web: Client, organisation: Organisation, name: str, **values: Any) -> Api:
    """A new client with a token of all its scopes, from the token endpoint."""
    _, secret = clients.create_client(name=name, organisation=organisation, by="test", **values)
    form = f"grant_type=client_credentials&client_id={name}&client_secret={secret}"
    answer = web.post("/fhir/oauth2/token", form, content_type=FORM)
    assert answer.status_code == 200, answer.content
    return Api(web, answer.json()["access_token"], name)


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    """What a server process keeps in memory belongs to one test."""
    from django.core.cache import cache

    clients.forget_clients()
    resolving.forget_directory()
    cache.clear()


@pytest.fixture
def api(client: Client, organisation: Organisation, today: date) -> Api:
    """A client that may do everything."""
    return api_of(client, organisation, "logiciel")


def act(patient: Person, /, **values: Any) -> dict[str, Any]:
    """An Immunization: a first dose of Comirnaty, unless told otherwise; a value of None removes the element."""
    resource = {
        "resourceType": "Immunization",
        "identifier": [{"system": "urn:test", "value": f"acte-{patient.pk}"}],
        "status": "completed",
        "vaccineCode": {"coding": [{"system": systems.CVX, "code": "208"}]},
        "patient": {"reference": f"Patient/{ids.public_id('Patient', patient.pk)}"},
        "occurrenceDateTime": "2021-06-01",
        "lotNumber": "EX0001",
        "protocolApplied": [{"doseNumberPositiveInt": 1, "seriesDosesPositiveInt": 2}],
        **values,
    }
    return {name: value for name, value in resource.items() if value is not None}


def said(answer: HttpResponse) -> list[tuple[str, str, str]]:
    """Code, text and first expression of each issue of an OperationOutcome."""
    outcome = json.loads(answer.content)
    assert outcome["resourceType"] == "OperationOutcome", outcome
    return [(one["code"], one["details"]["text"], (one.get("expression") or [""])[0]) for one in outcome["issue"]]
