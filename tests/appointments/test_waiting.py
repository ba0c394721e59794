"""A freed seat goes to who asked first and can come (AP-08)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connections

from allant.appointments.booking import Booking, BookingRefused, book, confirm
from allant.appointments.ending import end, end_lapsed
from allant.appointments.models import Appointment, End, Slot, Waiting
from allant.appointments.waiting import Asked, offer_freed, wait_for
from allant.geography import position_of
from allant.people.models import Person
from tests.appointments.builders import AT, SAINT_MALO, booking, person, place, slots

HOUR = timedelta(hours=1)
FROM = AT + timedelta(minutes=1)


def asked(**values: object) -> Asked:
    latitude, longitude = position_of("35238")
    usual = {"service": "vaccination", "latitude": latitude, "longitude": longitude, "within_km": 30, "not_before": AT.date()}
    return Asked(**{**usual, **values})  # type: ignore[arg-type]


def waiting(who: Person | None = None, after: int = 0, **values: object) -> Waiting:
    return wait_for(who or person(), asked(**values), by="agent:1", at=AT + timedelta(seconds=after))


def offers(at: object = FROM) -> list[Appointment]:
    return offer_freed(at=at, held_for=HOUR, notice=HOUR)  # type: ignore[arg-type]


@pytest.fixture
def full() -> list[Slot]:
    """Four slots of one seat, all taken."""
    found = slots(capacity=1)
    for slot in found:
        book(booking(slot), by="test", at=AT)
    return found


@pytest.mark.django_db
def test_ap08_a_freed_seat_is_held_for_the_first_in_the_queue(full: list[Slot]) -> None:
    """AP-08: fair queue; the seat is theirs for an hour, then the next one's."""
    first, second = waiting(after=1), waiting(after=2)
    assert offers() == []
    end(full[0].appointments.get(), End.CANCELLED, by="test", at=AT)
    (held,) = offers()
    assert (held.person, held.held_until, held.origin) == (first.person, FROM + HOUR, "waiting_list")
    assert offers() == []
    end_lapsed(at=FROM + HOUR)
    (held,) = offers(FROM + HOUR)
    assert held.person == second.person
    confirm(held, by="test", at=FROM + HOUR)
    assert offers(FROM + 3 * HOUR) == [] and list(Waiting.objects.open()) == [first]


@pytest.mark.django_db
def test_ap08_only_to_those_who_can_come(full: list[Slot]) -> None:
    """AP-08: too far, another vaccine, later, another place; nobody is offered a seat that begins within the notice."""
    latitude, longitude = position_of(SAINT_MALO[1])
    for values in (
        {"latitude": latitude, "longitude": longitude}, {"vaccines": ("vaxzevria",)}, {"not_before": AT.date() + timedelta(90)},
        {"place": place(SAINT_MALO)},
    ):  # fmt: skip
        waiting(**values)
    able = waiting(vaccines=("comirnaty", "spikevax"), place=full[0].place, within_km=1)
    end(full[0].appointments.get(), End.CANCELLED, by="test", at=AT)
    assert offers(full[0].starts_at - HOUR / 2) == []
    assert [held.person for held in offers()] == [able.person]


@pytest.mark.django_db
def test_ap08_who_has_an_appointment_does_not_wait(full: list[Slot]) -> None:
    """AP-08: nor once they book elsewhere; asking twice keeps the turn."""
    with pytest.raises(BookingRefused, match="déjà un rendez-vous"):
        waiting(full[0].appointments.get().person)
    one = waiting()
    assert waiting(one.person, after=60) == one
    elsewhere = slots(place(name="Gymnase"))[0]
    book(Booking(slot_id=elsewhere.pk, key="else", origin="self", person=one.person), by="test", at=AT)
    end(full[0].appointments.get(), End.CANCELLED, by="test", at=AT)
    assert offers() == [] and Waiting.objects.get().closed_at == FROM


@pytest.mark.django_db
def test_ap08_somebody_who_is_choosing_does_not_keep_the_others_waiting(full: list[Slot]) -> None:
    """AP-08: the first holds a seat elsewhere, the second is offered the freed one."""
    one, two = waiting(after=1), waiting(after=2)
    elsewhere = slots(place(name="Gymnase", town=SAINT_MALO))[0]
    book(Booking(slot_id=elsewhere.pk, key="else", origin="self", person=one.person, held_for=HOUR), by="test", at=AT)
    end(full[0].appointments.get(), End.CANCELLED, by="test", at=AT)
    assert [held.person for held in offers()] == [two.person]


@pytest.mark.django_db(transaction=True)
def test_ap08_two_workers_offer_each_seat_once(full: list[Slot]) -> None:
    """AP-08: five wait, four seats are free, three workers offer at once."""
    from concurrent.futures import ThreadPoolExecutor

    for after in range(5):
        waiting(after=after)
    for slot in full:
        end(slot.appointments.get(), End.CANCELLED, by="test", at=AT)

    def worker(_: int) -> int:
        try:
            return len(offers())
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(worker, range(3)))
    offers()
    held = Appointment.objects.open()
    assert held.count() == 4 == held.values("slot").distinct().count() == held.values("person").distinct().count()
