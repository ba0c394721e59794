"""What an appointment lends its messages: words said when they leave, and the addresses given for it alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.conf import settings
from django.urls import reverse

from allant import clock
from allant.appointments.calendar import local_start, zone_at
from allant.appointments.links import token_of
from allant.appointments.models import FREEING, Appointment, Service, ToldAt
from allant.campaigns.desk.calling import bookings_of
from allant.campaigns.injections import wants_second
from allant.campaigns.models import CallEvent
from allant.doctrine import rules
from allant.outreach.lent import Lender, Lent

Words = Mapping[int, Mapping[str, Any]]

KINDS = {"sms": "mobile", "email": "email"}
DOCTOR = " Pensez à prévenir votre médecin traitant."
"AV-25: said of a vaccination only."
BY_THE_PLACE = " Le lieu prendra avec vous le rendez-vous de la seconde injection."

DEPARTEMENT = """SELECT CASE WHEN location.commune_code ~ '^9[78]' THEN left(location.commune_code, 3)
                             ELSE left(location.commune_code, 2) END
    FROM appointments_appointment AS booked JOIN appointments_slot AS slot ON slot.id = booked.slot_id
    JOIN appointments_place AS place ON place.id = slot.place_id
    JOIN directory_location AS location ON location.id = place.location_id
    WHERE booked.id = {cause_id}"""
"""Whose clock and calendar count for a guest: those of the place."""


def of_confirmed(ids: Sequence[int]) -> Words:
    """`day`, `hour`, `place`, `second`, `doctor`, `url` of each appointment that still stands, confirmed."""
    return _lent(Appointment.objects.open().filter(pk__in=ids, confirmed_at__isnull=False))


def of_offers(ids: Sequence[int]) -> Words:
    """The same of each seat still held, with `until_day` and `until_hour`."""
    return _lent(Appointment.objects.open().filter(pk__in=ids, confirmed_at=None, held_until__isnull=False))


def of_ended(ids: Sequence[int]) -> Words:
    """The same of each appointment whose seat was given back; `url` is where to take another."""
    found = _lent(Appointment.objects.filter(pk__in=ids, ended_as__in=FREEING))
    return {pk: {**words, "url": settings.ALLANT_ADDRESS + reverse("appointments")} for pk, words in found.items()}


def _lent(found: Any) -> dict[int, dict[str, Any]]:
    lent = {}
    for each in found.select_related("slot__place__location").prefetch_related("chained__slot__place__location"):
        starts, place = local_start(each.slot), each.slot.place
        lent[each.pk] = {
            "day": starts.date(), "hour": starts.time(), "place": where(each),
            "url": settings.ALLANT_ADDRESS + reverse("own_appointment", args=[token_of(each)]),
            "second": _second(each), "doctor": DOCTOR if each.service == Service.VACCINATION else "",
        }  # fmt: skip
        if each.held_until is not None:
            until = each.held_until.astimezone(zone_at(place))
            lent[each.pk] |= {"until_day": until.date(), "until_hour": until.time()}
    return lent


def where(appointment: Appointment) -> str:
    """Name, address and postcode of its place."""
    place = appointment.slot.place
    return ", ".join(part for part in (place.location.name, place.address, place.location.postcode) if part)


def _second(appointment: Appointment) -> str:
    """When the second injection is, or that the place books it (AP-05); empty where there is none."""
    chained = [each for each in appointment.chained.all() if each.ended_at is None]
    if chained:
        return f" Seconde injection le {local_start(chained[0].slot):%d/%m/%Y à %H:%M}."
    alone = appointment.rank == 1 and not appointment.slot.place.books_second
    return BY_THE_PLACE if alone and wants_second(appointment.slot, rules.as_known_on(clock.today())) else ""


def _addresses(channel: str, causes: Sequence[int]) -> dict[int, Lent]:
    found = ToldAt.objects.filter(appointment__in=causes, kind=KINDS.get(channel, ""), invalid_since=None)
    return {each.appointment_id: Lent(each.value, each.refused_on is not None) for each in found}


def _of_calls(channel: str, events: Sequence[int]) -> dict[int, Lent]:
    """Of a confirmation given by an agent: the relative's address of the appointments of the call (AV-24)."""
    found = {}
    for event in CallEvent.objects.filter(pk__in=events).select_related("call"):
        lent = _addresses(channel, [each.pk for each in bookings_of(event.call)])
        if lent:
            found[event.pk] = next(iter(lent.values()))
    return found


def _refuse(channel: str, values: Sequence[str], refused: bool, on: date) -> int:
    found = ToldAt.objects.filter(kind=KINDS.get(channel, ""), value__in=values)
    if refused:
        return found.filter(refused_on=None).update(refused_on=on)
    return found.exclude(refused_on=None).update(refused_on=None)


def _invalidate(channel: str, values: Sequence[str], on: date) -> int:
    return ToldAt.objects.filter(kind=KINDS.get(channel, ""), value__in=values, invalid_since=None).update(invalid_since=on)


ADDRESSES = Lender(of=_addresses, refuse=_refuse, invalidate=_invalidate)
CALL_ADDRESSES = Lender(of=_of_calls, refuse=lambda *said: 0, invalidate=lambda *said: 0)
