"""What a person of the register is told of an appointment: the reminder, and a freed seat held for them (AP-08).

Each is a row of the outbox, of its own cause; one whose appointment is over, moved or cancelled has lost its cause and never
leaves, and none leaves once the appointment has begun, or the hold has lapsed (AV-16).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from allant.appointments.calendar import local_start, zone_at
from allant.appointments.links import token_of
from allant.appointments.models import Appointment
from allant.clock import PARIS
from allant.outreach.actions import queue_messages

REMINDER, OFFER = "appointment_reminder", "appointment_offer"
REMINDER_TEMPLATE, OFFER_TEMPLATE = "appointment-reminder", "appointment-offer"

# One channel a person: the mobile where there is one, else the e-mail. Who has neither is told by nobody, and is counted.
_CHANNEL = """
    SELECT point.kind FROM people_person AS bearer JOIN people_contactpoint AS point ON point.person_id = bearer.id
    WHERE (bearer.id = coalesce(person.merged_into_id, person.id)
           OR bearer.merged_into_id = coalesce(person.merged_into_id, person.id))
      AND point.kind IN ('mobile', 'email') AND point.invalid_since IS NULL AND point.opted_out_on IS NULL
    ORDER BY point.kind = 'mobile' DESC LIMIT 1"""

_TELL = """
    SELECT coalesce(person.merged_into_id, person.id) AS person_id, appointment.id AS cause_id,
           CASE reached.kind WHEN 'mobile' THEN 'sms' ELSE 'email' END AS channel, %s AS template,
           %s::date AS created_on, %s::date AS send_after, {until} AS useful_until
    FROM appointments_appointment AS appointment
    JOIN appointments_slot AS slot ON slot.id = appointment.slot_id
    JOIN people_person AS person ON person.id = appointment.person_id
    CROSS JOIN LATERAL ({channel}) AS reached
    WHERE appointment.ended_at IS NULL AND {which}"""


@transaction.atomic
def queue_reminders(*, at: datetime, before: timedelta) -> int:
    """Write the reminders of the appointments whose day comes within `before`; how many are new. Run again, it adds none.

    Who booked less than that ahead has it fresh in mind: no reminder. A place's own day counts, hence the day more that is read.
    """
    today = at.astimezone(PARIS).date()
    due = [each.pk for each in _confirmed_between(at, at + before + timedelta(days=1)) if _due(each, at, before)]
    sql = _TELL.format(until="slot.starts_at", channel=_CHANNEL, which="appointment.id = ANY(%s)")
    return queue_messages(
        cause_kind=REMINDER, select=sql, parameters=[REMINDER_TEMPLATE, today, today, due], until=True
    )


def _confirmed_between(first: datetime, last: datetime) -> Iterable[Appointment]:
    found = Appointment.objects.open().filter(
        confirmed_at__isnull=False, person__isnull=False, slot__starts_at__gt=first, slot__starts_at__lt=last
    )
    return found.select_related("slot__place__location").order_by("slot__starts_at", "id")


def _due(appointment: Appointment, at: datetime, before: timedelta) -> bool:
    zone = zone_at(appointment.slot.place)
    day = local_start(appointment.slot).date()
    return day - before <= at.astimezone(zone).date() and appointment.booked_at.astimezone(zone).date() < day - before


@transaction.atomic
def queue_offers(appointments: Sequence[Appointment], *, at: datetime) -> int:
    """Tell those who wait that a seat is held for them, until when and how to confirm; how many are told."""
    today = at.astimezone(PARIS).date()
    sql = _TELL.format(
        until="appointment.held_until", channel=_CHANNEL, which="appointment.confirmed_at IS NULL AND appointment.id = ANY(%s)"
    )
    held = [each.pk for each in appointments]
    return queue_messages(cause_kind=OFFER, select=sql, parameters=[OFFER_TEMPLATE, today, today, held], until=True)


def variables_of_reminders(ids: Sequence[int]) -> Mapping[int, Mapping[str, Any]]:
    """`day`, `hour`, `place`, `url` of each appointment that still stands, confirmed."""
    return _lent(Appointment.objects.open().filter(pk__in=ids, confirmed_at__isnull=False))


def variables_of_offers(ids: Sequence[int]) -> Mapping[int, Mapping[str, Any]]:
    """The same of each seat still held, with `until_day` and `until_hour`."""
    return _lent(Appointment.objects.open().filter(pk__in=ids, confirmed_at=None, held_until__isnull=False))


def _lent(found: Any) -> dict[int, dict[str, Any]]:
    lent = {}
    for each in found.select_related("slot__place__location"):
        starts, place = local_start(each.slot), each.slot.place
        url = settings.ALLANT_ADDRESS + reverse("own_appointment", args=[token_of(each)])
        lent[each.pk] = {
            "day": starts.date(), "hour": starts.time(), "url": url,
            "place": ", ".join(part for part in (place.location.name, place.address, place.location.postcode) if part),
        }  # fmt: skip
        if each.held_until is not None:
            until = each.held_until.astimezone(zone_at(place))
            lent[each.pk] |= {"until_day": until.date(), "until_hour": until.time()}
    return lent
