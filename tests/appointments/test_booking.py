"""Booking never sells a seat twice, whatever the concurrency (AP-04), and gives seats back once (AP-08)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections, transaction

from allant.appointments.booking import AlreadyBooked, Booking, BookingRefused, NoSeat, book, book_both, confirm, move
from allant.appointments.ending import arrive, close_slots, end, end_lapsed
from allant.appointments.models import Appointment, AppointmentEvent, End, Guest, Share
from tests.appointments.builders import AT, SAINT_MALO, booking, person, place, slots

HOUR = timedelta(hours=1)


def remaining() -> int:
    """Free seats everywhere."""
    return sum(Share.objects.values_list("remaining", flat=True))


@pytest.mark.django_db
def test_ap04_a_seat_is_taken_and_told() -> None:
    """AP-04: the row, its event, one seat less."""
    slot = slots()[0]
    made = book(booking(slot), by="agent:1", at=AT)
    assert (made.confirmed_at, made.held_until, made.service, made.booked_by) == (AT, None, "vaccination", "agent:1")
    assert list(made.events.values_list("kind", "at", "by")) == [("booked", AT, "agent:1")]
    assert slot.shares.get().remaining == 1


@pytest.mark.django_db
def test_ap04_the_same_request_repeated_is_one_booking() -> None:
    """AP-04: even once cancelled; a key that served for another person is refused."""
    slot, who = slots()[0], person()
    asked = booking(slot, who)
    made = book(asked, by="agent:1", at=AT)
    assert book(asked, by="agent:1", at=AT) == made
    end(made, End.CANCELLED, by="agent:1", at=AT)
    assert book(asked, by="agent:1", at=AT) == made and Appointment.objects.count() == 1
    with pytest.raises(BookingRefused, match="déjà servi"):
        book(booking(slot, person(), key=asked.key), by="agent:1", at=AT)


@pytest.mark.django_db
def test_pf04_booking_is_one_statement_planned_once(django_assert_num_queries: Any) -> None:
    """PF-04: the server keeps the plan, whatever is booked; outside it, a booking asks for nothing but its savepoint."""
    first, second, *_ = slots()
    book(booking(first), by="test", at=AT)
    again = booking(second, held_for=HOUR)
    with django_assert_num_queries(2):
        book(again, by="test", at=AT)
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(generic_plans + custom_plans) FROM pg_prepared_statements WHERE statement LIKE '%%chosen%%'")
        assert cursor.fetchone()[0] >= 2


@pytest.mark.django_db
def test_ap04_a_repeated_request_for_a_full_slot_is_the_same_booking() -> None:
    """AP-04: the last seat was taken by that very request; a person's key is found before their other appointment."""
    slot, who = slots(capacity=1)[0], person()
    asked = booking(slot, who)
    assert book(asked, by="test", at=AT) == book(asked, by="test", at=AT)
    wide = slots(place(SAINT_MALO), capacity=2)[0]
    other = booking(wide, person())
    assert book(other, by="test", at=AT) == book(other, by="test", at=AT)
    assert Appointment.objects.count() == 2


@pytest.mark.django_db
def test_ap04_what_is_refused_says_why() -> None:
    """AP-04: full, closed, past, unknown, a second open appointment for the same injection."""
    first, second, third, _ = slots(capacity=1)
    who = person()
    made = book(booking(first, who), by="test", at=AT)
    with pytest.raises(NoSeat, match="vient d'être pris"):
        book(booking(first), by="test", at=AT)
    close_slots([second.pk], by="test", reason="panne", at=AT)
    with pytest.raises(NoSeat, match="a fermé"):
        book(booking(second), by="test", at=AT)
    with pytest.raises(NoSeat, match="passé"):
        book(booking(third), by="test", at=third.starts_at)
    with pytest.raises(NoSeat, match="n'existe plus"):
        book(Booking(slot_id=0, key="none", origin="call", person=person()), by="test", at=AT)
    with pytest.raises(AlreadyBooked, match=r"12/04/2021 à 09:00") as refusal:
        book(booking(third, who), by="test", at=AT)
    assert refusal.value.appointment == made and third.shares.get().remaining == 1


