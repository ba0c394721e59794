"""Booking during a call (AV-23, AV-24): both injections or the first, at our places or a partner's; then how it is confirmed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from allant.accounts.actors import Actor
from allant.appointments.booking import Booking, BookingRefused, book, book_both
from allant.appointments.calendar import local_start
from allant.appointments.connector import PartnerSlot
from allant.appointments.ending import end
from allant.appointments.models import Appointment, End, Origin, Place, ToldAt
from allant.appointments.partners import book_at_partner, cancel_at_partner
from allant.campaigns.desk.calling import bookings_of, confirmed_as
from allant.campaigns.desk.taking import CallRefused, held, note
from allant.campaigns.models import CallAttempt, CallEvent
from allant.clock import PARIS
from allant.outreach.actions import drop_messages, queue_messages
from allant.outreach.models import Channel
from allant.people.models import ContactPoint
from allant.people.registration import RegistrationRefused, read_email, read_phone

AUDIENCE = "assurance_maladie"
"""Whose reserved seats come first (AV-23)."""
CAUSE = "desk_call"
TEMPLATE = "rendez-vous-pris"
NOTED = "noted"
KINDS = {"email": (Channel.EMAIL, "email"), "sms": (Channel.SMS, "mobile")}


def wanted(call: CallAttempt, slot_id: int, rank: int) -> Booking:
    """What one key of the page asks for; pressed twice, it is one request."""
    return Booking(
        slot_id=slot_id, key=f"call-{call.pk}-{slot_id}-{rank}", origin=str(Origin.CALL), audience=AUDIENCE, person=call.person,
        rank=rank, cause=(call.message.cause_kind, call.message.cause_id),
    )  # fmt: skip


def book_here(*, call_id: int, slot_id: int, second_slot_id: int | None, by: Actor, at: datetime) -> list[Appointment]:
    """Book in our calendar, the second injection chained when one was chosen (AP-05). Raises NotYours, BookingRefused."""
    with transaction.atomic():
        call = dialled(call_id, by)
        first = wanted(call, slot_id, 1)
        if second_slot_id is None:
            made = [book(first, by=str(by), at=at)]
        else:
            made = list(book_both(first, wanted(call, second_slot_id, 2), by=str(by), at=at))
        _open_still(made)
        _noted(call, made, by, at)
    return made


def book_there(*, call_id: int, place: Place, slot: PartnerSlot, by: Actor, at: datetime) -> Appointment:
    """Book in a partner's calendar; what it has not confirmed is said so. Raises NotYours, BookingRefused, PartnerDown."""
    with transaction.atomic():
        call = dialled(call_id, by)
    # Outside any transaction of ours: the request is written before the partner is asked (AP-06).
    asked = Booking(**{**vars(wanted(call, 0, 1)), "key": f"call-{call.pk}-p{place.pk}-{slot.starts_at:%Y%m%d%H%M}"})
    made = book_at_partner(place, slot, asked, by=str(by), at=at)
    _open_still([made])
    with transaction.atomic():
        _noted(call, [made], by, at)
    return made


def dialled(call_id: int, by: Actor) -> CallAttempt:
    """The agent's call, the person on the telephone. Raises NotYours, CallRefused."""
    call = held(call_id, by)
    if call.dialled_at is None:
        raise CallRefused("Composez d'abord le numéro : un rendez-vous se prend avec la personne.")
    return call


def _open_still(made: list[Appointment]) -> None:
    if any(each.ended_at is not None for each in made):
        raise BookingRefused("Ce rendez-vous a été annulé pendant cet appel : choisissez un autre créneau.")


def _noted(call: CallAttempt, made: list[Appointment], by: Actor, at: datetime) -> None:
    if not call.events.filter(kind="booked", note=str(made[0].pk)).exists():
        note(call, "booked", at, by=by, text=str(made[0].pk))


@transaction.atomic
def unbook(*, call_id: int, by: Actor, at: datetime) -> int:
    """Cancel what was booked during this call, and its confirmation; how many. Raises NotYours."""
    call = dialled(call_id, by)
    found = list(bookings_of(call))
    for each in found:
        if each.partner_state:
            cancel_at_partner(each, by=str(by), at=at)
        else:
            end(each, End.CANCELLED, by=str(by), at=at)
    if found:
        note(call, "unbooked", at, by=by, text=str(found[0].pk))
        for event in call.events.filter(kind="confirmed"):
            drop_messages(cause_kind=CAUSE, cause_id=event.pk, reason="rendez-vous annulé")
    return len(found)


