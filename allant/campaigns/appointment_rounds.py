"""The rounds of appointments, with the terms of the day: run by a command or by a periodic job."""

from __future__ import annotations

from allant import clock
from allant.appointments import partners
from allant.appointments.ending import end_lapsed
from allant.appointments.forgetting import forget as forget_guests
from allant.appointments.places import make_ahead
from allant.appointments.terms import Terms, terms
from allant.appointments.waiting import offer_freed
from allant.campaigns.appointment_messages import queue_offers, queue_reminders
from allant.campaigns.proposals import home_visits, slot_letters
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


def letters() -> dict[str, slot_letters.Round]:
    """Slots held for those invited by letter, and their letters written; campaign → what was done."""
    at, today = clock.now(), clock.today()
    book = rules.as_known_on(today)
    return {each.slug: slot_letters.reserve(each, at=at, book_of_rules=book) for each in slot_letters.running(today)}


def visits() -> int:
    """Requests of a visit at home that a dose has answered, closed; how many."""
    return home_visits.close_vaccinated(at=clock.now())


def forget() -> int:
    """What guests and relatives left for appointments long past, erased; how many appointments."""
    return forget_guests(at=clock.now(), kept=_terms().guest_kept)


def _terms() -> Terms:
    today = clock.today()
    return terms(rules.as_known_on(today), today)
