"""From claimed messages to e-mails ready to leave: cause, address, words (AV-11, AV-03)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.core.mail import EmailMultiAlternatives
from django.db import connection, transaction

from allant.doctrine import rules
from allant.outreach import lent, readers, texts
from allant.outreach.addresses import of_messages
from allant.outreach.emails.composing import BadAddress, compose
from allant.outreach.emails.route import Route
from allant.outreach.kinds import MessageKind, kinds_of
from allant.outreach.limits import PARIS
from allant.outreach.models import Message
from allant.outreach.templates import MissingVariable
from allant.people.models import ContactPoint

REVOKED, NO_ADDRESS, BAD_ADDRESS = "cause révoquée", "plus d'adresse", "adresse électronique mal écrite"

# The first valid address of the person; a refused one only for kinds that refusal does not stop.
_POINTS = """
SELECT DISTINCT ON (message.id) message.id, point.id, point.value
FROM unnest(%(ids)s::bigint[], %(readers)s::bigint[]) AS asked(message_id, reader_id)
JOIN outreach_message AS message ON message.id = asked.message_id
JOIN people_person AS bearer ON bearer.id = asked.reader_id OR bearer.merged_into_id = asked.reader_id
JOIN people_contactpoint AS point ON point.person_id = bearer.id AND point.kind = 'email' AND point.invalid_since IS NULL
WHERE (point.opted_out_on IS NULL OR message.id = ANY(%(whatever)s))
ORDER BY message.id, (point.id = message.contact_point_id) DESC NULLS LAST, point.opted_out_on NULLS FIRST, point.id"""


@dataclass(frozen=True, slots=True)
class Ready:
    """One e-mail ready to leave; `point` is None for professionals, structures, and addresses that the cause lends."""

    message: Message
    kind: MessageKind
    point: int | None
    mail: EmailMultiAlternatives


@transaction.atomic
def prepare(messages: Sequence[Message], at: datetime, route: Route) -> list[Ready]:
    """The e-mails of these messages; those that have lost their cause or their address are dropped with their reason."""
    if not messages:
        return []
    on = at.astimezone(PARIS).date()
    book = rules.as_known_on(on)
    reading = readers.of_messages(messages, on)
    words = texts.of_each(messages, reading)
    of_wording = kinds_of(messages, book, on)
    kinds = {message.pk: of_wording[message.template] for message in messages}
    variables, points = texts.variables_of(messages), _addresses(messages, kinds, readers.persons(messages, reading), on)
    drop((message for message in messages if message.pk not in variables), REVOKED)
    drop((message for message in messages if message.pk in variables and message.pk not in points), NO_ADDRESS)
    ready = []
    for message in messages:
        if message.pk not in variables or message.pk not in points:
            continue
        point, address = points[message.pk]
        try:
            mail = compose(
                message, template=words[message.pk], values=variables[message.pk], address=address, kind=kinds[message.pk],
                route=route, book=book, on=on, reader=reading.get(message.pk),
            )  # fmt: skip
        except BadAddress:
            drop([message], BAD_ADDRESS)
            lent.invalidate([message], on)
            ContactPoint.objects.filter(pk=point, invalid_since=None).update(invalid_since=on)
        except MissingVariable as error:
            drop([message], str(error)[:80])
        else:
            ready.append(Ready(message, kinds[message.pk], point, mail))
    return ready


def _addresses(
    messages: Sequence[Message], kinds: dict[int, MessageKind], who: dict[int, int], on: date
) -> dict[int, tuple[int | None, str]]:
    """Message → contact point and address."""
    whatever = [pk for pk, of_kind in kinds.items() if not of_kind.stops_at_refusal]
    with connection.cursor() as cursor:
        cursor.execute(_POINTS, {"ids": list(who), "readers": list(who.values()), "whatever": whatever})
        found: dict[int, tuple[int | None, str]] = {pk: (point, value) for pk, point, value in cursor.fetchall()}
    allowed = set(whatever)
    found |= {pk: (None, each.value) for pk, each in lent.of_messages(messages).items() if pk in allowed or not each.refused}
    others = [message for message in messages if message.person_id is None and not message.lent_address]
    return found | ({pk: (None, value) for pk, value in of_messages(others, on).items()} if others else {})


def drop(messages: Iterable[Message], reason: str) -> None:
    """Withdraw claimed messages, in French for which reason."""
    ids = [message.pk for message in messages]
    if ids:
        sending = Message.objects.filter(pk__in=ids, status=Message.Status.SENDING)
        sending.update(status=Message.Status.DROPPED, drop_reason=reason)
