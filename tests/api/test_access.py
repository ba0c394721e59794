"""VC-61: who may speak: tokens, scopes, rates; and an OperationOutcome for every refusal."""

from __future__ import annotations

import base64

import pytest
from django.test import Client
from oauth2_provider.models import AccessToken, Application

from allant.accounts.models import AccessLogEntry
from allant.api import clients
from allant.api.fhir.outcomes import CONTENT_TYPE
from allant.api.models import FhirClient
from allant.directory.models import Organisation
from allant.people.models import Person
from tests.api.conftest import FORM, Api, act, api_of, said

pytestmark = pytest.mark.django_db


def test_secrets_and_tokens_are_kept_hashed(api: Api) -> None:
    """Whoever reads the database gains nothing."""
    token = AccessToken.objects.get()
    assert api.token not in (token.token, token.token_checksum) and len(token.token_checksum) == 64
    assert "$" in Application.objects.get().client_secret
    assert (token.expires - token.created).total_seconds() == pytest.approx(600, abs=5)


def test_a_token_by_basic_authentication(client: Client, organisation: Organisation) -> None:
    """RFC 6749, the preferred way; the scopes asked for, and no more."""
    _, secret = clients.create_client(name="autre", organisation=organisation, by="test")
    basic = base64.b64encode(f"autre:{secret}".encode()).decode()
    form = "grant_type=client_credentials&scope=system/Patient.rs"
    answer = client.post("/fhir/oauth2/token", form, content_type=FORM, headers={"Authorization": f"Basic {basic}"})
    assert answer.status_code == 200 and answer["Cache-Control"] == "no-store"
    assert answer.json()["scope"] == "system/Patient.rs" and answer.json()["token_type"] == "Bearer"


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ("grant_type=client_credentials&client_id=logiciel&client_secret=faux", 401, "invalid_client"),
        ("grant_type=client_credentials&client_id=personne&client_secret=x", 401, "invalid_client"),
        ("grant_type=client_credentials", 401, "invalid_client"),
        ("grant_type=password&username=a&password=b", 400, "unsupported_grant_type"),
        ("grant_type=authorization_code&code=x", 400, "unsupported_grant_type"),
        ("grant_type=client_credentials&client_id=%00", 400, "invalid_request"),
    ],
)
def test_no_token_otherwise(api: Api, form: str, status: int, error: str) -> None:
    """In French, with the error of RFC 6749."""
    answer = api.web.post("/fhir/oauth2/token", form, content_type=FORM)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["error_description"]


def test_a_scope_the_client_does_not_hold(client: Client, organisation: Organisation) -> None:
    _, secret = clients.create_client(name="lecteur", organisation=organisation, scopes=["system/Patient.rs"], by="test")
    form = f"grant_type=client_credentials&client_id=lecteur&client_secret={secret}&scope=system/Immunization.c"
    answer = client.post("/fhir/oauth2/token", form, content_type=FORM)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


def test_guessing_secrets_is_slow(api: Api) -> None:
    """VC-15."""
    answers = [
        api.web.post("/fhir/oauth2/token", "client_id=x&client_secret=y", content_type=FORM).status_code for _ in range(35)
    ]
    assert answers[0] in (400, 401) and answers[-1] == 429


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer faux", "Basic x", "Bearer " + "x" * 5_000, "Bearer \u00e9"])
def test_without_a_token_everything_is_closed(client: Client, db: None, authorization: str) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    for method, path in (("GET", "/Patient/1"), ("POST", "/Immunization"), ("POST", ""), ("DELETE", "/Immunization/1")):
        answer = client.generic(method, f"/fhir{path}", "{}", content_type="application/fhir+json", headers=headers)
        assert answer.status_code == 401 and answer["WWW-Authenticate"].startswith("Bearer")
        assert said(answer)[0][0] == "login"


def test_a_session_of_a_browser_opens_nothing(client: Client, db: None) -> None:
    """A token in a header is what counts: no foreign page can send it."""
    from allant.accounts.roles import Role
    from tests.accounts.sessions import account_with, enter

    enter(client, account_with(*Role))
    assert client.get("/fhir/Patient/1").status_code == 401


