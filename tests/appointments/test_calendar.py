"""Slots from schedules (AP-01, AP-02), and the nearest free ones (AP-03)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from allant.appointments.booking import book
from allant.appointments.calendar import local_start, make_slots
from allant.appointments.models import Closure, Share, Slot
from allant.appointments.querysets import Wish
from allant.clock import PARIS
from allant.geography import position_of
from tests.appointments.builders import AT, MONDAY, NEXT_WEEK, SAINT_DENIS, SAINT_MALO, booking, place, schedule, slots

pytestmark = pytest.mark.django_db


def test_ap02_a_schedule_makes_its_slots_once() -> None:
    """AP-02: a slot each quarter of an hour, with its capacity; making them again adds none."""
    of = place()
    schedule(of)
    assert make_slots(of, MONDAY, NEXT_WEEK) == 4
    assert make_slots(of, MONDAY, NEXT_WEEK) == 0
    hours = [local_start(slot).strftime("%d/%m %H:%M") for slot in Slot.objects.order_by("starts_at")]
    assert hours == ["12/04 09:00", "12/04 09:15", "12/04 09:30", "12/04 09:45"]
    assert set(Share.objects.values_list("audience", "capacity", "remaining")) == {("", 2, 2)}


def test_ap02_overseas_the_hour_is_that_of_the_place() -> None:
    """AP-02: nine o'clock at Saint-Denis de La Réunion is seven in Paris in summer."""
    first = slots(place(SAINT_DENIS))[0]
    assert local_start(first).hour == 9 and first.starts_at.astimezone(PARIS).hour == 7


def test_ap02_days_without_slots() -> None:
    """AP-02: closures of the place, public holidays, the end of a schedule."""
    of = place()
    schedule(of, ends_on=date(2021, 5, 3))
    Closure.objects.create(place=of, starts_on=date(2021, 4, 19), ends_on=date(2021, 4, 20))
    easter_monday = date(2021, 4, 5)
    made = make_slots(of, date(2021, 4, 1), date(2021, 6, 1), holidays=frozenset({easter_monday}))
    days = {local_start(slot).date() for slot in Slot.objects.all()}
    assert made == 8 and days == {date(2021, 4, 12), date(2021, 4, 26)}


def test_ap02_reserved_seats_are_released_before_the_day() -> None:
    """AP-02: two of three seats are the Assurance Maladie's until two days before."""
    first = slots(capacity=3, quotas={"assurance_maladie": 2}, release_days=2)[0]
    assert set(first.shares.values_list("audience", "capacity", "released_on")) == {
        ("", 1, None), ("assurance_maladie", 2, MONDAY - timedelta(2)),
    }  # fmt: skip
    book(booking(first), by="test", at=AT)
    free = Slot.objects.filter(pk=first.pk)
    assert not free.free_for("", MONDAY - timedelta(3)).exists()
    assert free.free_for("assurance_maladie", MONDAY - timedelta(3)).exists()
    assert free.free_for("", MONDAY - timedelta(2)).exists()


def wish(**values: object) -> Wish:
    latitude, longitude = position_of("35238")
    usual = {
        "service": "vaccination", "latitude": latitude, "longitude": longitude, "audience": "", "today": AT.date(),
        "not_before": AT, "until": datetime(2021, 5, 1, tzinfo=PARIS),
    }  # fmt: skip
    return Wish(**{**usual, **values})  # type: ignore[arg-type]


def test_ap03_nearest_places_first_then_the_first_hours() -> None:
    """AP-03: the place of the town, then Saint-Malo at some 65 km; three hours of each."""
    far, near = slots(place(SAINT_MALO)), slots(place())
    found = Slot.objects.nearest(wish())
    assert [offer.slot_id for offer in found] == [slot.pk for slot in (*near[:3], *far[:3])]
    assert found[0].km < 1 and 55 < found[3].km < 75
    assert [offer.slot_id for offer in Slot.objects.nearest(wish(), most=2)] == [slot.pk for slot in near[:2]]