@pytest.mark.django_db
def test_ap04_a_hold_expires_and_its_seat_is_sold_again() -> None:
    """AP-04: by the sweep, or at once by whoever asks for the seat."""
    slot = slots(capacity=1)[0]
    held = book(booking(slot, held_for=HOUR), by="test", at=AT)
    with pytest.raises(NoSeat):
        book(booking(slot), by="test", at=AT + HOUR - timedelta(seconds=1))
    again = book(booking(slot, held_for=HOUR), by="test", at=AT + HOUR)
    held.refresh_from_db()
    assert held.ended_as == End.EXPIRED and list(held.events.values_list("kind", flat=True)) == ["held", "expired"]
    with pytest.raises(BookingRefused, match="plus valable"):
        confirm(held, by="test", at=AT + HOUR)
    assert end_lapsed(at=AT + 3 * HOUR) == 1 and end_lapsed(at=AT + 3 * HOUR) == 0 and remaining() == 4
    again.refresh_from_db()
    assert again.ended_as == End.EXPIRED


@pytest.mark.django_db
def test_ap04_a_confirmed_hold_never_lapses() -> None:
    """AP-04: confirming twice is confirming once."""
    held = book(booking(slots()[0], held_for=HOUR), by="test", at=AT)
    for minutes in (5, 6):
        confirm(held, by="test", at=AT + timedelta(minutes=minutes))
    assert end_lapsed(at=AT + 5 * HOUR) == 0
    assert list(held.events.values_list("kind", flat=True)) == ["held", "confirmed"]


@pytest.mark.django_db
def test_ap05_both_injections_or_neither() -> None:
    """AP-05: the second is chained to the first; without a seat for it, none is taken."""
    first, second, third, _ = slots(capacity=1)
    who = person()
    one, other = book_both(booking(first, who), booking(second, who, rank=2), by="test", at=AT)
    assert other.first == one and (one.rank, other.rank) == (1, 2)
    with pytest.raises(NoSeat):
        book_both(booking(third), booking(second, rank=2), by="test", at=AT)
    assert third.shares.get().remaining == 1 and Appointment.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("moved", [False, True])
def test_ap05_a_second_injection_held_with_its_first_is_confirmed_with_it(moved: bool) -> None:
    """AP-05, AP-04: by the key that confirms, or by moving the first; both lapse together when nobody answers."""
    first, second, third, _ = slots(capacity=1)
    who = person()
    both = booking(first, who, held_for=HOUR), booking(second, who, rank=2, held_for=HOUR)
    one, other = book_both(*both, by="test", at=AT)
    if moved:
        move(one, booking(third, who), by="test", at=AT)
    else:
        confirm(one, by="test", at=AT)
    other.refresh_from_db()
    assert other.confirmed_at == AT and end_lapsed(at=AT + HOUR) == 0
    assert list(other.events.values_list("kind", flat=True)) == ["held", "confirmed"]


@pytest.mark.django_db
def test_ap08_moving_takes_the_new_seat_or_keeps_the_old_one() -> None:
    """AP-08: both or neither, and the same request moves once."""
    first, second, third, _ = slots(capacity=1)
    who = person()
    made = book(booking(first, who), by="test", at=AT)
    asked = booking(second, who)
    moved = move(made, asked, by="test", at=AT)
    assert move(made, asked, by="test", at=AT) == moved and remaining() == 3
    book(booking(third), by="test", at=AT)
    with pytest.raises(NoSeat):
        move(moved, booking(third, who), by="test", at=AT)
    moved.refresh_from_db()
    assert moved.ended_at is None and second.shares.get().remaining == 0


@pytest.mark.django_db
def test_ap08_an_end_gives_the_seat_back_once() -> None:
    """AP-08: cancelled twice frees one seat; who came or did not come keeps it."""
    slot = slots(capacity=3)[0]
    one, two, three = (book(booking(slot), by="test", at=AT) for _ in range(3))
    assert end(one, End.CANCELLED, by="test", at=AT, note="rhume") and not end(one, End.CANCELLED, by="test", at=AT)
    arrive(two, by="place", at=slot.starts_at)
    end(two, End.DONE, by="place", at=slot.starts_at)
    end(three, End.ABSENT, by="place", at=slot.starts_at)
    assert slot.shares.get().remaining == 1
    assert list(two.events.values_list("kind", flat=True)) == ["booked", "arrived", "done"]
    assert AppointmentEvent.objects.get(appointment=one, kind="cancelled").note == "rhume"


