"""VC-61: whatever is sent, no failure: schemathesis against the live server and its own OpenAPI description."""

from __future__ import annotations

import os
import random
from typing import Any
from urllib.parse import urlsplit

import pytest
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from pytest_django.live_server_helper import LiveServer

from allant.api import clients
from allant.api.fhir import ids
from allant.directory.models import Organisation
from allant.people.models import Matricule, Person
from tests.api.conftest import FORM, NIR, Api, act
from tests.api.test_shapes import mutated
from tests.people.builders import person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(1_800)]


def served(live_server: LiveServer, client: Client) -> tuple[Any, dict[str, str], str]:
    """The description as served, the headers of a client, and a patient's id."""
    organisation = Organisation.objects.create(code="1", name="Essai", kind="practice")
    _, secret = clients.create_client(name="essai", organisation=organisation, requests_per_minute=10_000_000, by="test")
    form = f"grant_type=client_credentials&client_id=essai&client_secret={secret}"
    token = client.post("/fhir/oauth2/token", form, content_type=FORM).json()["access_token"]
    patient = person()
    Matricule.objects.create(person=patient, value=NIR, kind="NIR", starts_on="2000-01-01")
    schema = schemathesis.openapi.from_url(f"{live_server.url}/fhir/openapi.json")
    return schema, {"Authorization": f"Bearer {token}"}, ids.public_id("Patient", patient.pk)


def attack(schema: Any, headers: dict[str, str], examples: int) -> dict[str, int]:
    """Send so many examples to each operation; the statuses met. Fails on 5xx, and on a refusal that is no OperationOutcome."""
    met: dict[str, int] = {}
    for found in schema.get_all_operations():
        _attack_one(found.ok(), headers, examples, met)
    return met


def _attack_one(operation: Any, headers: dict[str, str], examples: int, met: dict[str, int]) -> None:
    is_token = operation.path.endswith("/token")

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def send(case: Any) -> None:
        answer = case.call(headers={} if is_token else headers)
        met[str(answer.status_code)] = met.get(str(answer.status_code), 0) + 1
        assert answer.status_code < 500, (case.method, case.path, answer.text[:500])
        asked = urlsplit(answer.request.url).path
        # An identifier of dots is a path to elsewhere on the site, once the address is put in order.
        if answer.status_code >= 400 and not is_token and asked.startswith("/fhir/"):
            assert "json" in answer.headers["content-type"][0], (case.method, asked, answer.status_code)
            assert answer.json()["resourceType"] == "OperationOutcome"

    send()


def test_nothing_sent_makes_it_fail(live_server: LiveServer, client: Client) -> None:
    """A bounded run, the same examples each time."""
    schema, headers, _ = served(live_server, client)
    met = attack(schema, headers, examples=12)
    assert met.get("400", 0) + met.get("422", 0) > 10, met


@pytest.mark.long
def test_nothing_sent_makes_it_fail_for_long(live_server: LiveServer, client: Client) -> None:
    """As many examples as `FUZZ_EXAMPLES` says."""
    schema, headers, _ = served(live_server, client)
    attack(schema, headers, examples=int(os.environ.get("FUZZ_EXAMPLES", "400")))


@pytest.mark.parametrize("path", ["/Immunization", ""])
def test_faulty_acts_are_refused_and_never_fail(api: Api, patient: Person, path: str) -> None:
    """Acts nearly right reach every check: mutated one by one, alone and in bundles."""
    chooser = random.Random(61)
    met = set()
    for _ in range(150):
        acts = [mutated(chooser) | {"patient": act(patient)["patient"]} for _ in range(1 if path else 3)]
        kind = chooser.choice(("batch", "transaction"))
        entries = [{"request": {"method": "POST", "url": "Immunization"}, "resource": one} for one in acts]
        answer = api("POST", path, acts[0] if path else {"resourceType": "Bundle", "type": kind, "entry": entries})
        assert answer.status_code < 500, (acts, answer.content)
        met.add(answer.status_code)
    assert met >= ({422} if path else {200, 422})