def test_ap03_what_a_search_asks_for() -> None:
    """AP-03: vaccine, dates, accessibility; full, closed and past slots are not offered."""
    town = slots(place(), opens_at=time(9), closes_at=time(9, 30))
    other = slots(place(SAINT_MALO, accessible=True), vaccine="vaxzevria", closes_at=time(9, 15))
    offered = [offer.slot_id for offer in Slot.objects.nearest(wish(vaccines=("vaxzevria",)))]
    assert offered == [other[0].pk]
    assert [offer.slot_id for offer in Slot.objects.nearest(wish(accessible=True))] == [other[0].pk]
    assert Slot.objects.nearest(wish(until=datetime(2021, 4, 12, tzinfo=PARIS))) == []
    for _ in range(2):
        book(booking(town[0]), by="test", at=AT)
    Slot.objects.filter(pk=town[1].pk).update(closed_at=AT)
    assert [offer.slot_id for offer in Slot.objects.nearest(wish())] == [other[0].pk]


def test_ap03_a_vaccine_is_offered_on_the_days_it_is_given_only() -> None:
    """AP-03: the rules change within the range asked for: each slot is judged by its own day."""
    early, late = slots(place(), closes_at=time(9, 15))[0], slots(place(SAINT_MALO), vaccine="spikevax", closes_at=time(9, 15))[0]
    day = MONDAY

    def offered(*periods: tuple[str, date, date]) -> list[int]:
        return [offer.slot_id for offer in Slot.objects.nearest(wish(periods=periods))]

    assert offered(("comirnaty", day, day + timedelta(1)), ("spikevax", day, day + timedelta(1))) == [early.pk, late.pk]
    assert offered(("comirnaty", day + timedelta(1), day + timedelta(9))) == []
    assert offered(("spikevax", day - timedelta(9), day)) == []


def test_ap03_the_search_stops_at_the_last_place_it_needs() -> None:
    """AP-03: of three hundred places, the slots of the nearest ones only are read: the plan of the statement says how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO directory_location (kind, name, postcode, commune_code, search_name)
               SELECT 'centre', 'Lieu ' || n, '35000', '35238', 'lieu' FROM generate_series(1, 300) AS n"""
        )
        cursor.execute(
            """INSERT INTO appointments_place
                   (location_id, address, latitude, longitude, accessible, phone, opening, books_second)
               SELECT id, '', 44 + 0.02 * row_number() OVER (ORDER BY id), 0, false, '', '', true FROM directory_location"""
        )
        cursor.execute(
            """INSERT INTO appointments_slot (place_id, service, vaccine, starts_at, minutes)
               SELECT id, 'vaccination', 'comirnaty', timestamptz '2021-04-12 08:00+00' + n * interval '15 minutes', 15
               FROM appointments_place, generate_series(0, 19) AS n"""
        )
        cursor.execute(
            "INSERT INTO appointments_share (slot_id, audience, capacity, remaining) SELECT id, '', 1, 1 FROM appointments_slot"
        )
        cursor.execute("ANALYZE appointments_place, appointments_slot, appointments_share")
        asked = wish(latitude=47.0, longitude=0.0)
        with CaptureQueriesContext(connection) as asked_for:
            found = Slot.objects.nearest(asked, most=12, a_place=4)
        assert len(found) == 12 and len(asked_for) == 1
        cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + asked_for[0]["sql"])
        plan = cursor.fetchone()[0]
    read = sum(rows_of(plan[0]["Plan"], "appointments_slot"))
    assert 0 < read <= 20 * 20, f"{read} créneaux lus sur 6 000"


def rows_of(node: dict[str, Any], table: str) -> list[float]:
    """How many rows of a table each scan of a plan gave, its loops counted."""
    own = [node["Actual Rows"] * node["Actual Loops"]] if node.get("Relation Name") == table else []
    return own + [rows for below in node.get("Plans", ()) for rows in rows_of(below, table)]


def test_ap07_a_place_without_partner_is_booked_in_our_own_calendar() -> None:
    """AP-07: no partner is asked: the seat counted down here is the whole booking."""
    of = place()
    made = book(booking(slots(of)[0]), by="agent:1", at=AT)
    assert (of.partner, made.partner_state, made.confirmed_at, made.share.remaining) == ("", "", AT, 1)
