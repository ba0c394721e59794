"""Every address against every role: default deny, and only the roles declared get in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from allant.accounts.access import Access, declared_access
from allant.accounts.roles import Role
from tests.accounts.sessions import account_with, enter

# A value for each converter: the pages may well answer 404, once the visitor is let in.
VALUES = {
    "resource_id": "1", "version": 1, "rest": "nulle/part", "person_id": 1, "declaration_id": 1, "dose_id": 1,
    "slug": "aucune", "plan": 1, "draft": 1, "invitation": 1, "provider_id": "agency", "lot": 1, "alert": 1, "dose": 1, "pair": 1,
    "allotment": 1, "order": 1, "name": "aucun.csv", "mark": "AAAA", "file": 1, "session": "7d5b1a4e-1f1c-4a57-9d0e-3c5f1f0f9a11",
    "mailing": 1, "document": 1, "partner": 1, "visit": 1, "departement": "01", "slot": 1, "token": "1~faux",
    "hold": 1, "campaign": 1, "representation": 1, "message": 1, "channel": "sms", "job": 1,
    "taxi": 1, "call": 1, "answer": 1, "language": "fr", "place": 1, "schedule": 1, "appointment": 1,
}


def patterns(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every leaf of the urlconf with its whole route."""
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from patterns(entry, route)
        else:
            yield route, entry


ALL = list(patterns(get_resolver()))
RESERVED = [(route, pattern) for route, pattern in ALL if (declared_access(pattern.callback) or Access()).roles]
PROGRAMS = [(route, pattern) for route, pattern in ALL if (declared_access(pattern.callback) or Access()).gate]


def address(route: str) -> str:
    """A route with its parameters filled."""
    for name, value in VALUES.items():
        for converter in ("slug", "int", "str", "uuid", "path", "anything"):
            route = route.replace(f"<{converter}:{name}>", str(value))
    assert "<" not in route, f"Ajoutez à VALUES une valeur pour {route}"
    return f"/{route}"


@pytest.mark.parametrize(("route", "pattern"), ALL, ids=[route for route, _ in ALL])
def test_every_view_declares_who_may_open_it(route: str, pattern: URLPattern) -> None:
    assert declared_access(pattern.callback) is not None, route


@pytest.mark.django_db
@pytest.mark.parametrize("route", [route for route, _ in RESERVED])
def test_an_anonymous_visitor_is_sent_to_sign_in(client: Client, route: str) -> None:
    answer = client.get(address(route))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/connexion/?next=")


@pytest.mark.django_db
@pytest.mark.parametrize("role", Role)
def test_each_role_opens_its_pages_and_no_other(client: Client, role: Role) -> None:
    enter(client, account_with(role))
    for route, pattern in RESERVED:
        access = declared_access(pattern.callback)
        assert access
        answer = client.get(address(route))
        assert (answer.status_code == 403) is (role not in access.roles), (route, role, answer.status_code)
        assert answer.status_code < 500


@pytest.mark.django_db
@pytest.mark.parametrize("route", [route for route, _ in PROGRAMS])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_an_address_for_programs_asks_for_a_token_and_takes_no_session(client: Client, route: str, method: str) -> None:
    """VC-61: nobody gets in without a token, not even somebody signed in with every role."""
    enter(client, account_with(*Role))
    answer = client.generic(method, address(route))
    assert answer.status_code == 401 and answer.json()["resourceType"] == "OperationOutcome"


@pytest.mark.django_db
@pytest.mark.parametrize("route", [route for route, _ in ALL if route not in dict(RESERVED + PROGRAMS)])
def test_public_pages_answer_everybody(client: Client, route: str) -> None:
    said = {503} if route == "sante/envois/" else set()  # no worker gives a sign of life here, and it says so
    assert client.get(address(route)).status_code in {200, 404, 405, 403, 401} | said
