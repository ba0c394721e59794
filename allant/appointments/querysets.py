"""Reads of appointments, in the domain's words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.db import connection, models
from django.db.models import Exists, F, OuterRef, Q

if TYPE_CHECKING:
    from allant.appointments.models import Place
    from allant.people.models import Person


def open_to(audience: str, today: date) -> Q:
    """Shares that an audience may book on a day: its own, everybody's, and those that are released."""
    return Q(audience__in=("", audience)) | Q(released_on__lte=today)


@dataclass(frozen=True)
class Wish:
    """What is asked of a search (AP-03). `vaccines`: none named means any; days are half-open.

    `periods`: vaccine, first day, day after the last: where the rules change within the range, each vaccine only on its days.
    """

    service: str
    latitude: float
    longitude: float
    not_before: datetime
    until: datetime
    audience: str
    today: date
    vaccines: tuple[str, ...] = ()
    accessible: bool = False
    periods: tuple[tuple[str, date, date], ...] = ()


@dataclass(frozen=True)
class Offer:
    """A free slot near somebody: kilometres as the crow flies, seats that the audience may take."""

    place_id: int
    slot_id: int
    km: float
    starts_at: datetime
    vaccine: str
    seats: int


# Places come nearest first and the search stops at the last one needed: it never reads the slots of far places.
_NEAREST = """
    SELECT near.id, free.id, near.km, free.starts_at, free.vaccine, free.seats
    FROM (SELECT place.id, 12742 * asin(sqrt(
                    power(sin(radians(place.latitude - %(latitude)s) / 2), 2)
                    + cos(radians(%(latitude)s)) * cos(radians(place.latitude))
                      * power(sin(radians(place.longitude - %(longitude)s) / 2), 2))) AS km
          FROM appointments_place AS place
          WHERE (place.closed_on IS NULL OR place.closed_on > %(today)s) AND (place.accessible OR NOT %(accessible)s)
          ORDER BY km) AS near
    CROSS JOIN LATERAL (
        SELECT slot.id, slot.starts_at, slot.vaccine, sum(share.remaining)::int AS seats
        FROM appointments_slot AS slot JOIN appointments_share AS share ON share.slot_id = slot.id
        WHERE slot.place_id = near.id AND slot.service = %(service)s AND slot.closed_at IS NULL
          AND slot.starts_at >= %(not_before)s AND slot.starts_at < %(until)s
          AND (%(vaccines)s::text[] = '{}' OR slot.vaccine = ANY(%(vaccines)s))
          AND (%(codes)s::text[] = '{}' OR EXISTS (
              SELECT FROM unnest(%(codes)s::text[], %(firsts)s::date[], %(lasts)s::date[]) AS given(vaccine, first, until)
              WHERE given.vaccine = slot.vaccine AND (slot.starts_at AT TIME ZONE 'Europe/Paris')::date >= given.first
                AND (slot.starts_at AT TIME ZONE 'Europe/Paris')::date < given.until))
          AND share.remaining > 0
          AND (share.audience IN ('', %(audience)s) OR share.released_on <= %(today)s)
        GROUP BY slot.id ORDER BY slot.starts_at, slot.id LIMIT %(a_place)s) AS free
    ORDER BY near.km, near.id, free.starts_at, free.id LIMIT %(most)s"""


class PlaceQuerySet(models.QuerySet["Place"]):
    """Places that take appointments."""

    def open_on(self, day: date) -> PlaceQuerySet:
        """Not closed for good by this day."""
        return self.filter(Q(closed_on=None) | Q(closed_on__gt=day))


class SlotQuerySet(models.QuerySet["Slot"]):
    """Slots, and those still free."""

    def free_for(self, audience: str, today: date) -> SlotQuerySet:
        """With at least one seat that this audience may take on a day."""
        from allant.appointments.models import Share

        seats = Share.objects.filter(open_to(audience, today), slot=OuterRef("pk"), remaining__gt=0)
        return self.filter(Exists(seats), closed_at=None)

    def nearest(self, wish: Wish, *, most: int = 15, a_place: int = 3) -> list[Offer]:
        """Free slots, nearest place first, the first `a_place` of each (AP-03)."""
        codes, firsts, lasts = (list(column) for column in zip(*wish.periods, strict=True)) if wish.periods else ([], [], [])
        values: dict[str, Any] = {
            **vars(wish), "vaccines": list(wish.vaccines), "most": most, "a_place": a_place, "codes": codes, "firsts": firsts,
            "lasts": lasts,
        }  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute(_NEAREST, values)
            return [Offer(*row) for row in cursor.fetchall()]


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    """Appointments."""

    def open(self) -> AppointmentQuerySet:
        """Held or confirmed, not over."""
        return self.filter(ended_at=None)

    def of_person(self, person: Person) -> AppointmentQuerySet:
        """Those of a person, under their own record or one merged into it."""
        return self.filter(Q(person=person) | Q(person__merged_into=person))

    def lapsed(self, at: datetime) -> AppointmentQuerySet:
        """Held, never confirmed, and past their time (AP-04)."""
        return self.open().filter(confirmed_at=None, held_until__lte=at)

    def on_day(self, place: Place, begins: datetime, ends: datetime) -> AppointmentQuerySet:
        """A place's list of a day (AP-10), those who gave their seat back left out."""
        from allant.appointments.models import FREEING

        found = self.filter(slot__place=place, slot__starts_at__gte=begins, slot__starts_at__lt=ends)
        found = found.exclude(ended_as__in=FREEING).select_related("slot", "person", "guest").prefetch_related("told_at")
        return found.order_by("slot__starts_at", "id")


class WaitingQuerySet(models.QuerySet["Waiting"]):
    """The waiting list."""

    def of_person(self, person: Person) -> WaitingQuerySet:
        """Of a person, under their own record or one merged into it."""
        return self.filter(Q(person=person) | Q(person__merged_into=person))

    def open(self) -> WaitingQuerySet:
        """Still waiting, none offered yet, those who asked first at the head (fair queue)."""
        return self.filter(closed_at=None, offered=None).order_by(F("asked_at").asc(), "id")


__all__: Sequence[str] = ("AppointmentQuerySet", "Offer", "PlaceQuerySet", "SlotQuerySet", "WaitingQuerySet", "Wish", "open_to")
