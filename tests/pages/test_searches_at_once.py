"""VC-15 under real concurrency: searches sent all at once count as if sent one after another."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date

import pytest
from django.db import connection, transaction
from django.test import Client
from pytest_django import Settings

from allant.accounts.models import AccessLogEntry
from allant.pages.professional.guesses import LOCKS, WRONG_GUESS
from allant.people.models import Matricule
from tests.pages.teleservice import find, signed_in
from tests.people.builders import person

pytestmark = pytest.mark.django_db(transaction=True)

KNOWN, UNKNOWN = "2400335238001", "2400535999001"
_WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND NOT granted"


def test_vc15_a_search_waits_for_the_guess_before_it(client: Client, settings: Settings) -> None:
    """VC-15: nine wrong guesses, then a tenth and a right number at the same moment: the tenth counts first."""
    settings.ALLANT_TODAY = date(2021, 2, 21)
    Matricule.objects.create(person=person(), value=KNOWN, kind="NIR", starts_on=date(2000, 1, 1))
    user = signed_in(client)
    guess = {"actor_id": user.pk, "actor": user.username, "action": "search", "purpose": WRONG_GUESS, "subject_kind": "person"}
    AccessLogEntry.objects.bulk_create(AccessLogEntry(**guess) for _ in range(9))
    with ThreadPoolExecutor(2) as pool, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s::int)", [LOCKS, user.pk])
        wrong = pool.submit(_search(client, UNKNOWN))
        _until(lambda: _waiting() == 1, wrong)
        right = pool.submit(_search(client, KNOWN))
        _until(lambda: _waiting() == 2, right)
    assert (wrong.result(), right.result()) == (404, 429)
    assert AccessLogEntry.objects.filter(purpose=WRONG_GUESS).count() == 10


def test_vc15_another_account_does_not_wait(client: Client, settings: Settings) -> None:
    """VC-15, PF-12: while the searches of one account wait for one another, those of another go on."""
    settings.ALLANT_TODAY = date(2021, 2, 21)
    Matricule.objects.create(person=person(), value=KNOWN, kind="NIR", starts_on=date(2000, 1, 1))
    user, other = signed_in(client), Client()
    signed_in(other, username="pro-sante-connect:autre", rpps="99900000222", structures=("R900009",))
    with ThreadPoolExecutor(2) as pool, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s::int)", [LOCKS, user.pk])
        held = pool.submit(_search(client, KNOWN))
        _until(lambda: _waiting() == 1, held)
        assert pool.submit(_search(other, KNOWN)).result(timeout=60) == 302
        assert not held.done()
    assert held.result() == 302


def _search(client: Client, typed: str) -> Callable[[], int]:
    """The status answered to a search from another thread, hence another connection."""

    def send() -> int:
        visitor = Client()
        visitor.cookies = client.cookies
        try:
            return int(find(visitor, typed).status_code)  # type: ignore[attr-defined]
        finally:
            connection.close()

    return send


def _waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [LOCKS])
        return int(cursor.fetchone()[0])


def _until(reached: Callable[[], bool], work: Future[int]) -> None:
    """Wait for a state, or for the end of a work that should not have ended before it."""
    for _ in range(1_000):
        if reached() or work.done():
            return
        time.sleep(0.01)
    raise AssertionError("the search neither waited nor ended")