@dataclass(frozen=True)
class Confirmation:
    """How the person keeps the appointment (AV-24): `email`, `sms`, or `noted` and read back.

    `relative`: an address of a relative, for these appointments only; empty: the person's own.
    """

    how: str
    relative: str = ""


@transaction.atomic
def confirm(*, call_id: int, how: Confirmation, by: Actor, at: datetime) -> None:
    """Write how the appointment of this call is confirmed, and send it. Raises NotYours, CallRefused."""
    call = dialled(call_id, by)
    if not bookings_of(call).exists():
        raise CallRefused("Aucun rendez-vous n'a été pris pendant cet appel.")
    if how.how not in (*KINDS, NOTED):
        raise CallRefused("Choisissez le courriel, le SMS, ou « noté et relu ».")
    if confirmed_as(call) == how.how:
        return
    event = CallEvent.objects.create(call=call, kind="confirmed", at=at, by=str(by), note=how.how)
    if how.how == NOTED:
        return
    channel, kind = KINDS[how.how]
    if how.relative:
        _lend(call, kind, how.relative, by, at)
    elif not reached_by(call, kind):
        raise CallRefused("Aucune adresse de cette sorte n'est connue : faites noter et relire le rendez-vous.")
    day = at.astimezone(PARIS).date()
    queue_messages(
        cause_kind=CAUSE, lent=bool(how.relative),
        select="""SELECT %s::bigint AS person_id, %s::bigint AS cause_id, %s AS channel, %s AS template,
                         %s::date AS created_on, %s::date AS send_after""",
        parameters=[call.person_id, event.pk, str(channel), TEMPLATE, day, day],
    )


def _lend(call: CallAttempt, kind: str, typed: str, by: Actor, at: datetime) -> None:
    """Keep a relative's address for the appointments of this call, never as a contact point of the person. Raises CallRefused."""
    try:
        value = read_phone(typed) if kind == "mobile" else read_email(typed)
    except RegistrationRefused as wrong:
        raise CallRefused(str(wrong)) from wrong
    for each in bookings_of(call):
        given = {"value": value, "relative": True, "given_at": at, "given_by": str(by), "refused_on": None, "invalid_since": None}
        ToldAt.objects.update_or_create(appointment=each, kind=kind, defaults=given)


def reached_by(call: CallAttempt, kind: str) -> ContactPoint | None:
    """The person's own address of a kind that still holds."""
    return ContactPoint.objects.filter(
        Q(person=call.person_id) | Q(person__merged_into=call.person_id), kind=kind, invalid_since=None
    ).order_by("pk").first()


def variables_of_confirmations(event_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """`day`, `hour`, `place` and `second` of the appointments of each confirmation that still stands: two reads for all."""
    calls = {event.pk: event.call for event in CallEvent.objects.filter(pk__in=event_ids).select_related("call")}
    booked = _booked_in(calls.values())
    return {pk: _said(booked[call.pk]) for pk, call in calls.items() if call.pk in booked}


def _booked_in(calls: Iterable[CallAttempt]) -> dict[int, list[Appointment]]:
    """The open appointments taken during each of these calls, by rank; calls without any are left out."""
    meant = {f"call-{call.pk}": call.pk for call in calls}
    people = {call.person_id for call in calls}
    taken = Appointment.objects.open().filter(person__in=people, key__startswith="call-").order_by("rank")
    found: dict[int, list[Appointment]] = {}
    for each in taken.select_related("slot__place__location"):
        if (call := meant.get("-".join(each.key.split("-")[:2]))) is not None:
            found.setdefault(call, []).append(each)
    return found


def _said(made: list[Appointment]) -> dict[str, Any]:
    starts, place = [local_start(each.slot) for each in made], made[0].slot.place
    where = ", ".join(part for part in (place.location.name, place.address, place.location.postcode) if part)
    second = f" Seconde injection le {starts[1]:%d/%m/%Y à %H:%M}." if len(made) > 1 else ""
    return {"day": starts[0].date(), "hour": starts[0].time(), "place": where, "second": second}
