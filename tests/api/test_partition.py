"""PF-02: programs' addresses read no cookie; people's pages lose nothing."""

from __future__ import annotations

import pytest
from django.test import Client, RequestFactory

from allant.accounts.models import AccessLogEntry
from allant.accounts.roles import Role
from allant.people.models import Person
from allant.site.partition import for_programs
from tests.accounts.sessions import account_with, enter
from tests.api.conftest import Api, act

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("path", "programs"),
    [("/fhir", True), ("/fhir/", True), ("/fhir/Patient/1", True), ("/fhirx/", False), ("/", False), ("/x/fhir", False)],
)
def test_which_addresses_are_for_programs(path: str, programs: bool) -> None:
    """The prefix and nothing that only begins like it."""
    assert for_programs(RequestFactory().get(path)) is programs


def test_a_session_opens_nothing_to_a_program(client: Client, api: Api, patient: Person) -> None:
    """Signed in as an administrator in the same browser: no token, no entry; with one, the entry of the log is the program's."""
    enter(client, account_with(Role.ADMINISTRATOR))
    answer = client.post("/fhir/Immunization", "{}", content_type="application/fhir+json")
    assert answer.status_code == 401
    assert "sessionid" not in answer.cookies and "Cookie" not in answer.get("Vary", "")
    assert api("POST", "/Immunization", act(patient)).status_code == 201
    assert list(AccessLogEntry.objects.about(patient.pk).values_list("actor", flat=True)) == ["fhir:logiciel"]
    assert client.get("/").context["account"] is not None, "the session of the pages is still there"


def test_an_unreadable_host_at_a_programs_address_is_a_refusal(client: Client) -> None:
    """No session is needed to say so."""
    assert client.get("/fhir/metadata", headers={"Host": "ailleurs.example"}).status_code == 400
