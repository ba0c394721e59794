"""Wrong numbers given as a second proof, counted for each account in the access log: it survives restarts and workers."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection
from django.http import HttpRequest

from allant import clock
from allant.accounts.models import AccessLogEntry
from allant.doctrine import rules

WRONG_PROOF = "rattachement refusé : seconde preuve fausse"
LOCKS = 4_916  # the class of the advisory locks taken here


def wait_until(request: HttpRequest) -> datetime | None:
    """When this account may try a number again, or None when it may now; in Paris time.

    Inside a transaction: tries of one account wait for each other until it ends, so that many at once count as many.
    """
    rule = rules.as_known_on(clock.today()).value("insured.identity_proof", clock.today())
    window = timedelta(minutes=rule["window_minutes"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s::int), clock_timestamp()", [LOCKS, request.user.pk % 2**31])
        now: datetime = cursor.fetchone()[1]  # the database's clock, that of the log
    wrong = AccessLogEntry.objects.done_by(request.user).filter(at__gt=now - window, purpose=WRONG_PROOF)
    allowed = int(rule["allowed"])
    turn = list(wrong.order_by("-at", "-id").values_list("at", flat=True)[allowed - 1 : allowed])
    return (turn[0] + window).astimezone(clock.PARIS) if turn else None
