"""Letters that come back (NPAI): the code of the envelope says whose address is not theirs any more (AV-03)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from allant.outreach import outcomes, readers
from allant.outreach.letters import codes
from allant.outreach.limits import PARIS
from allant.outreach.models import Channel, DeliveryEvent, Message
from allant.people.models import ContactKind, ContactPoint

GONE = (Message.Status.SENT, Message.Status.DELIVERED, Message.Status.FAILED)


class NotALetter(ValueError):
    """The code names no letter that left, or one that came back before; the message says which, in French."""


@transaction.atomic
def mark_returned(typed: str, *, at: datetime) -> Message:
    """Write that a letter came back: its address receives no more letters; other channels stay. Raises BadCode, NotALetter."""
    letters = Message.objects.filter(channel=Channel.LETTER, person__isnull=False, status__in=GONE)
    message = letters.select_for_update().filter(pk=codes.read(typed)).first()
    if message is None:
        raise NotALetter("Aucun courrier parti ne porte ce code.")
    if message.events.filter(kind=DeliveryEvent.Kind.RETURNED).exists():
        raise NotALetter("Ce retour est déjà enregistré.")
    outcomes.event(message, DeliveryEvent.Kind.RETURNED, "NPAI", at)
    on = at.astimezone(PARIS).date()
    point = message.contact_point or _unknown_address(message)
    ContactPoint.objects.filter(pk=point.pk, invalid_since=None).update(invalid_since=on)
    if message.contact_point_id is None:
        Message.objects.filter(pk=message.pk).update(contact_point=point)
    return message


def _unknown_address(message: Message) -> ContactPoint:
    """Stands for the address of whom it was written to, who has none in the register but a postcode."""
    on = message.sent_at.astimezone(PARIS).date() if message.sent_at else message.send_after
    addressed_to = readers.persons([message], readers.of_messages([message], on))[message.pk]
    point, _ = ContactPoint.objects.get_or_create(person_id=addressed_to, kind=ContactKind.POSTAL, value="")
    return point
