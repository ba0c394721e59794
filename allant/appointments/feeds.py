"""The state of each booking partner, as its last exchanges left it (AP-06): read by a page, written by the connector."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Count, Q, QuerySet

from allant import clock
from allant.appointments.models import Appointment, PartnerFeed, PartnerState, Place

UNSETTLED = (PartnerState.ASKED, PartnerState.UNKNOWN, PartnerState.TO_CANCEL)
FRESH = timedelta(seconds=10)
"An answer is written again only when the last one written is older: a busy day does not rewrite the row at each search."

_ANSWERED = """
    INSERT INTO appointments_partnerfeed AS feed (code, answered_at) VALUES (%(code)s, %(at)s)
    ON CONFLICT (code) DO UPDATE SET answered_at = greatest(feed.answered_at, %(at)s), failures = 0
    WHERE feed.failures > 0 OR feed.answered_at IS NULL OR feed.answered_at < %(stale)s"""
_FAILED = """
    INSERT INTO appointments_partnerfeed AS feed (code, failed_at, failure, failures) VALUES (%(code)s, %(at)s, %(why)s, 1)
    ON CONFLICT (code) DO UPDATE
    SET failed_at = greatest(feed.failed_at, %(at)s), failure = %(why)s, failures = feed.failures + 1"""
_SETTLED = """
    INSERT INTO appointments_partnerfeed AS feed (code, settled_at) VALUES (%(code)s, %(at)s)
    ON CONFLICT (code) DO UPDATE SET settled_at = %(at)s"""


def answered(code: str) -> None:
    """The partner answered, whatever it said."""
    at = clock.now()
    _write(_ANSWERED, {"code": code, "at": at, "stale": at - FRESH})


def failed(code: str, why: str) -> None:
    """The partner did not answer, or what it answered cannot be read; `why` in French."""
    _write(_FAILED, {"code": code, "at": clock.now(), "why": why[:200]})


def settled(codes: set[str], at: datetime) -> None:
    """What these partners left without answer was looked at."""
    for code in sorted(codes):
        _write(_SETTLED, {"code": code, "at": at})


def _write(statement: str, values: Mapping[str, object]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@dataclass(frozen=True)
class State:
    """One partner; `state`: `answers`, `silent` (its last exchange failed), `never` (not asked yet) or `unnamed` (no address)."""

    code: str
    state: str
    feed: PartnerFeed | None
    places: int
    booked: int
    unsettled: int


def states() -> list[State]:
    """Every partner that the installation names or that a place belongs to."""
    named = getattr(settings, "ALLANT_BOOKING_PARTNERS", {})
    places = dict(Place.objects.exclude(partner="").values_list("partner").annotate(Count("pk")))
    feeds = {each.code: each for each in PartnerFeed.objects.all()}
    rows = Appointment.objects.exclude(partner_state="").values_list("slot__place__partner").annotate(
        booked=Count("pk", filter=Q(partner_state=PartnerState.BOOKED, ended_at=None)),
        unsettled=Count("pk", filter=Q(partner_state__in=UNSETTLED)),
    )
    seats = {code: (booked, unsettled) for code, booked, unsettled in rows}
    return [
        State(code, _state(code in named, feeds.get(code)), feeds.get(code), places.get(code, 0), *seats.get(code, (0, 0)))
        for code in sorted({*named, *places, *feeds})
    ]


def _state(named: bool, feed: PartnerFeed | None) -> str:
    if not named:
        return "unnamed"
    if feed is None or (feed.answered_at is None and feed.failed_at is None):
        return "never"
    return "silent" if feed.failures else "answers"


def unsettled() -> QuerySet[Appointment]:
    """What is not known to be taken or cancelled at a partner's, the oldest first."""
    found = Appointment.objects.filter(partner_state__in=UNSETTLED)
    return found.select_related("slot__place__location").order_by("booked_at", "id")
