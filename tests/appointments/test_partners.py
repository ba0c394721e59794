"""Bookings in a partner's calendar (AP-06): a partner in its own process, slow, failing, losing answers, answering twice."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests
from django.core.cache import caches
from django.db import connections

from allant.appointments import partner_offers
from allant.appointments.booking import AlreadyBooked, Booking, BookingRefused, NoSeat
from allant.appointments.connector import Connector, PartnerDown, PartnerSlot
from allant.appointments.feeds import states, unsettled
from allant.appointments.models import Appointment, PartnerState, Place, Slot
from allant.appointments.partners import GIVES_UP, PATIENCE, book_at_partner, cancel_at_partner, settle
from allant.outreach.actions import load_templates
from allant.outreach.models import Message
from allant.people.models import ContactPoint, Person
from tests.appointments.builders import AT, person, place
from tests.appointments.partner_process import Partner
from tests.simulators.processes import simulator

pytestmark = pytest.mark.django_db
SOON = timedelta(minutes=5)
UNTIL = AT + timedelta(days=30)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with simulator("booking_partner") as found:
        yield found


@pytest.fixture
def partner(address: str, settings: Any) -> Iterator[Partner]:
    """A partner with three free slots; whole again afterwards."""
    settings.ALLANT_BOOKING_PARTNERS = {"keldo": {"url": address}}
    found = Partner(address)
    found.whole()
    yield found
    found.whole()


@pytest.fixture
def centre() -> Place:
    return place(partner="keldo", partner_reference="Location/1")


def wanted(address: str) -> list[PartnerSlot]:
    return Connector("keldo", address).free_slots("Location/1", AT, UNTIL)


def asked_for(who: Person | None, key: str) -> Booking:
    return Booking(slot_id=0, key=key, origin="call", person=who or person())


def asking(centre: Place, partner: Partner, who: Person | None = None, *, key: str = "k0", at: datetime = AT) -> Appointment:
    return book_at_partner(centre, wanted(partner.address)[0], asked_for(who, key), by="agent:1", at=at)


def test_ap06_a_slot_of_a_partner_is_booked(partner: Partner, centre: Place) -> None:
    """AP-06: the same row as in our own calendar; the slot is no longer free there."""
    made = asking(centre, partner)
    assert (made.partner_state, made.confirmed_at) == ("booked", AT)
    assert partner.booked == [made.partner_reference.removeprefix("Appointment/")]
    assert [slot.reference for slot in wanted(partner.address)] == ["Slot/s1", "Slot/s2"]
    assert settle(at=AT + SOON) == {}


def test_ap06_an_answer_lost_after_booking_is_found_again(partner: Partner, centre: Place) -> None:
    """AP-06: the person is told that nothing is sure; then one booking, never two."""
    partner.told(lose=1)
    made = asking(centre, partner)
    assert (made.partner_state, made.confirmed_at) == ("unknown", None) and len(partner.booked) == 1
    assert settle(at=AT + SOON) == {"booked": 1}
    made.refresh_from_db()
    assert (made.partner_state, made.confirmed_at) == ("booked", AT + SOON) and len(partner.booked) == 1


def test_ap06_a_partner_too_slow_is_not_asked_twice(
    partner: Partner, centre: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AP-06: our time-out falls while it books."""
    slot = wanted(partner.address)[0]
    partner.told(delay=1.0)
    monkeypatch.setattr("allant.appointments.connector.TIMEOUT", (2.0, 0.3))
    made = book_at_partner(centre, slot, asked_for(None, "slow"), by="a", at=AT)
    assert made.partner_state == "unknown"
    monkeypatch.undo()
    partner.told(delay=0)
    while not partner.booked:  # it is still thinking
        pass
    assert settle(at=AT + SOON) == {"booked": 1} and len(partner.booked) == 1


def test_ap06_a_partner_that_answers_twice_keeps_one(partner: Partner, centre: Place) -> None:
    """AP-06: it forgets our key, the request is repeated after a lost answer: the extra booking is cancelled."""
    partner.told(lose=1, forget=True)
    made = asking(centre, partner)
    slot = wanted(partner.address)[0]
    Connector("keldo", partner.address).ask(made.key, slot.reference)
    assert len(partner.booked) == 2
    assert settle(at=AT + SOON) == {"booked": 1} and len(partner.booked) == 1