@pytest.mark.django_db
def test_ap02_a_place_that_closes_a_slot_says_who_is_to_be_told() -> None:
    """AP-02."""
    first, second, *_ = slots()
    made = [book(booking(first), by="test", at=AT) for _ in range(2)]
    book(booking(second), by="test", at=AT)
    assert close_slots([first.pk], by="place", reason="panne", at=AT) == [each.pk for each in made]
    assert Appointment.objects.open().count() == 1


@pytest.mark.django_db
def test_ap12_somebody_the_register_does_not_know_books() -> None:
    """AP-12: named with the appointment."""
    guest = Guest(family_name="Nkosi", given_names="Thandi", birth_date=AT.date().replace(year=1950))
    made = book(Booking(slot_id=slots()[0].pk, key="self-1", origin="self", guest=guest), by="public", at=AT)
    assert (made.person, made.guest.family_name) == (None, "Nkosi")


@pytest.mark.django_db
def test_ap04_the_database_itself_refuses_more_seats_than_there_are() -> None:
    """AP-04: CHECKs behind the conditional UPDATE."""
    share = slots()[0].shares.get()
    for wrong in (-1, 3):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE appointments_share SET remaining = %s WHERE id = %s", [wrong, share.pk])


def rush(asked: list[Booking]) -> list[Any]:
    """Every booking at once, over twenty connections; what each got, or the name of its refusal."""

    def one(each: Booking) -> Any:
        try:
            return book(each, by="test", at=AT)
        except BookingRefused as refusal:
            return type(refusal).__name__
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as pool:
        return list(pool.map(one, asked))


@pytest.mark.django_db(transaction=True)
def test_ap04_a_crowd_after_scarce_seats() -> None:
    """AP-04: 120 people after 12 seats, half of them the Assurance Maladie's: twelve get one, never thirteen."""
    all_slots = slots(capacity=3, quotas={"assurance_maladie": 1})
    people = [person() for _ in range(120)]
    asked = [
        booking(all_slots[number % 4], who, audience="assurance_maladie" if number % 2 else "")
        for number, who in enumerate(people)
    ]
    got = rush(asked)
    assert sum(isinstance(each, Appointment) for each in got) == Appointment.objects.count()
    assert {each for each in got if isinstance(each, str)} == {"NoSeat"}
    public, reserved = (
        sum(Share.objects.filter(audience=name).values_list("remaining", flat=True)) for name in ("", "assurance_maladie")
    )
    # Nobody else may take the reserved seats; the others take whatever is left.
    assert public == 0 and Appointment.objects.count() == 12 - reserved
    for share in Share.objects.all():
        assert share.capacity - share.remaining == Appointment.objects.filter(share=share).count()


@pytest.mark.django_db(transaction=True)
def test_ap04_one_key_sent_by_twenty_connections_is_one_booking() -> None:
    """AP-04."""
    asked = booking(slots(capacity=30)[0])
    assert {each.pk for each in rush([asked] * 20)} == {Appointment.objects.get().pk}
    assert AppointmentEvent.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_ap04_one_person_asked_for_by_twenty_agents_gets_one_seat() -> None:
    """AP-04: over two places at once."""
    here, there = slots(capacity=30)[0], slots(place(name="Gymnase"), capacity=30)[0]
    who = person()
    got = rush([booking((here, there)[number % 2], who) for number in range(20)])
    assert sum(isinstance(each, Appointment) for each in got) == 1
    assert {each for each in got if isinstance(each, str)} == {"AlreadyBooked"}
    assert Appointment.objects.count() == 1 and remaining() == 8 * 30 - 1


@pytest.mark.django_db(transaction=True)
def test_ap04_sweeps_bookings_and_cancellations_together_keep_the_count() -> None:
    """AP-04: lapsed holds swept by four sweepers while others book and cancel: seats and rows agree at the end."""
    all_slots = slots(capacity=10)
    held = [book(booking(slot, held_for=HOUR), by="test", at=AT) for slot in all_slots for _ in range(8)]
    later = AT + 2 * HOUR

    def one(number: int) -> None:
        try:
            if number % 10 == 0:
                end_lapsed(at=later)
            elif number % 3 == 0:
                end(held[number % len(held)], End.CANCELLED, by="test", at=later)
            else:
                book(booking(all_slots[number % 4]), by="test", at=later)
        except NoSeat:
            pass
        finally:
            connections.close_all()

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(one, range(80)))
    for share in Share.objects.all():
        taken = Appointment.objects.open().filter(share=share).count()
        assert share.capacity - share.remaining == taken
