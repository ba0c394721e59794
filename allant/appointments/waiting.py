"""The waiting list: a freed seat is held for the one who asked first and can come (AP-08)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import IntegrityError, connection, transaction

from allant import clock
from allant.appointments.booking import Booking, BookingRefused, book
from allant.appointments.models import Appointment, Place, Waiting
from allant.people.models import Person

EVERYBODY = ""


@dataclass(frozen=True)
class Asked:
    """What somebody on the list can accept; `place` alone, or any within `within_km` of the point."""

    service: str
    latitude: float
    longitude: float
    within_km: int
    not_before: date
    rank: int = 1
    vaccines: tuple[str, ...] = ()
    place: Place | None = None


def wait_for(person: Person, asked: Asked, *, by: str, at: datetime | None = None) -> Waiting:
    """Put somebody on the list; who waits already keeps their turn. Raises BookingRefused when they have an appointment."""
    if Appointment.objects.open().of_person(person).filter(service=asked.service, rank=asked.rank).exists():
        raise BookingRefused("Cette personne a déjà un rendez-vous : déplacez-le si une autre date convient mieux.")
    values = {**vars(asked), "vaccines": list(asked.vaccines), "asked_at": at or clock.now(), "asked_by": by}
    try:
        with transaction.atomic():
            return Waiting.objects.create(person=person, **values)
    except IntegrityError:
        return Waiting.objects.get(person=person, service=asked.service, rank=asked.rank, closed_at=None)


def leave(person: Person, *, at: datetime) -> int:
    """Take somebody off the list, whatever they wait for; how many turns they give up."""
    return Waiting.objects.of_person(person).filter(closed_at=None).update(closed_at=at)


# The free slots that somebody waits for, each with the one who asked first among those who can come.
_NEXT = """
    SELECT waiting.id, slot.id FROM appointments_waiting AS waiting
    JOIN LATERAL (
        SELECT slot.id FROM appointments_slot AS slot JOIN appointments_place AS place ON place.id = slot.place_id
        WHERE slot.service = waiting.service AND slot.closed_at IS NULL AND slot.starts_at >= %(soonest)s
          AND slot.starts_at >= waiting.not_before
          AND (waiting.vaccines = '[]' OR jsonb_exists(waiting.vaccines, slot.vaccine))
          AND (waiting.place_id = place.id OR waiting.place_id IS NULL AND 12742 * asin(sqrt(
                 power(sin(radians(place.latitude - waiting.latitude) / 2), 2)
                 + cos(radians(waiting.latitude)) * cos(radians(place.latitude))
                   * power(sin(radians(place.longitude - waiting.longitude) / 2), 2))) <= waiting.within_km)
          AND EXISTS (SELECT FROM appointments_share AS share WHERE share.slot_id = slot.id AND share.remaining > 0
                      AND (share.audience = '' OR share.released_on <= %(today)s))
          AND NOT EXISTS (SELECT FROM appointments_appointment AS had
                          WHERE had.slot_id = slot.id AND had.person_id = waiting.person_id AND had.ended_at IS NOT NULL)
        ORDER BY slot.starts_at, slot.id LIMIT 1) AS slot ON TRUE
    WHERE waiting.closed_at IS NULL AND waiting.offered_id IS NULL
      AND NOT EXISTS (SELECT FROM appointments_appointment AS held
                      WHERE held.person_id = waiting.person_id AND held.service = waiting.service
                        AND held.rank = waiting.rank AND held.ended_at IS NULL)
    ORDER BY waiting.asked_at, waiting.id LIMIT 1 FOR UPDATE OF waiting SKIP LOCKED"""


def offer_freed(*, at: datetime, held_for: timedelta, notice: timedelta, most: int = 500) -> list[Appointment]:
    """Hold the free seats for those who wait, in their turn; the held appointments, whose persons are to be told.

    `held_for`: how long each may think; `notice`: a seat sooner than that is offered to nobody. A seat that the person let lapse
    is not offered to them again. Run by two workers at once, it offers each seat once.
    """
    close_answered(at=at)
    offered: list[Appointment] = []
    while len(offered) < most and (held := _offer_one(at, held_for, notice)) is not None:
        offered.append(held)
    return offered


@transaction.atomic
def _offer_one(at: datetime, held_for: timedelta, notice: timedelta) -> Appointment | None:
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, {"soonest": at + notice, "today": at.astimezone(clock.PARIS).date()})
        row = cursor.fetchone()
    if row is None:
        return None
    waiting = Waiting.objects.select_related("person").get(pk=row[0])
    booking = Booking(
        slot_id=row[1], key=f"waiting-{waiting.pk}-{row[1]}", origin="waiting_list", audience=EVERYBODY, person=waiting.person,
        rank=waiting.rank, held_for=held_for,
    )  # fmt: skip
    try:
        held = book(booking, by="allant", at=at)
    except BookingRefused:
        # Booked elsewhere meanwhile, or the seat went to a rival: the first no longer waits, the second tries again later.
        return None
    Waiting.objects.filter(pk=waiting.pk).update(offered=held)
    return held


@transaction.atomic
def close_answered(*, at: datetime) -> int:
    """Who confirmed, or booked otherwise, no longer waits; who let the offer lapse waits again. How many left the list."""
    Waiting.objects.filter(closed_at=None, offered__ended_at__isnull=False).update(offered=None)
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE appointments_waiting AS waiting SET closed_at = %s
               WHERE waiting.closed_at IS NULL AND EXISTS (
                   SELECT FROM appointments_appointment AS booked
                   WHERE booked.person_id = waiting.person_id AND booked.service = waiting.service
                     AND booked.rank = waiting.rank AND booked.confirmed_at IS NOT NULL
                     AND (booked.ended_at IS NULL OR booked.ended_as = 'done'))""",
            [at],
        )
        return int(cursor.rowcount)
