"""`allant fhir-client`: a piece of software is registered, its secret shown once."""

from __future__ import annotations

import pytest
from django.test import Client
from typer.testing import CliRunner

from allant.api.commands import app
from allant.api.models import FhirClient
from allant.directory.models import Organisation
from tests.api.conftest import FORM

pytestmark = pytest.mark.django_db


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(words))
    return result.exit_code, result.output + (result.stderr or "")


def token(client: Client, secret: str) -> int:
    form = f"grant_type=client_credentials&client_id=essai-1&client_secret={secret}"
    return client.post("/fhir/oauth2/token", form, content_type=FORM).status_code


def test_the_life_of_a_client(client: Client, organisation: Organisation) -> None:
    code, text = run("create", "essai-1", "--organisation", "350000001", "--scope", "system/Patient.rs")
    assert code == 0 and "il ne sera plus affiché" in text
    secret = text.partition("client_secret : ")[2].split()[0]
    assert token(client, secret) == 200
    assert FhirClient.objects.get().scopes == ["system/Patient.rs"]
    code, text = run("renew", "essai-1")
    renewed = text.partition("client_secret : ")[2].split()[0]
    assert (token(client, secret), token(client, renewed)) == (401, 200)
    assert run("list") == (0, "essai-1 ; 350000001 ; actif ; 3000/min ; system/Patient.rs\n")
    assert run("close", "essai-1")[0] == 0
    assert token(client, renewed) == 401
    assert "fermé" in run("list")[1]


@pytest.mark.parametrize(
    "words",
    [
        ("create", "essai", "--organisation", "inconnu"),
        ("create", "é t", "--organisation", "350000001"),
        ("create", "essai", "--organisation", "350000001", "--scope", "tout"),
        ("renew", "personne"),
        ("close", "personne"),
    ],
)
def test_what_is_refused_is_said(organisation: Organisation, words: tuple[str, ...]) -> None:
    code, text = run(*words)
    assert code == 1 and text.strip()


def test_a_name_serves_once(organisation: Organisation) -> None:
    run("create", "essai", "--organisation", "350000001")
    assert run("create", "essai", "--organisation", "350000001")[0] == 1
