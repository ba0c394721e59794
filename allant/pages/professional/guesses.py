"""Wrong guesses of codes and numbers, counted for each professional in the access log (VC-15).

The log survives restarts and is shared by every worker; nothing typed is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from django.db import connection
from django.http import HttpRequest

from allant import clock
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.doctrine import rules

WRONG_GUESS = "téléservice : recherche sans résultat"
# The wrong guess whose end of life frees a place, when none is free; by the database's clock, that of the log.
_TURN = """SELECT at, statement_timestamp() FROM accounts_accesslogentry
    WHERE actor_id = %s AND purpose = %s AND at > statement_timestamp() - %s
    ORDER BY at DESC, id DESC OFFSET %s LIMIT 1"""
LOCKS = 4_915  # the class of the advisory locks taken here


@dataclass(frozen=True)
class Wait:
    """When the next search is allowed, and in how many seconds."""

    until: datetime
    seconds: int


def wait_due(request: HttpRequest, *, purpose: str = WRONG_GUESS, key: str = "teleservice.guesses") -> Wait | None:
    """How long this account waits before searching again, or None: counted are the guesses `purpose`, by the rule `key`."""
    rule = rules.as_known_on(clock.today()).value(key, clock.today())
    allowed, window = rule["allowed"], timedelta(minutes=rule["window_minutes"])
    with connection.cursor() as cursor:
        cursor.execute(_TURN, [request.user.pk, purpose, window, allowed - 1])
        turn = cursor.fetchone()
    return Wait(turn[0] + window, ceil((turn[0] + window - turn[1]).total_seconds())) if turn else None


def one_at_a_time(request: HttpRequest) -> None:
    """Until the transaction ends, the other searches of this account wait: sent all at once, they count as one after another."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s::int)", [LOCKS, request.user.pk % 2**31])


def count_guess(request: HttpRequest, *, purpose: str = WRONG_GUESS) -> None:
    """Write a wrong guess in the access log."""
    log_request(request, LoggedAction.SEARCH, purpose)
