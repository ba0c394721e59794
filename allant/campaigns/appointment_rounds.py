"""The rounds of appointments, with the terms of the day: run by a command or by a periodic job."""

from __future__ import annotations

from allant import clock
from allant.appointments import partners
from allant.appointments.ending import end_lapsed
from allant.appointments.places import make_ahead
from allant.appointments.terms import Terms, terms
from allant.appointments.waiting import offer_freed
from allant.campaigns.appointment_messages import queue_offers, queue_reminders
from allant.doctrine import rules


def slots() -> int:
    """Slots of the weeks to come; how many are new."""
    today = clock.today()
    return make_ahead(today, rules.as_known_on(today))


def holds() -> int:
    """Seats held beyond their time, given back; how many."""
    return end_lapsed(at=clock.now())


def settle() -> dict[str, int]:
    """Bookings without answer from a partner; how many of each state they came to."""
    return partners.settle(at=clock.now())


def waiting() -> tuple[int, int]:
    """Freed seats held for who waits, and told; how many offered, how many told."""
    at, allowed = clock.now(), _terms()
    offered = offer_freed(at=at, held_for=allowed.waiting_hold, notice=allowed.waiting_notice)
    return len(offered), queue_offers(offered, at=at)


def remind() -> int:
    """Reminders of the appointments that come; how many are new."""
    return queue_reminders(at=clock.now(), before=_terms().reminder)


def _terms() -> Terms:
    today = clock.today()
    return terms(rules.as_known_on(today), today)
