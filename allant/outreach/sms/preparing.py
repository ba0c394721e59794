"""From claimed messages to SMS ready to leave: words, number, parts; one SMS a number for one campaign (AV-16)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection, transaction

from allant.doctrine import rules
from allant.outreach import lent, readers, texts
from allant.outreach.causes import campaign_sql
from allant.outreach.kinds import MessageKind, kinds_of
from allant.outreach.limits import PARIS
from allant.outreach.models import Channel, Message, Submission
from allant.outreach.sms.numbers import as_registered, international
from allant.outreach.sms.segments import Cut, TooLong, cut
from allant.outreach.templates import MissingVariable, fill

SHARED = "déjà écrit à ce numéro, partagé"
REVOKED, NO_NUMBER, IN_PART = "cause révoquée", "plus d'adresse", "remis en partie, texte changé depuis"
LOCKS = 5_321  # the class of the advisory locks taken here, one a number

# The number asked for by the cause (an answer to it), or the first valid one; a refused one only for kinds that it does not stop.
_POINTS = """
SELECT DISTINCT ON (message.id) message.id, point.id, point.value
FROM unnest(%(ids)s::bigint[], %(readers)s::bigint[]) AS asked(message_id, reader_id)
JOIN outreach_message AS message ON message.id = asked.message_id
JOIN people_person AS bearer ON bearer.id = asked.reader_id OR bearer.merged_into_id = asked.reader_id
JOIN people_contactpoint AS point ON point.person_id = bearer.id AND point.kind = 'mobile' AND point.invalid_since IS NULL
WHERE (point.opted_out_on IS NULL OR message.id = ANY(%(whatever)s))
ORDER BY message.id, (point.id = message.contact_point_id) DESC NULLS LAST, point.opted_out_on NULLS FIRST, point.id"""

_LOCK = """SELECT pg_advisory_xact_lock(%(locks)s, code)
FROM (SELECT DISTINCT hashtext(value) AS code FROM unnest(%(numbers)s::text[]) AS value ORDER BY 1) AS ordered"""

# Numbers already written to, or about to be, for the same campaign: by somebody else's message. What a representative reads of
# somebody says of whom, so it neither stands for another message nor for their own.
_WRITTEN = """
WITH asked AS MATERIALIZED (
    SELECT asked.message_id, asked.value, {asked_campaign} AS campaign_id
    FROM unnest(%(messages)s::bigint[], %(values)s::text[]) AS asked(message_id, value)
    JOIN outreach_message AS message ON message.id = asked.message_id
)
SELECT DISTINCT asked.message_id FROM asked
WHERE asked.campaign_id IS NOT NULL AND EXISTS (
    SELECT FROM people_contactpoint AS point JOIN outreach_message AS other ON other.contact_point_id = point.id
    JOIN people_person AS bearer ON bearer.id = point.person_id AND other.person_id IN (bearer.id, bearer.merged_into_id)
    WHERE point.value = asked.value AND other.id <> asked.message_id AND other.channel = 'sms'
      AND other.status IN ('sending', 'sent', 'delivered', 'failed') AND {other_campaign} = asked.campaign_id)"""
_CAMPAIGNS = "SELECT message.id, {campaign} FROM outreach_message AS message WHERE message.id = ANY(%s)"
_TAKE = """UPDATE outreach_message AS message SET contact_point_id = taken.point_id
FROM unnest(%(messages)s::bigint[], %(points)s::bigint[]) AS taken(message_id, point_id)
WHERE message.id = taken.message_id AND message.contact_point_id IS DISTINCT FROM taken.point_id"""


@dataclass(slots=True)
class Ready:
    """One SMS ready to leave. `missing`: parts (1, 2…) that the centre does not have yet."""

    message: Message
    kind: MessageKind
    point: int | None
    "None: an address that the cause lends."
    number: str
    cut: Cut
    missing: list[int] = field(default_factory=list)


@transaction.atomic
def prepare(messages: Sequence[Message], at: datetime) -> list[Ready]:
    """The SMS of these messages; those that have lost their cause or number, or share one, are dropped with their reason."""
    if not messages:
        return []
    on = at.astimezone(PARIS).date()
    kinds = kinds_of(messages, rules.as_known_on(on), on)
    variables = texts.variables_of(messages)
    reading = readers.of_messages(messages, on)
    points = _points(messages, kinds, readers.persons(messages, reading))
    _drop((message for message in messages if message.pk not in variables), REVOKED)
    _drop((message for message in messages if message.pk in variables and message.pk not in points), NO_NUMBER)
    left = [message for message in messages if message.pk in variables and message.pk in points]
    own = [message for message in left if message.pk not in reading]
    shared = _sharing(own, {message.pk: points[message.pk][1] for message in own})
    _drop((message for message in left if message.pk in shared), SHARED)
    left = [message for message in left if message.pk not in shared]
    _take(left, points)
    words = texts.of_each(left, reading) if left else {}
    ready = []
    for message in left:
        point, number = points[message.pk]
        try:
            _, body = fill(words[message.pk], variables[message.pk])
            body = readers.for_whom(reading.get(message.pk), words[message.pk].language, Channel.SMS, on) + body
            ready.append(Ready(message, kinds[message.template], point, number, cut(body, message.pk)))
        except (TooLong, MissingVariable) as error:
            _drop([message], str(error)[:80])
    return _without_what_left(ready)


def _points(messages: Sequence[Message], kinds: dict[str, MessageKind], who: dict[int, int]) -> dict[int, tuple[int | None, str]]:
    """Message → contact point (none of what its cause lends) and number as a centre writes it."""
    whatever = [message.pk for message in messages if not kinds[message.template].stops_at_refusal]
    with connection.cursor() as cursor:
        cursor.execute(_POINTS, {"ids": list(who), "readers": list(who.values()), "whatever": whatever})
        rows: list[tuple[int, int | None, str]] = cursor.fetchall()
    allowed = set(whatever)
    rows += [(pk, None, each.value) for pk, each in lent.of_messages(messages).items() if pk in allowed or not each.refused]
    numbers = {message: (point, international(value)) for message, point, value in rows}
    return {message: (point, number) for message, (point, number) in numbers.items() if number}


def _sharing(messages: Sequence[Message], numbers: dict[int, str]) -> set[int]:
    """Messages to a number that has, or gets now, another one of the same campaign."""
    if not messages:
        return set()
    ids = list(numbers)
    with connection.cursor() as cursor:
        # Two senders that hold one number each would otherwise not see the other's.
        cursor.execute(_LOCK, {"locks": LOCKS, "numbers": list(numbers.values())})
        written = _WRITTEN.format(asked_campaign=campaign_sql("message"), other_campaign=campaign_sql("other"))
        ways = [(pk, value) for pk, number in numbers.items() for value in as_registered(number)]
        cursor.execute(written, {"messages": [pk for pk, _ in ways], "values": [value for _, value in ways]})
        shared = {pk for (pk,) in cursor.fetchall()}
        cursor.execute(_CAMPAIGNS.format(campaign=campaign_sql("message")), [ids])
        campaign = dict(cursor.fetchall())
    first: set[tuple[int, str]] = set()
    for message in messages:
        place = (campaign[message.pk], numbers[message.pk])
        if campaign[message.pk] is None or message.pk in shared:
            continue
        if place in first:
            shared.add(message.pk)
        first.add(place)
    return shared


def _take(messages: Sequence[Message], points: dict[int, tuple[int | None, str]]) -> None:
    messages = [each for each in messages if points[each.pk][0] is not None]
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"messages": [each.pk for each in messages], "points": [points[each.pk][0] for each in messages]})


def _without_what_left(ready: list[Ready]) -> list[Ready]:
    """Parts that the centre took at a former attempt do not leave again; a text cut otherwise since then cannot be completed."""
    again = [each.message.pk for each in ready if each.message.attempts]
    had: dict[int, dict[int, int]] = {}
    for pk, part, parts in _accepted(again) if again else ():
        had.setdefault(pk, {})[part] = parts
    kept = []
    for each in ready:
        taken, total = had.get(each.message.pk, {}), len(each.cut.parts)
        if any(parts != total for parts in taken.values()):
            if each.kind.never_twice:
                _drop([each.message], IN_PART)
                continue
            taken = {}
        each.missing = [number for number in range(1, total + 1) if number not in taken]
        kept.append(each)
    return kept


def _accepted(ids: list[int]) -> Iterable[tuple[int, int, int]]:
    return Submission.objects.filter(message__in=ids).exclude(smsc_id="").values_list("message_id", "part", "parts")


def _drop(messages: Iterable[Message], reason: str) -> None:
    ids = [message.pk for message in messages]
    if ids:
        Message.objects.filter(pk__in=ids).update(status=Message.Status.DROPPED, drop_reason=reason, sent_in="")