def test_ap06_a_partner_that_is_down_says_so_and_takes_nothing(
    partner: Partner, centre: Place, settings: Any
) -> None:
    """AP-06: « unknown », never « no slot »: the search itself raises; nobody holds anything."""
    slot = wanted(partner.address)[0]
    settings.ALLANT_BOOKING_PARTNERS = {"keldo": {"url": "http://127.0.0.1:9"}}
    who = person()
    with pytest.raises(PartnerDown, match="ne répond pas"):
        Connector("keldo", "http://127.0.0.1:9").free_slots("Location/1", AT, UNTIL)
    with pytest.raises(PartnerDown):
        book_at_partner(centre, slot, asked_for(who, "down"), by="a", at=AT)
    assert Appointment.objects.get().ended_as == "refused" and partner.booked == []
    partner.told(fail=1)
    with pytest.raises(PartnerDown, match="503"):
        Connector("keldo", partner.address).free_slots("Location/1", AT, UNTIL)


def test_ap06_a_failure_while_booking_is_settled(partner: Partner, centre: Place) -> None:
    """AP-06: a 503 may hide a booking: asked again with the same key once it answers."""
    slot = wanted(partner.address)[0]
    partner.told(fail=1)
    made = book_at_partner(centre, slot, asked_for(None, "k503"), by="a", at=AT)
    assert made.partner_state == "unknown" and partner.booked == []
    assert settle(at=AT + SOON) == {"booked": 1} and len(partner.booked) == 1


def test_ap06_a_process_killed_between_the_row_and_the_answer_is_settled(partner: Partner, centre: Place) -> None:
    """AP-06: what is still « asked » after a while; what was never asked is asked, or given up when it is too late."""
    made = asking(centre, partner)
    Appointment.objects.filter(pk=made.pk).update(partner_state=PartnerState.ASKED, confirmed_at=None, partner_reference="")
    assert settle(at=AT + PATIENCE / 2) == {}
    assert settle(at=AT + SOON) == {"booked": 1}
    late = asking(centre, partner, key="late")
    cancelled = partner.booked[-1]
    requests.patch(f"{partner.address}/Appointment/{cancelled}", json=[], timeout=5)
    Appointment.objects.filter(pk=late.pk).update(partner_state=PartnerState.UNKNOWN, confirmed_at=None)
    assert settle(at=AT + GIVES_UP) == {"refused": 1}
    late.refresh_from_db()
    assert late.ended_as == "refused" and len(partner.booked) == 1


def test_ap06_a_slot_taken_meanwhile_is_refused_and_frees_the_person(partner: Partner, centre: Place) -> None:
    """AP-06: the person may choose another at once."""
    slot, other, _ = wanted(partner.address)
    Connector("keldo", partner.address).ask("somebody else", slot.reference)
    who = person()
    with pytest.raises(NoSeat, match="choisissez-en un autre"):
        book_at_partner(centre, slot, asked_for(who, "k1"), by="a", at=AT)
    made = book_at_partner(centre, other, asked_for(who, "k2"), by="a", at=AT)
    assert made.partner_state == "booked"
    with pytest.raises(AlreadyBooked):
        book_at_partner(centre, wanted(partner.address)[0], asked_for(who, "k3"), by="a", at=AT)


def test_ap08_a_cancellation_reaches_the_partner_even_later(partner: Partner, centre: Place) -> None:
    """AP-08: over here at once; at the partner's when it answers again."""
    made = asking(centre, partner)
    partner.told(fail=1)
    cancel_at_partner(made, by="agent:1", at=AT)
    made.refresh_from_db()
    assert (made.ended_as, made.partner_state) == ("cancelled", "to_cancel") and len(partner.booked) == 1
    assert settle(at=AT + SOON) == {"cancelled": 1} and partner.booked == []
    assert settle(at=AT + SOON) == {}


@pytest.mark.django_db(transaction=True)
def test_ap06_ten_agents_after_one_slot_of_a_partner(partner: Partner, centre: Place) -> None:
    """AP-06, AP-04: half of the answers are lost; one person has it, and both calendars say the same one."""
    slot = wanted(partner.address)[0]
    people = [person() for _ in range(10)]
    partner.told(lose=5)

    def one(number: int) -> str:
        try:
            asked = asked_for(people[number], f"rush-{number}")
            return str(book_at_partner(centre, slot, asked, by="a", at=AT).partner_state)
        except BookingRefused as refusal:
            return type(refusal).__name__
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        got = list(pool.map(one, range(10)))
    assert got.count("NoSeat") == 9
    partner.told(lose=0)
    settle(at=AT + SOON)
    here = Appointment.objects.open().get()
    assert [here.partner_reference.removeprefix("Appointment/")] == partner.booked


