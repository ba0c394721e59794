"""The access log: append-only, set-based, without names or numbers."""

from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from django.test import Client, RequestFactory
from django.utils.functional import SimpleLazyObject

from allant.accounts.actors import Actor
from allant.accounts.log import log_access
from allant.accounts.models import AccessLogEntry, LoggedAction
from allant.accounts.roles import Role
from tests.accounts.sessions import account_with, enter

pytestmark = pytest.mark.django_db

REPLAY = Actor.system("replay")


def test_each_person_shown_gets_an_entry() -> None:
    written = log_access(by=REPLAY, action=LoggedAction.SEARCH, purpose="recherche", person_ids=[7, 8, 9])
    assert written == 3
    assert sorted(AccessLogEntry.objects.values_list("person_id", flat=True)) == [7, 8, 9]
    assert AccessLogEntry.objects.about(8).get().actor == "system:replay"


def test_a_search_that_shows_nobody_is_still_told() -> None:
    log_access(by=REPLAY, action=LoggedAction.SEARCH, purpose="recherche", person_ids=[])
    assert AccessLogEntry.objects.get().person_id is None


def test_a_bulk_action_is_one_entry_with_its_batch() -> None:
    batch = uuid4()
    assert log_access(by=REPLAY, action=LoggedAction.BULK, purpose="vague", subject_kind="invitation", batch_id=batch) == 1
    assert AccessLogEntry.objects.get().batch_id == batch


def test_many_persons_cost_few_statements(django_assert_max_num_queries) -> None:
    with django_assert_max_num_queries(3):
        log_access(by=REPLAY, action=LoggedAction.SEARCH, purpose="recherche", person_ids=range(1, 5001))


@pytest.mark.parametrize("attempt", ["update", "delete"])
def test_an_entry_can_neither_change_nor_disappear(attempt: str) -> None:
    log_access(by=REPLAY, action=LoggedAction.READ, purpose="lecture", person_ids=[1])
    with pytest.raises(DatabaseError, match="append_only"), transaction.atomic():
        if attempt == "update":
            AccessLogEntry.objects.update(purpose="autre")
        else:
            AccessLogEntry.objects.all().delete()
    assert AccessLogEntry.objects.get().purpose == "lecture"


def test_reserved_pages_are_logged_by_pattern_and_public_ones_are_not(client: Client) -> None:
    enter(client, account_with(Role.CAMPAIGN_MANAGER))
    client.get("/")
    client.get("/campagnes/inconnue/?page=2")
    entry = AccessLogEntry.objects.get()
    assert (entry.path, entry.action, entry.structure) == ("campagnes/<slug:slug>/", LoggedAction.READ, "CPAM-35")


def test_a_refusal_is_logged(client: Client) -> None:
    enter(client, account_with(Role.CALL_AGENT))
    assert client.get("/campagnes/").status_code == 403
    assert AccessLogEntry.objects.get().action == LoggedAction.REFUSED


def test_an_undeclared_view_is_refused_to_everybody(client: Client) -> None:
    from django.core.exceptions import PermissionDenied
    from django.http import HttpResponse

    from allant.accounts.middleware import AccessMiddleware

    request = RequestFactory().get("/oubliee/")
    request.user = SimpleLazyObject(lambda: account_with(*Role))
    with pytest.raises(PermissionDenied, match="ne déclare pas"):
        AccessMiddleware(lambda _: HttpResponse()).process_view(request, lambda _: HttpResponse(), (), {})
