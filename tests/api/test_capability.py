"""VC-61: the service tells what it can do, and tells the truth."""

from __future__ import annotations

import pytest
from django.test import Client
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.capabilitystatement import CapabilityStatement
from fhir.resources.R4B.immunization import Immunization
from fhir.resources.R4B.operationoutcome import OperationOutcome
from fhir.resources.R4B.patient import Patient

from allant.api.fhir import ids, systems
from allant.api.fhir.routes import INTERACTIONS
from allant.api.oauth import SCOPES
from allant.people.models import Person
from tests.api.conftest import NIR, Api, act
from tests.api.test_bundles import bundle

pytestmark = pytest.mark.django_db


def test_the_statement_is_valid_and_open_to_everybody(client: Client) -> None:
    statement = client.get("/fhir/metadata").json()
    CapabilityStatement.model_validate(statement)
    rest = statement["rest"][0]
    told = {(one["type"], done["code"]) for one in rest["resource"] for done in one["interaction"]}
    assert told == {(one.resource, one.code) for one in INTERACTIONS if one.resource}
    assert {done["code"] for done in rest["interaction"]} == {"transaction", "batch"}


def test_every_interaction_told_exists(api: Api, patient: Person) -> None:
    """Each answers something else than 404 of an unknown address or 405."""
    import re

    for one in INTERACTIONS:
        path = re.sub(r"<int:\w+>", "1", one.route).replace("<str:resource_id>", ids.public_id("Patient", patient.pk))
        answer = api(one.method, path)
        assert answer.status_code != 405, one
        assert "Adresse inconnue" not in answer.content.decode(), one


def test_every_scope_asked_for_can_be_given() -> None:
    assert {one.scope for one in INTERACTIONS if one.scope} == set(SCOPES)


def test_what_is_answered_is_fhir(api: Api, patient: Person) -> None:
    """The models library accepts every kind of answer."""
    resource = api("POST", "/Immunization", act(patient)).json()
    Immunization.model_validate(resource)
    Patient.model_validate(api("GET", f"/{resource['patient']['reference']}").json())
    Bundle.model_validate(api("GET", f"/Immunization/{resource['id']}/_history").json())
    Bundle.model_validate(api.search("/Patient/_search", identifier=f"{systems.NSS_NIR}|{NIR}").json())
    Bundle.model_validate(api("POST", "", bundle(act(patient), act(patient, status="x"))).json())
    OperationOutcome.model_validate(api("GET", "/Immunization/1").json())


def test_where_to_ask_for_a_token(client: Client) -> None:
    found = client.get("/fhir/.well-known/smart-configuration").json()
    assert found["token_endpoint"].endswith("/fhir/oauth2/token") and found["grant_types_supported"] == ["client_credentials"]


def test_the_description_for_openapi_has_every_address(client: Client) -> None:
    described = client.get("/fhir/openapi.json").json()
    assert sum(len(methods) for methods in described["paths"].values()) == len(INTERACTIONS)
