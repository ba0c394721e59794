"""What somebody is told of an appointment: taken, moved, over before its time, near, or a freed seat held (AP-08, AV-24, AV-25).

Each is a row of the outbox, written in the transaction of what happened. It goes to the address given for that appointment, else
to the person's mobile, else to their e-mail; who has none is told by nobody and stays to be called (`untold`). A message whose
appointment has become something else has lost its cause and never leaves; none leaves once the appointment has begun (AV-16).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from allant.appointments import telling
from allant.appointments.calendar import local_start, zone_at
from allant.appointments.models import Appointment, End, Place
from allant.clock import PARIS
from allant.outreach.actions import queue_messages
from allant.outreach.models import Channel, Message
from allant.people.models import ContactPoint, Person

REMINDER, OFFER = "appointment_reminder", "appointment_offer"
BOOKED, MOVED, ENDED = "appointment_booked", "appointment_moved", "appointment_ended"
CAUSES = (REMINDER, OFFER, BOOKED, MOVED, ENDED)
REMINDER_TEMPLATE, OFFER_TEMPLATE = "appointment-reminder", "appointment-offer"
TOLD = {
    telling.BOOKED: (BOOKED, "appointment-booked"),
    telling.MOVED_TO: (MOVED, "appointment-moved"),
    str(End.CLOSED): (ENDED, "appointment-closed"),
    str(End.CANCELLED): (ENDED, "appointment-cancelled"),
    str(End.REFUSED): (ENDED, "appointment-refused"),
}
"""What happened → cause and wording; anything else is told to nobody."""

# What was said aloud when it happened is not written again: an agent confirms and cancels during the call, and a partner's
# refusal is on the page. A second injection is told with the first.
_NEWS = {
    telling.BOOKED: """(appointment.first_id IS NULL OR appointment.booked_at < appointment.confirmed_at)
        AND (appointment.origin <> 'call' OR appointment.booked_at < appointment.confirmed_at)""",
    telling.MOVED_TO: "appointment.confirmed_at IS NOT NULL",
    str(End.CLOSED): "TRUE",
    str(End.CANCELLED): """appointment.confirmed_at IS NOT NULL AND appointment.first_id IS NULL
        AND NOT (appointment.origin = 'call' AND appointment.ended_by = appointment.booked_by
                 AND appointment.ended_at < appointment.booked_at + interval '1 hour')""",
    str(End.REFUSED): "appointment.ended_at > appointment.booked_at",
}

_GIVEN = """
    SELECT told.kind FROM appointments_toldat AS told
    WHERE told.appointment_id = appointment.id AND told.invalid_since IS NULL {unless}
    ORDER BY told.kind = 'mobile' DESC LIMIT 1"""
# One channel a person: the mobile where there is one, else the e-mail.
_OWN = """
    SELECT point.kind FROM people_person AS bearer JOIN people_contactpoint AS point ON point.person_id = bearer.id
    WHERE (bearer.id = coalesce(person.merged_into_id, person.id)
           OR bearer.merged_into_id = coalesce(person.merged_into_id, person.id))
      AND point.kind IN ('mobile', 'email') AND point.invalid_since IS NULL {unless}
    ORDER BY point.kind = 'mobile' DESC LIMIT 1"""

_TELL = """
    SELECT coalesce(person.merged_into_id, person.id) AS person_id, appointment.id AS cause_id,
           CASE reached.kind WHEN 'mobile' THEN 'sms' ELSE 'email' END AS channel, %s::text AS template,
           %s::date AS created_on, %s::date AS send_after, {until} AS useful_until, {lent} AS lent_address
    FROM appointments_appointment AS appointment
    JOIN appointments_slot AS slot ON slot.id = appointment.slot_id
    LEFT JOIN people_person AS person ON person.id = appointment.person_id
    CROSS JOIN LATERAL ({channel}) AS reached
    WHERE appointment.id = ANY(%s::bigint[]) AND slot.starts_at > %s::timestamptz AND {which}"""


def tell(what: str, ids: Sequence[int], at: datetime) -> int:
    """Write what has just become of these appointments for those concerned; how many are told. Listens to `telling`."""
    if what not in TOLD:
        return 0
    cause, template = TOLD[what]
    return _queue(cause, template, ids, at, which=_NEWS[what], until="slot.starts_at")


def queue_reminders(*, at: datetime, before: timedelta) -> int:
    """Write the reminders of the appointments whose day comes within `before`; how many are new. Run again, it adds none.

    Who booked less than that ahead has it fresh in mind: no reminder. A place's own day counts, hence the day more that is read.
    """
    due = [each.pk for each in _confirmed_between(at, at + before + timedelta(days=1)) if _due(each, at, before)]
    return _queue(
        REMINDER, REMINDER_TEMPLATE, due, at, which="appointment.ended_at IS NULL", until="slot.starts_at", reminds=True
    )


def queue_offers(appointments: Sequence[Appointment], *, at: datetime) -> int:
    """Tell those who wait that a seat is held for them, until when and how to confirm; how many are told."""
    held = [each.pk for each in appointments]
    which = "appointment.confirmed_at IS NULL AND appointment.ended_at IS NULL"
    return _queue(OFFER, OFFER_TEMPLATE, held, at, which=which, until="appointment.held_until", reminds=True)


@transaction.atomic(savepoint=False)
def _queue(
    cause: str, template: str, ids: Sequence[int], at: datetime, *, which: str, until: str, reminds: bool = False
) -> int:
    """`reminds`: it may be refused (STOP), and does not go to a relative."""
    given = _GIVEN.format(unless="AND told.refused_on IS NULL AND NOT told.relative" if reminds else "")
    own = _OWN.format(unless="AND point.opted_out_on IS NULL" if reminds else "")
    today = at.astimezone(PARIS).date()
    # What somebody gave for this appointment stands in place of their contact points: a STOP from there does not lead elsewhere.
    unless = f"NOT EXISTS (SELECT FROM appointments_toldat AS told WHERE told.appointment_id = appointment.id{_usable(reminds)})"
    lent = _TELL.format(until=until, channel=given, which=which, lent="TRUE")
    theirs = _TELL.format(until=until, channel=own, which=f"{which} AND person.id IS NOT NULL AND {unless}", lent="FALSE")
    values = [template, today, today, list(ids), at]
    return queue_messages(
        cause_kind=cause, select=f"{lent} UNION ALL {theirs}", parameters=[*values, *values], until=True, lent=None, again=True
    )


def _usable(reminds: bool) -> str:
    return " AND NOT told.relative" if reminds else " AND told.invalid_since IS NULL"


def _confirmed_between(first: datetime, last: datetime) -> Iterable[Appointment]:
    found = Appointment.objects.open().filter(
        confirmed_at__isnull=False, slot__starts_at__gt=first, slot__starts_at__lt=last
    )
    return found.select_related("slot__place__location").order_by("slot__starts_at", "id")


def _due(appointment: Appointment, at: datetime, before: timedelta) -> bool:
    zone = zone_at(appointment.slot.place)
    day = local_start(appointment.slot).date()
    return day - before <= at.astimezone(zone).date() and appointment.booked_at.astimezone(zone).date() < day - before


def told_of(appointment: Appointment) -> str | None:
    """The channel, in French, of the message that says an appointment is taken or moved; None when nothing could leave."""
    told = Message.objects.filter(cause_kind__in=(BOOKED, MOVED), cause_id=appointment.pk)
    channel = told.exclude(status=Message.Status.DROPPED).order_by("-pk").values_list("channel", flat=True).first()
    return None if channel is None else str(Channel(channel).label)


def can_be_told(person: Person) -> bool:
    """Whether a freed seat can be said to a person: a mobile or an e-mail of theirs that holds, and that they did not refuse."""
    points = ContactPoint.objects.filter(Q(person=person) | Q(person__merged_into=person), kind__in=("mobile", "email"))
    return points.filter(invalid_since=None, opted_out_on=None).exists()


def untold(place: Place, at: datetime) -> QuerySet[Appointment]:
    """Appointments to come that the place ended, and that no message tells: somebody has to call."""
    told = Message.objects.filter(cause_kind=ENDED).exclude(status__in=(Message.Status.DROPPED, Message.Status.FAILED))
    found = Appointment.objects.filter(
        slot__place=place, slot__starts_at__gt=at, ended_as=End.CLOSED
    ).exclude(Q(pk__in=told.values("cause_id")))
    return found.select_related("slot__place__location", "person", "guest").order_by("slot__starts_at", "id")
