"""Bookings in a partner's calendar (AP-06): asked with a key, settled whatever the partner does, the person told the truth.

The row is written before the partner is asked, and the answer after: a crash, a lost answer or a partner that answers twice leave
a row that `settle` brings to one booking or none.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, transaction

from allant import clock
from allant.appointments import feeds, telling
from allant.appointments.booking import Booking, NoSeat, book
from allant.appointments.connector import AnswerLost, PartnerDown, PartnerSlot, Refused, connector_for
from allant.appointments.ending import AUTOMATIC, end
from allant.appointments.models import Appointment, AppointmentEvent, End, PartnerState, Place, Slot

AUDIENCE = "partner_calendar"
PATIENCE = timedelta(minutes=1)  # before what is still « asked » counts as without answer: its process is dead
GIVES_UP = timedelta(hours=2)  # a partner that never shows the booking has not made it


def book_at_partner(
    place: Place, wanted: PartnerSlot, booking: Booking, *, by: str, at: datetime | None = None
) -> Appointment:
    """Ask the partner for a slot; the appointment says what is known: `booked`, or `unknown` when no answer came.

    Raises NoSeat when the partner refuses, PartnerDown when it cannot be asked, and as `book` does.
    """
    at = at or clock.now()
    asked = _written(place, wanted, booking, by, at)
    if asked.partner_state != PartnerState.ASKED:
        return asked
    return _ask(asked, by=by, at=at)


@transaction.atomic
def _written(place: Place, wanted: PartnerSlot, booking: Booking, by: str, at: datetime) -> Appointment:
    slot, _ = Slot.objects.get_or_create(
        place=place, starts_at=wanted.starts_at, service="vaccination", vaccine=wanted.vaccine,
        defaults={"minutes": wanted.minutes, "partner_reference": wanted.reference},
    )  # fmt: skip
    if (former := Appointment.objects.filter(key=booking.key).first()) is not None:
        return former
    with connection.cursor() as cursor:
        # The partner counts its seats: ours grow with what is asked, so that the same statement books everywhere.
        cursor.execute(
            """INSERT INTO appointments_share (slot_id, audience, capacity, remaining) VALUES (%s, %s, 1, 1)
               ON CONFLICT (slot_id, audience) DO UPDATE
               SET capacity = appointments_share.capacity + 1, remaining = appointments_share.remaining + 1""",
            [slot.pk, AUDIENCE],
        )
    held = Booking(**{**vars(booking), "slot_id": slot.pk, "audience": AUDIENCE, "held_for": GIVES_UP})
    made = book(held, by=by, at=at)
    Appointment.objects.filter(pk=made.pk).update(partner_state=PartnerState.ASKED)
    made.partner_state = PartnerState.ASKED
    return made


def _ask(asked: Appointment, *, by: str, at: datetime) -> Appointment:
    try:
        reference = connector_for(asked.slot.place.partner).ask(asked.key, asked.slot.partner_reference)
    except Refused as refusal:
        _end_here(asked, End.REFUSED, by, at)
        raise NoSeat(str(refusal)) from refusal
    except PartnerDown:
        _end_here(asked, End.REFUSED, by, at)
        raise
    except AnswerLost:
        return _known(asked, PartnerState.UNKNOWN, by, at)
    return _known(asked, PartnerState.BOOKED, by, at, reference)


@transaction.atomic
def _known(asked: Appointment, state: PartnerState, by: str, at: datetime, reference: str = "") -> Appointment:
    """Write what is now known; what is over meanwhile is cancelled at the partner's by the next settling."""
    found = Appointment.objects.select_for_update(of=("self",)).select_related("slot__place").get(pk=asked.pk)
    booked = state == PartnerState.BOOKED
    newly = booked and found.ended_at is None and found.confirmed_at is None
    if found.ended_at is not None:
        state = PartnerState.TO_CANCEL if booked else state
    elif newly:
        found.confirmed_at = at
        AppointmentEvent.objects.create(appointment=found, kind="booked", at=at, by=by, note="confirmé par le partenaire")
    found.partner_state, found.partner_reference = state, reference or found.partner_reference
    found.save(update_fields=["confirmed_at", "partner_state", "partner_reference"])
    if newly:
        telling.happened(telling.BOOKED, [found.pk], at)
    return found


@transaction.atomic
def _end_here(
    asked: Appointment, ended_as: End, by: str, at: datetime, state: PartnerState = PartnerState.CANCELLED
) -> bool:
    if not end(asked, ended_as, by=by, at=at):
        return False
    Appointment.objects.filter(pk=asked.pk).update(partner_state=state)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE appointments_share SET capacity = capacity - 1, remaining = remaining - 1 WHERE id = %s", [asked.share_id]
        )
    return True


def cancel_at_partner(appointment: Appointment, *, by: str, at: datetime | None = None) -> None:
    """Cancel here at once, and at the partner's now or at the next settling."""
    at = at or clock.now()
    if not _end_here(appointment, End.CANCELLED, by, at, PartnerState.TO_CANCEL):
        return
    _settle_one(Appointment.objects.select_related("slot__place").get(pk=appointment.pk), at)


def settle(*, at: datetime) -> dict[str, int]:
    """Bring every booking without answer to what the partner holds; how many of each state. Run again, it finds the rest."""
    pending = Appointment.objects.filter(partner_state__in=(PartnerState.UNKNOWN, PartnerState.TO_CANCEL)) | (
        Appointment.objects.filter(partner_state=PartnerState.ASKED, booked_at__lte=at - PATIENCE)
    )
    done: dict[str, int] = {}
    looked_at: set[str] = set()
    for appointment in pending.select_related("slot__place").order_by("booked_at", "id"):
        state = _settle_one(appointment, at)
        done[state] = done.get(state, 0) + 1
        looked_at.add(appointment.slot.place.partner)
    feeds.settled(looked_at, at)
    return done


def _settle_one(appointment: Appointment, at: datetime) -> str:
    try:
        partner = connector_for(appointment.slot.place.partner)
        held = partner.asked(appointment.key)
        if appointment.partner_state == PartnerState.TO_CANCEL:
            for reference in held:
                partner.cancel(reference)
            Appointment.objects.filter(pk=appointment.pk).update(partner_state=PartnerState.CANCELLED)
            return str(PartnerState.CANCELLED)
        for extra in held[1:]:
            partner.cancel(extra)  # it answered twice: one person, one seat
        if held:
            return str(_known(appointment, PartnerState.BOOKED, AUTOMATIC, at, held[0]).partner_state)
        return _ask_again(appointment, at)
    except (PartnerDown, AnswerLost):
        return str(PartnerState.UNKNOWN)


def _ask_again(appointment: Appointment, at: datetime) -> str:
    """The partner holds nothing for this key: ask again while it is of use, else the seat was not taken."""
    if at >= min(appointment.booked_at + GIVES_UP, appointment.slot.starts_at):
        _end_here(appointment, End.REFUSED, AUTOMATIC, at)
        return str(End.REFUSED)
    try:
        reference = connector_for(appointment.slot.place.partner).ask(appointment.key, appointment.slot.partner_reference)
    except Refused:
        _end_here(appointment, End.REFUSED, AUTOMATIC, at)
        return str(End.REFUSED)
    return str(_known(appointment, PartnerState.BOOKED, AUTOMATIC, at, reference).partner_state)
