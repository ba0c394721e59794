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
from allant.appointments.models import Appointment, AppointmentEvent, End, Guest
from allant.bulk.prepared import rows
from allant.people.models import Person

OPEN_ALREADY = "appointments_one_open_a_rank"


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


# `chosen` prefers the audience's own seats; the condition of `seat` is judged again on the row as it is once locked, so that a
# rival who took the last one leaves nothing. Everything is written by this statement, or nothing; where nothing is, the last
# columns say why (PF-04).
_COLUMNS = [field.attname for field in Appointment._meta.concrete_fields]
_TAKE = f"""
    WITH chosen AS MATERIALIZED (
        SELECT candidate.id, slot.service
        FROM appointments_share AS candidate JOIN appointments_slot AS slot ON slot.id = candidate.slot_id
        WHERE candidate.slot_id = %(slot)s AND candidate.remaining > 0
          AND slot.closed_at IS NULL AND slot.starts_at > %(at)s::timestamptz
          AND (candidate.audience IN ('', %(audience)s::text) OR candidate.released_on <= %(today)s::date)
        ORDER BY candidate.audience = %(audience)s::text AND candidate.audience <> '' DESC, candidate.audience = '' DESC,
                 candidate.id
        LIMIT 1),
    seat AS (
        UPDATE appointments_share AS share SET remaining = remaining - 1
        FROM chosen WHERE share.id = chosen.id AND share.remaining > 0
        RETURNING share.id, chosen.service),
    taken AS (
        INSERT INTO appointments_appointment
            (key, slot_id, share_id, person_id, service, rank, origin, cause_kind, cause_id, first_id, booked_at, booked_by,
             held_until, confirmed_at)
        SELECT %(key)s::text, %(slot)s, seat.id, %(person)s::bigint, seat.service, %(rank)s::smallint, %(origin)s::text,
               %(cause_kind)s::text, %(cause_id)s::bigint, %(first)s::bigint, %(at)s::timestamptz, %(by)s::text,
               %(held_until)s::timestamptz, %(confirmed_at)s::timestamptz
        FROM seat
        RETURNING {", ".join(_COLUMNS)}),
    event AS (
        INSERT INTO appointments_appointmentevent (appointment_id, kind, at, by, note)
        SELECT id, %(kind)s::text, %(at)s::timestamptz, %(by)s::text, '' FROM taken),
    guest AS (
        INSERT INTO appointments_guest (appointment_id, family_name, given_names, birth_date)
        SELECT id, %(family_name)s::text, %(given_names)s::text, %(birth_date)s::date
        FROM taken WHERE %(birth_date)s::date IS NOT NULL),
    told AS (
        INSERT INTO appointments_toldat (appointment_id, kind, value, relative, given_at, given_by)
        SELECT taken.id, address.kind, address.value, address.relative, %(at)s::timestamptz, %(by)s::text
        FROM taken, unnest(%(kinds)s::text[], %(addresses)s::text[], %(relatives)s::bool[]) AS address (kind, value, relative))
    SELECT {", ".join(f"taken.{name}" for name in _COLUMNS)}, chosen.id IS NOT NULL AS raced,
           CASE WHEN slot.id IS NULL THEN 'unknown' WHEN slot.closed_at IS NOT NULL THEN 'closed'
                WHEN slot.starts_at <= %(at)s::timestamptz THEN 'past' ELSE 'full' END AS why,
           taken.id IS NULL AND EXISTS (
               SELECT FROM appointments_appointment AS held WHERE held.slot_id = %(slot)s AND held.ended_at IS NULL
                 AND held.confirmed_at IS NULL AND held.held_until <= %(at)s::timestamptz) AS lapsed
    FROM (VALUES (1)) AS one LEFT JOIN taken ON true LEFT JOIN chosen ON true
    LEFT JOIN appointments_slot AS slot ON slot.id = %(slot)s"""
_TRIES = 4  # one for each share a slot usually has: a rival may empty the one just chosen
TAKEN = "Ce créneau vient d'être pris : choisissez-en un autre."
_WHY_NONE = {
    "unknown": "Ce créneau n'existe plus : choisissez-en un autre.",
    "closed": "Le lieu a fermé ce créneau : choisissez-en un autre.",
    "past": "Ce créneau est passé : choisissez-en un autre.",
    "full": TAKEN,
}


def book(booking: Booking, *, by: str, at: datetime | None = None) -> Appointment:
    """Take a seat, held or confirmed at once. The same key again is the same appointment, whatever became of it.

    Raises NoSeat, AlreadyBooked (the person's open appointment of that rank), BookingRefused.
    """
    at = at or clock.now()
    try:
        with transaction.atomic():
            return _booked(booking, by, at)
    except IntegrityError as refusal:
        return _explained(refusal, booking, at)
    except NoSeat:
        if (former := Appointment.objects.filter(key=booking.key).first()) is not None:
            return _the_same(former, booking)
        raise


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
    if moved.confirmed_at is not None:
        _confirm_chained(moved, by, at)
    return moved