def test_ap06_the_state_of_a_partner_is_that_of_its_last_exchanges(partner: Partner, centre: Place, settings: Any) -> None:
    """AP-06: what the page of the feed reads: never asked, answers, silent and since how many failures, without address."""
    assert [(each.code, each.state, each.places) for each in states()] == [("keldo", "never", 1)]
    made = asking(centre, partner)
    (now,) = states()
    assert (now.state, now.booked, now.unsettled) == ("answers", 1, 0) and now.feed is not None and now.feed.failures == 0
    partner.told(fail=2)
    for _ in range(2):
        with pytest.raises(PartnerDown):
            wanted(partner.address)
    (now,) = states()
    assert now.feed is not None and (now.state, now.feed.failures, now.feed.failure) == ("silent", 2, "réponse 503")
    Appointment.objects.filter(pk=made.pk).update(partner_state=PartnerState.UNKNOWN, confirmed_at=None)
    assert states()[0].unsettled == 1 and list(unsettled()) == [made]
    settle(at=AT + SOON)
    (now,) = states()
    assert now.feed is not None and (now.state, now.unsettled, now.feed.settled_at) == ("answers", 0, AT + SOON)
    settings.ALLANT_BOOKING_PARTNERS = {}
    assert states()[0].state == "unnamed"


def test_ap06_one_partner_without_address_does_not_stop_the_settling_of_the_others(
    partner: Partner, centre: Place, settings: Any
) -> None:
    """AP-06: taken out of the settings with a booking under way."""
    partner.told(lose=1)
    made = asking(centre, partner)
    lost = place(name="Gymnase", partner="disparu", partner_reference="Location/9")
    slot = Slot.objects.create(place=lost, starts_at=made.slot.starts_at, service="vaccination", vaccine="comirnaty", minutes=5)
    share = slot.shares.create(audience="partner_calendar", capacity=1, remaining=0)
    Appointment.objects.create(
        key="orphan", slot=slot, share=share, person=person(), service="vaccination", rank=1, origin="call", booked_at=AT,
        booked_by="t", held_until=AT + GIVES_UP, partner_state="unknown",
    )  # fmt: skip
    assert settle(at=AT + SOON) == {"booked": 1, "unknown": 1}


def test_ap06_a_booking_settled_later_tells_the_person(partner: Partner, centre: Place) -> None:
    """AP-06, AV-24: « pas encore sûr » during the call, then the truth by SMS, taken or not."""
    load_templates(by="test")
    partner.told(lose=1)
    who = person()
    ContactPoint.objects.create(person=who, kind="mobile", value="0639981234")
    made = asking(centre, partner, who)
    assert not Message.objects.exists()
    settle(at=AT + SOON)
    assert Message.objects.get().template == "appointment-booked"
    other = asking(centre, partner, key="late")
    ContactPoint.objects.create(person=other.person, kind="mobile", value="0639981235")
    partner.whole()
    Appointment.objects.filter(pk=other.pk).update(partner_state=PartnerState.UNKNOWN, confirmed_at=None)
    settle(at=AT + GIVES_UP)
    assert Message.objects.get(cause_id=other.pk, cause_kind="appointment_ended").template == "appointment-refused"
    assert made.pk != other.pk


def test_ap06_a_silent_partner_is_unknown_and_asked_once_a_search(
    partner: Partner, centre: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AP-06: slow or failing: `slots` is None, never an empty list; what it answered serves the next visitors."""
    place(name="Gymnase", partner="keldo", partner_reference="Location/2")
    position = (centre.latitude, centre.longitude)

    def asked() -> list[int | None]:
        found = partner_offers.near(position, AT, UNTIL, AT.date(), most=4, hours=4)
        return [None if each.slots is None else len(each.slots) for each in found]

    caches["partners"].clear()
    assert asked() == [3, 0]
    partner.told(fail=9)
    assert asked() == [3, 0], "kept for a minute"
    caches["partners"].clear()
    assert asked() == [None, None]
    partner.told(fail=0, delay=1.0)
    monkeypatch.setattr("allant.appointments.connector.TIMEOUT", (2.0, 0.2))
    caches["partners"].clear()
    assert asked() == [None, None]
    caches["partners"].clear()
