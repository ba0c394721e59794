"""Booking: a seat is counted down in the statement that inserts the appointment, so that none is sold twice (AP-04)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction

from allant import clock
from allant.appointments import telling
from allant.appointments.calendar import local_start
from allant.appointments.ending import end, end_lapsed
from allant.appointments.models import Appointment, AppointmentEvent, End, Guest, Slot, ToldAt
from allant.people.models import Person

SAME_KEY, OPEN_ALREADY = "appointments_appointment_key", "appointments_one_open_a_rank"


class BookingRefused(ValueError):
    """The seat was not taken; the message says why and what to do, in French."""


class NoSeat(BookingRefused):
    """Nothing is free in that slot for this audience."""


class AlreadyBooked(BookingRefused):
    """The person has an open appointment for this injection: `appointment`."""

    def __init__(self, message: str, appointment: Appointment) -> None:
        super().__init__(message)
        self.appointment = appointment


@dataclass(frozen=True)
class Booking:
    """What is booked, for whom: `person`, or `guest` known to no record. `key`: the same request again bears the same."""

    slot_id: int
    key: str
    origin: str
    audience: str = ""
    person: Person | None = None
    guest: Guest | None = None
    rank: int = 1
    cause: tuple[str, int] | None = None
    held_for: timedelta | None = None
    "None: confirmed at once."
    first_id: int | None = None
    told_at: tuple[telling.Address, ...] = ()
    "Where this appointment is told, in place of the person's contact points."


# The inner SELECT prefers the audience's own seats; the outer condition is judged again on the row as it is once locked.
_TAKE = """
    WITH seat AS (
        UPDATE appointments_share AS share SET remaining = remaining - 1
        WHERE share.remaining > 0 AND share.id = (
            SELECT candidate.id FROM appointments_share AS candidate JOIN appointments_slot AS slot ON slot.id = candidate.slot_id
            WHERE candidate.slot_id = %(slot)s AND candidate.remaining > 0
              AND slot.closed_at IS NULL AND slot.starts_at > %(at)s
              AND (candidate.audience IN ('', %(audience)s) OR candidate.released_on <= %(today)s)
            ORDER BY candidate.audience = %(audience)s AND candidate.audience <> '' DESC, candidate.audience = '' DESC,
                     candidate.id
            LIMIT 1)
        RETURNING share.id),
    taken AS (
        INSERT INTO appointments_appointment
            (key, slot_id, share_id, person_id, service, rank, origin, cause_kind, cause_id, first_id, booked_at, booked_by,
             held_until, confirmed_at)
        SELECT %(key)s, slot.id, seat.id, %(person)s, slot.service, %(rank)s, %(origin)s, %(cause_kind)s, %(cause_id)s,
               %(first)s, %(at)s, %(by)s, %(held_until)s, %(confirmed_at)s
        FROM seat JOIN appointments_slot AS slot ON slot.id = %(slot)s
        RETURNING id),
    event AS (
        INSERT INTO appointments_appointmentevent (appointment_id, kind, at, by, note)
        SELECT id, %(kind)s, %(at)s, %(by)s, '' FROM taken)
    SELECT id FROM taken"""
_TRIES = 4  # one for each share a slot usually has: a rival may empty the one just chosen


def book(booking: Booking, *, by: str, at: datetime | None = None) -> Appointment:
    """Take a seat, held or confirmed at once. The same key again is the same appointment, whatever became of it.

    Raises NoSeat, AlreadyBooked (the person's open appointment of that rank), BookingRefused.
    """
    at = at or clock.now()
    if (former := Appointment.objects.filter(key=booking.key).first()) is not None:
        return _the_same(former, booking)
    try:
        with transaction.atomic():
            return _booked(booking, by, at)
    except IntegrityError as refusal:
        return _explained(refusal, booking, at)


@transaction.atomic
def book_both(first: Booking, second: Booking, *, by: str, at: datetime | None = None) -> tuple[Appointment, Appointment]:
    """Both injections or neither (AP-05): `second` is chained to the first."""
    one = book(first, by=by, at=at)
    other = book(Booking(**{**vars(second), "first_id": one.pk}), by=by, at=at)
    return one, other


@transaction.atomic
def move(appointment: Appointment, to: Booking, *, by: str, at: datetime | None = None) -> Appointment:
    """Another seat in place of this one, which is given back: both or neither. Raises as `book` does.

    Guest, addresses and the second injection chained to it follow.
    """
    at = at or clock.now()
    if (former := Appointment.objects.filter(key=to.key).first()) is not None:
        return _the_same(former, to)
    if not end(appointment, End.MOVED, by=by, at=at):
        raise BookingRefused("Ce rendez-vous est déjà passé ou annulé : prenez-en un autre.")
    try:
        moved = _booked(_following(appointment, to), by, at, telling.MOVED_TO)
    except IntegrityError as refusal:
        raise BookingRefused("Un autre rendez-vous de cette personne vient d'être modifié : recommencez.") from refusal
    Appointment.objects.filter(first=appointment, ended_at=None).update(first=moved)
    return moved


def _following(former: Appointment, to: Booking) -> Booking:
    guest = Guest.objects.filter(appointment=former).first()
    if guest is not None:
        guest.pk, guest._state.adding = None, True
    addresses = tuple(telling.Address(each.kind, each.value, each.relative) for each in former.told_at.filter(refused_on=None))
    return replace(to, guest=to.guest or guest, told_at=to.told_at or addresses)


def _booked(booking: Booking, by: str, at: datetime, what: str = telling.BOOKED) -> Appointment:
    taken = _take(booking, by, at)
    if taken is None and end_lapsed(at=at, slot_id=booking.slot_id):
        taken = _take(booking, by, at)
    if taken is None:
        raise NoSeat(_why_none(booking, at))
    if booking.guest is not None:
        booking.guest.appointment_id = taken
        booking.guest.save(force_insert=True)
    ToldAt.objects.bulk_create(
        ToldAt(appointment_id=taken, kind=each.kind, value=each.value, relative=each.relative, given_at=at, given_by=by)
        for each in booking.told_at
    )
    if booking.held_for is None:
        telling.happened(what, [taken], at)
    return Appointment.objects.select_related("slot").get(pk=taken)


def _take(booking: Booking, by: str, at: datetime) -> int | None:
    held = booking.held_for is not None
    values: dict[str, Any] = {
        "slot": booking.slot_id, "audience": booking.audience, "today": _local_day(at), "at": at, "by": by,
        "key": booking.key, "person": booking.person and booking.person.pk, "rank": booking.rank, "origin": booking.origin,
        "cause_kind": booking.cause[0] if booking.cause else "", "cause_id": booking.cause[1] if booking.cause else None,
        "first": booking.first_id, "held_until": at + booking.held_for if booking.held_for else None,
        "confirmed_at": None if held else at, "kind": "held" if held else "booked",
    }  # fmt: skip
    with connection.cursor() as cursor:
        for _ in range(_TRIES):
            cursor.execute(_TAKE, values)
            if row := cursor.fetchone():
                return int(row[0])
            if not Slot.objects.filter(pk=booking.slot_id).free_for(booking.audience, values["today"]).exists():
                return None
    return None


def _the_same(former: Appointment, booking: Booking) -> Appointment:
    """A repeated request, or a key that served for something else."""
    same = (former.slot_id, former.person_id) == (booking.slot_id, booking.person and booking.person.pk)
    if not same:
        raise BookingRefused("Cette demande a déjà servi pour un autre rendez-vous : rechargez la page, puis recommencez.")
    return former


def _explained(refusal: IntegrityError, booking: Booking, at: datetime) -> Appointment:
    """The rival request of the same key, or why the person cannot have two; what is unknown is raised again."""
    name = getattr(getattr(refusal.__cause__, "diag", None), "constraint_name", "") or ""
    if name.startswith(SAME_KEY):
        return _the_same(Appointment.objects.get(key=booking.key), booking)
    if name != OPEN_ALREADY or booking.person is None:
        raise refusal
    found = Appointment.objects.open().filter(person=booking.person, rank=booking.rank).select_related("slot").first()
    if found is None:
        raise NoSeat("Un autre rendez-vous de cette personne vient d'être modifié : recommencez.") from refusal
    when = local_start(found.slot)
    raise AlreadyBooked(
        f"Cette personne a déjà un rendez-vous le {when:%d/%m/%Y à %H:%M} : déplacez-le ou annulez-le.", found
    ) from refusal


def _why_none(booking: Booking, at: datetime) -> str:
    slot = Slot.objects.filter(pk=booking.slot_id).first()
    if slot is None:
        return "Ce créneau n'existe plus : choisissez-en un autre."
    if slot.closed_at is not None:
        return "Le lieu a fermé ce créneau : choisissez-en un autre."
    if slot.starts_at <= at:
        return "Ce créneau est passé : choisissez-en un autre."
    return "Ce créneau vient d'être pris : choisissez-en un autre."


def _local_day(at: datetime) -> date:
    return at.astimezone(clock.PARIS).date()


@transaction.atomic
def confirm(appointment: Appointment, *, by: str, at: datetime | None = None) -> Appointment:
    """Confirm a held seat; a confirmed one stays so. Raises BookingRefused when the hold has lapsed or it is over."""
    at = at or clock.now()
    found = Appointment.objects.select_for_update().get(pk=appointment.pk)
    if found.ended_at is not None or (found.confirmed_at is None and found.held_until is not None and found.held_until <= at):
        raise BookingRefused("Cette réservation n'est plus valable : choisissez un autre créneau.")
    if found.confirmed_at is None:
        found.confirmed_at = at
        found.save(update_fields=["confirmed_at"])
        AppointmentEvent.objects.create(appointment=found, kind="confirmed", at=at, by=by)
        telling.happened(telling.BOOKED, [found.pk], at)
    return found