def _following(former: Appointment, to: Booking) -> Booking:
    guest = Guest.objects.filter(appointment=former).first()
    if guest is not None:
        guest.pk, guest._state.adding = None, True
    addresses = tuple(telling.Address(each.kind, each.value, each.relative) for each in former.told_at.filter(refused_on=None))
    return replace(to, guest=to.guest or guest, told_at=to.told_at or addresses)


def _booked(booking: Booking, by: str, at: datetime, what: str = telling.BOOKED) -> Appointment:
    taken = _take(booking, by, at)
    if not isinstance(taken, Appointment) and taken.lapsed and end_lapsed(at=at, slot_id=booking.slot_id):
        taken = _take(booking, by, at)
    if not isinstance(taken, Appointment):
        raise NoSeat(_WHY_NONE[taken.why])
    if booking.guest is not None:
        booking.guest.appointment_id = taken.pk
    if booking.held_for is None:
        telling.happened(what, [taken.pk], at)
    return taken


@dataclass(frozen=True)
class _Nothing:
    """No seat was taken: why, and whether holds past their time keep some."""

    why: str
    lapsed: bool


def _take(booking: Booking, by: str, at: datetime) -> Appointment | _Nothing:
    values = _values(booking, by, at)
    for _ in range(_TRIES):
        *columns, raced, why, lapsed = rows(_TAKE, values)[0]
        if columns[0] is not None:
            return Appointment.from_db(connection.alias, _COLUMNS, columns)
        if not raced:
            break
    return _Nothing(why, lapsed)


def _values(booking: Booking, by: str, at: datetime) -> dict[str, Any]:
    held, guest = booking.held_for is not None, booking.guest or Guest()
    return {
        "slot": booking.slot_id, "audience": booking.audience, "today": _local_day(at), "at": at, "by": by,
        "key": booking.key, "person": booking.person and booking.person.pk, "rank": booking.rank, "origin": booking.origin,
        "cause_kind": booking.cause[0] if booking.cause else "", "cause_id": booking.cause[1] if booking.cause else None,
        "first": booking.first_id, "held_until": at + booking.held_for if booking.held_for else None,
        "confirmed_at": None if held else at, "kind": "held" if held else "booked", "family_name": guest.family_name,
        "given_names": guest.given_names, "birth_date": guest.birth_date, "kinds": [each.kind for each in booking.told_at],
        "addresses": [each.value for each in booking.told_at], "relatives": [each.relative for each in booking.told_at],
    }  # fmt: skip


def _the_same(former: Appointment, booking: Booking) -> Appointment:
    """A repeated request, or a key that served for something else."""
    same = (former.slot_id, former.person_id) == (booking.slot_id, booking.person and booking.person.pk)
    if not same:
        raise BookingRefused("Cette demande a déjà servi pour un autre rendez-vous : rechargez la page, puis recommencez.")
    return former


def _explained(refusal: IntegrityError, booking: Booking, at: datetime) -> Appointment:
    """The rival request of the same key, or why the person cannot have two; what is unknown is raised again."""
    name = getattr(getattr(refusal.__cause__, "diag", None), "constraint_name", "") or ""
    # A repeated request may break both rules: it is the same appointment first.
    former = Appointment.objects.filter(key=booking.key).first()
    if former is not None:
        return _the_same(former, booking)
    if name != OPEN_ALREADY or booking.person is None:
        raise refusal
    found = Appointment.objects.open().of_person(booking.person).filter(rank=booking.rank).select_related("slot").first()
    if found is None:
        raise NoSeat("Un autre rendez-vous de cette personne vient d'être modifié : recommencez.") from refusal
    when = local_start(found.slot)
    raise AlreadyBooked(
        f"Cette personne a déjà un rendez-vous le {when:%d/%m/%Y à %H:%M} : déplacez-le ou annulez-le.", found
    ) from refusal


def _local_day(at: datetime) -> date:
    return at.astimezone(clock.PARIS).date()


@transaction.atomic
def confirm(appointment: Appointment, *, by: str, at: datetime | None = None) -> Appointment:
    """Confirm a held seat, and the second injection held with it; a confirmed one stays so.

    Raises BookingRefused when the hold has lapsed or it is over.
    """
    at = at or clock.now()
    found = Appointment.objects.select_for_update().get(pk=appointment.pk)
    if found.ended_at is not None or (found.confirmed_at is None and found.held_until is not None and found.held_until <= at):
        raise BookingRefused("Cette réservation n'est plus valable : choisissez un autre créneau.")
    if found.confirmed_at is None:
        _confirmed(found, by, at)
        _confirm_chained(found, by, at)
        telling.happened(telling.BOOKED, [found.pk], at)  # it says the second too
    return found


def _confirm_chained(first: Appointment, by: str, at: datetime) -> None:
    held = Appointment.objects.select_for_update().filter(first=first, ended_at=None, confirmed_at=None, held_until__gt=at)
    for each in held.order_by("pk"):
        _confirmed(each, by, at)


def _confirmed(held: Appointment, by: str, at: datetime) -> None:
    held.confirmed_at = at
    held.save(update_fields=["confirmed_at"])
    AppointmentEvent.objects.create(appointment=held, kind="confirmed", at=at, by=by)
