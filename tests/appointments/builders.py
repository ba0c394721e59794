"""Places, schedules and bookings for tests: a centre at Rennes open on Mondays, from 9:00 to 10:00, two seats a slot."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from itertools import count
from typing import Any

from allant.appointments.booking import Booking
from allant.appointments.calendar import make_slots
from allant.appointments.models import Place, Schedule, Slot
from allant.directory.actions import location_for
from allant.geography import position_of
from allant.people.models import Person

AT = datetime(2021, 4, 1, 8, tzinfo=UTC)
MONDAY, NEXT_WEEK = date(2021, 4, 12), date(2021, 4, 19)
RENNES, SAINT_MALO, SAINT_DENIS = ("35000", "35238"), ("35400", "35288"), ("97400", "97411")
_keys = count(1)


def place(town: tuple[str, str] = RENNES, name: str = "Centre de vaccination", **values: Any) -> Place:
    """A centre in a town."""
    location = location_for(kind="centre", name=name, postcode=town[0], commune_code=town[1], by="test")
    latitude, longitude = position_of(town[1])
    return Place.objects.create(location=location, **{"latitude": latitude, "longitude": longitude, **values})


def schedule(of: Place, **values: Any) -> Schedule:
    """Mondays from 9:00 to 10:00, a slot each quarter of an hour."""
    usual = {
        "service": "vaccination", "vaccine": "comirnaty", "weekday": 1, "opens_at": time(9), "closes_at": time(10), "minutes": 15,
        "capacity": 2, "starts_on": date(2021, 1, 4),
    }  # fmt: skip
    return Schedule.objects.create(place=of, **{**usual, **values})


def slots(of: Place | None = None, **values: Any) -> list[Slot]:
    """The slots of one Monday, in order."""
    of = of or place()
    schedule(of, **values)
    make_slots(of, MONDAY, NEXT_WEEK)
    return list(Slot.objects.filter(place=of).order_by("starts_at"))


def person(**values: Any) -> Person:
    """Somebody of Rennes."""
    usual = {"family_name": "Keraval", "given_names": "Maud", "birth_date": date(1940, 5, 2), "commune_code": "35238"}
    return Person.objects.create(**{**usual, "departement_code": "35", **values})


def booking(slot: Slot | None, who: Person | None = None, **values: Any) -> Booking:
    """A booking with a key of its own; without a slot, in a partner's calendar."""
    usual = {"slot_id": slot.pk if slot else 0, "key": f"k{next(_keys)}", "origin": "call"}
    return Booking(**{**usual, **({} if "person" in values else {"person": who or person()}), **values})
