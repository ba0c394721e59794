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
from allant.accounts.models import AccessLogEntry
from allant.doctrine import RuleBook, rules

WRONG_GUESS = "téléservice : recherche sans résultat"
LOCKS = 4_915  # the class of the advisory locks taken here


@dataclass(frozen=True)
class Wait:
    """When the next search is allowed, and in how many seconds."""

    until: datetime
    seconds: int


def wait_due(request: HttpRequest) -> Wait | None:
    """How long this account waits before it may search again, or None when it may now.

    Inside a transaction: searches of one account wait for each other until it ends, so that many at once count as many.
    """
    rule = _rule(rules.as_known_on(clock.today()))
    window = timedelta(minutes=rule["window_minutes"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s::int), clock_timestamp()", [LOCKS, request.user.pk % 2**31])
        now: datetime = cursor.fetchone()[1]  # the database's clock, that of the log
    wrong = AccessLogEntry.objects.done_by(request.user).filter(at__gt=now - window, purpose=WRONG_GUESS)
    turn = list(wrong.order_by("-at", "-id").values_list("at", flat=True)[rule["allowed"] - 1 : rule["allowed"]])
    return Wait(turn[0] + window, ceil((turn[0] + window - now).total_seconds())) if turn else None


def _rule(book: RuleBook) -> dict[str, int]:
    value: dict[str, int] = book.value("teleservice.guesses", clock.today())
    return value