def test_a_missing_scope_is_refused_and_logged(
    client: Client, organisation: Organisation, patient: Person, today: object
) -> None:
    reader = api_of(client, organisation, "lecteur", scopes=["system/Patient.rs"])
    answer = reader("POST", "/Immunization", act(patient))
    assert answer.status_code == 403 and "system/Immunization.c" in said(answer)[0][1]
    assert AccessLogEntry.objects.filter(action="refused", actor="fhir:lecteur", path="fhir/Immunization").count() == 1


def test_a_closed_client_is_refused(api: Api) -> None:
    """Its tokens end with it; a renewed secret ends them too."""
    row = FhirClient.objects.select_related("application").get()
    assert api("GET", "/Organization/1").status_code == 404
    clients.close_client(client=row, by="test")
    clients.forget_clients()
    assert api("GET", "/Organization/1").status_code == 401


def test_an_expired_token_is_refused(api: Api) -> None:
    AccessToken.objects.update(expires="2020-01-01T00:00:00Z")
    clients.forget_clients()
    assert api("GET", "/Organization/1").status_code == 401


def test_a_client_has_a_rate(client: Client, organisation: Organisation, today: object) -> None:
    hasty = api_of(client, organisation, "presse", requests_per_minute=3)
    statuses = [hasty("GET", "/Organization/0") for _ in range(5)]
    assert [one.status_code for one in statuses] == [404, 404, 404, 429, 429]
    assert int(statuses[-1]["Retry-After"]) > 0 and said(statuses[-1])[0][0] == "throttled"


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "kind", "status"),
    [
        ("GET", "/Patient/x", None, {"Accept": "application/fhir+xml"}, "", 406),
        ("GET", "/Patient/x?_format=xml", None, {}, "", 406),
        ("POST", "/Immunization", "{}", {}, "text/plain", 415),
        ("POST", "/Immunization", "{}", {}, "application/fhir+json; charset=latin-1", 415),
        ("POST", "/Patient/_search", "{}", {}, "application/json", 415),
        ("POST", "/Immunization", "", {}, "application/fhir+json", 400),
        ("POST", "/Immunization", "[1]", {}, "application/fhir+json", 400),
        ("POST", "/Immunization", b"\xff\xfe", {}, "application/fhir+json", 400),
        ("POST", "/Immunization", '{"resourceType": "Immunization", "status": "\\u0000"}', {}, "application/fhir+json", 400),
        ("POST", "/Immunization", '{"resourceType": "Immunization", "status": "\\ud800"}', {}, "application/fhir+json", 400),
        ("POST", "/Immunization", '{"resourceType": "Patient"}', {}, "application/fhir+json", 400),
        ("POST", "/Immunization", "[" * 100_000, {}, "application/fhir+json", 400),
        ("POST", "/Immunization", '{"a": "' + "x" * 3_000_000 + '"}', {}, "application/fhir+json", 413),
        ("PATCH", "/Immunization/1", "{}", {}, "application/fhir+json", 405),
        ("DELETE", "/Immunization/1", None, {}, "", 405),
        ("PUT", "/Patient/1", "{}", {}, "application/fhir+json", 405),
        ("POST", "/Patient", "{}", {}, "application/fhir+json", 405),
        ("GET", "/Observation/1", None, {}, "", 404),
        ("GET", "/Immunization/1", None, {}, "", 404),
    ],
)
def test_every_refusal_is_an_outcome(
    api: Api, method: str, path: str, body: str | bytes | None, headers: dict[str, str], kind: str, status: int
) -> None:
    """VC-61: in French, whatever is wrong."""
    given = {"Authorization": f"Bearer {api.token}"} | headers
    answer = api.web.generic(method, f"/fhir{path}", body or "", content_type=kind or "text/plain", headers=given)
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == CONTENT_TYPE and said(answer)[0][1]


def test_a_failure_is_an_outcome_too(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is told of the failure but that the sending can be repeated."""
    from allant.api.fhir import immunizations

    monkeypatch.setattr(immunizations, "read_immunization", lambda body: 1 / 0)
    answer = api("POST", "/Immunization", {"resourceType": "Immunization"})
    assert answer.status_code == 500 and said(answer)[0][0] == "exception" and b"Zero" not in answer.content


def test_an_address_with_a_line_break_is_refused_as_the_others(client: Client) -> None:
    """VC-61: a page would be no answer to a program."""
    answer = client.get("/fhir/Immunization/a%0Ab/_history/-1")
    assert answer.status_code == 404 and answer.json()["resourceType"] == "OperationOutcome"
