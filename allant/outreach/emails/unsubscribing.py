"""The way out of an e-mail: the address it went to receives no more of what may be refused (RFC 8058)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from allant.outreach import lent, outcomes
from allant.outreach.emails.signing import BadLink, read_link
from allant.outreach.limits import PARIS
from allant.outreach.models import DeliveryEvent, Message
from allant.people.models import ContactKind, ContactPoint


def message_of(token: str) -> Message:
    """The message whose link this is. Raises BadLink."""
    sent = Message.objects.filter(Q(person__isnull=False) | Q(lent_address=True), pk=read_link(token), channel="email")
    message = sent.first()
    if message is None:
        raise BadLink("Ce lien ne correspond à aucun courriel.")
    return message


@transaction.atomic
def unsubscribe(token: str, *, at: datetime) -> Message:
    """Refuse, for the address that this message went to; said twice, it is said once. Raises BadLink."""
    message, on = message_of(token), at.astimezone(PARIS).date()
    outcomes.event(message, DeliveryEvent.Kind.UNSUBSCRIBED, "lien du courriel", at)
    if message.lent_address:
        lent.refuse("email", [each.value for each in lent.of_messages([message]).values()], on=on)
        return message
    points = ContactPoint.objects.filter(person=message.person_id, kind=ContactKind.EMAIL)
    if message.contact_point_id:
        points = ContactPoint.objects.filter(pk=message.contact_point_id)
    points.filter(opted_out_on=None).update(opted_out_on=on)
    return message
