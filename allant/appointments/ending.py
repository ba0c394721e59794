"""How appointments end: those that give the seat back give it in the same statement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction

from allant import clock
from allant.appointments import telling
from allant.appointments.models import FREEING, Appointment, AppointmentEvent, End

AUTOMATIC = "allant"
_MARKED = (End.DONE, End.ABSENT)

# Rows are locked in the order of their seats, so that two sweeps, or a sweep and a cancellation, never wait for each other.
_END = """
    WITH open AS (
        SELECT appointment.id, appointment.share_id FROM appointments_appointment AS appointment
        WHERE appointment.ended_at IS NULL AND {which}
        ORDER BY appointment.share_id, appointment.id LIMIT %(most)s FOR UPDATE {skip}),
    ended AS (
        UPDATE appointments_appointment AS appointment SET ended_at = %(at)s, ended_as = %(ended_as)s, ended_by = %(by)s
        FROM open WHERE appointment.id = open.id RETURNING appointment.id, appointment.share_id),
    freed AS (
        UPDATE appointments_share AS share SET remaining = share.remaining + given.seats
        FROM (SELECT share_id, count(*) AS seats FROM ended GROUP BY share_id) AS given
        WHERE %(frees)s AND share.id = given.share_id),
    event AS (
        INSERT INTO appointments_appointmentevent (appointment_id, kind, at, by, note)
        SELECT id, %(ended_as)s, %(at)s, %(by)s, %(note)s FROM ended)
    SELECT id FROM ended ORDER BY id"""
CHUNK = 5_000


def _end(
    which: str, values: dict[str, Any], ended_as: End, by: str, at: datetime, *, note: str = "", skip: bool = False
) -> list[int]:
    # A sweep passes over rows that somebody is changing; whoever ends one appointment waits for its turn.
    named = {"most": CHUNK, "at": at, "ended_as": str(ended_as), "by": by, "frees": ended_as in FREEING, "note": note}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_END.format(which=which, skip="SKIP LOCKED" if skip else ""), {**values, **named})
        ended = [row[0] for row in cursor.fetchall()]
        telling.happened(str(ended_as), ended, at)
    return ended


def end(appointment: Appointment, ended_as: End, *, by: str, at: datetime | None = None, note: str = "") -> bool:
    """End one appointment; False when it was over already. The seat is free at once where the end gives it back."""
    found = _end("appointment.id = %(id)s", {"id": appointment.pk}, ended_as, by, at or clock.now(), note=note)
    return bool(found)


def end_lapsed(*, at: datetime, slot_id: int | None = None) -> int:
    """Give back the seats held beyond their time, of one slot or everywhere; how many. Run again, it finds none."""
    # What a partner has not answered is settled with the partner (partners.settle), never given back here.
    which = "appointment.confirmed_at IS NULL AND appointment.held_until <= %(at)s AND appointment.partner_state = ''"
    if slot_id is not None:
        return len(_end(f"{which} AND appointment.slot_id = %(slot)s", {"slot": slot_id}, End.EXPIRED, AUTOMATIC, at, skip=True))
    total = 0
    while ended := len(_end(which, {}, End.EXPIRED, AUTOMATIC, at, skip=True)):
        total += ended
    return total


@transaction.atomic
def close_slots(slot_ids: Sequence[int], *, by: str, reason: str, at: datetime | None = None) -> list[int]:
    """The place closes slots: nobody more may book them, those booked are over; the appointments concerned, to be told."""
    at = at or clock.now()
    ids = list(slot_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE appointments_slot SET closed_at = %s WHERE id = ANY(%s) AND closed_at IS NULL", [at, ids]
        )
    concerned: list[int] = []
    while ended := _end("appointment.slot_id = ANY(%(slots)s)", {"slots": ids}, End.CLOSED, by, at, note=reason):
        concerned += ended
    return concerned


@transaction.atomic
def arrive(appointment: Appointment, *, by: str, at: datetime | None = None) -> Appointment:
    """The person is there (AP-10); said twice is once."""
    found = Appointment.objects.select_for_update().get(pk=appointment.pk)
    if found.arrived_at is None and found.ended_at is None:
        found.arrived_at = at or clock.now()
        found.save(update_fields=["arrived_at"])
        AppointmentEvent.objects.create(appointment=found, kind="arrived", at=found.arrived_at, by=by)
    return found


@transaction.atomic
def mark(appointment: Appointment, ended_as: End, *, by: str, at: datetime | None = None) -> bool:
    """Say that a person came, or did not (AP-10); False when the appointment was over already. The seat stays used."""
    if ended_as not in _MARKED:
        raise ValueError(f"mark() says who came and who did not, not {ended_as!r}.")
    at = at or clock.now()
    if ended_as == End.DONE:
        arrive(appointment, by=by, at=at)
    return end(appointment, ended_as, by=by, at=at)


def unmark(appointment: Appointment, *, by: str, at: datetime | None = None) -> bool:
    """Take back « venu », « absent » or « arrivé », pressed by mistake; False when there is nothing to take back.

    False too when the person has another open appointment of that rank since.
    """
    at = at or clock.now()
    try:
        with transaction.atomic():
            found = Appointment.objects.select_for_update().get(pk=appointment.pk)
            if found.ended_as not in ("", *_MARKED) or (found.ended_at is None and found.arrived_at is None):
                return False
            found.ended_at, found.ended_as, found.ended_by, found.arrived_at = None, "", "", None
            found.save(update_fields=["ended_at", "ended_as", "ended_by", "arrived_at"])
            AppointmentEvent.objects.create(appointment=found, kind="unmarked", at=at, by=by)
    except IntegrityError:
        return False
    return True
