"""What becomes of a message that a sender took: every sender of every channel writes it here, and here only.

`leaving` is written, and committed, before the first byte leaves. A message that is `sending` without such a row has certainly
not left; one with an unanswered row is in doubt, and its kind decides (docs/decisions/0016). Everything can be said twice.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from allant.outreach.models import DeliveryEvent, Message
from allant.outreach.policy import Reason
from allant.outreach.prepared import prepared_cursor

UNCERTAIN = "incertain : remise interrompue"
"""The reason of a message that may have left, and that is never to leave twice."""

_LEAVING = """
WITH part AS (
    SELECT * FROM unnest(%(messages)s::bigint[], %(points)s::bigint[], %(numbers)s::int[], %(totals)s::int[])
        AS part(message_id, point_id, number, total)
), mine AS (
    UPDATE outreach_message AS message
    SET attempts = message.attempts + 1, contact_point_id = coalesce(taken.point_id, message.contact_point_id)
    FROM (SELECT DISTINCT ON (message_id) message_id, point_id FROM part ORDER BY message_id) AS taken
    WHERE message.id = taken.message_id AND message.status = 'sending' AND message.sent_in = %(sender)s
      AND (message.useful_until IS NULL OR message.useful_until > %(at)s)
    RETURNING message.id, message.attempts
), late AS (
    UPDATE outreach_message AS message SET status = 'dropped', drop_reason = %(too_late)s, sent_in = '', claimed_at = NULL
    WHERE message.id = ANY(%(messages)s) AND message.status = 'sending' AND message.sent_in = %(sender)s
      AND message.useful_until <= %(at)s
)
INSERT INTO outreach_submission (message_id, attempt, part, parts, route, submitted_at)
SELECT part.message_id, mine.attempts, part.number, part.total, %(route)s, %(at)s
FROM part JOIN mine ON mine.id = part.message_id
RETURNING id, message_id, part"""

_SENT = """
UPDATE outreach_message SET status = 'sent', sent_at = %(at)s, drop_reason = '', held_reason = '', next_at = NULL
WHERE id = ANY(%(ids)s) AND (status = 'sending' OR status = 'failed' AND drop_reason = %(uncertain)s)"""

# A delivery says that it left, whatever the answer of the gateway; a failure known later than a delivery changes nothing.
_EVENTS = """
WITH found AS MATERIALIZED (
    SELECT * FROM unnest(
        %(messages)s::bigint[], %(kinds)s::text[], %(keys)s::text[], %(ats)s::timestamptz[], %(details)s::text[],
        %(statuses)s::text[], %(reasons)s::text[]
    ) AS found(message_id, kind, key, at, detail, status, reason)
), written AS (
    INSERT INTO outreach_deliveryevent (message_id, kind, key, at, detail) SELECT message_id, kind, key, at, detail FROM found
    ON CONFLICT DO NOTHING
), last AS (
    SELECT DISTINCT ON (message_id) * FROM found WHERE status <> '' ORDER BY message_id, kind = 'delivered' DESC
)
UPDATE outreach_message AS message
SET status = last.status, sent_at = coalesce(message.sent_at, last.at), drop_reason = last.reason
FROM last
WHERE message.id = last.message_id AND (
    message.status IN ('sending', 'sent')
    OR message.status = 'failed' AND (last.kind = 'delivered' OR message.drop_reason = %(uncertain)s)
    OR message.status = 'delivered' AND last.kind IN ('bounced', 'returned'))"""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a message about to leave; an e-mail or a letter has one. `point` is the contact point it goes to."""

    message: int
    point: int | None = None
    number: int = 1
    total: int = 1


@dataclass(frozen=True, slots=True)
class Event:
    """Something that came back about a message. `key` is what the carrier calls it: the same twice is one."""

    message: int
    kind: str
    key: str
    at: datetime
    detail: str = ""


def leaving(parts: Sequence[Part], *, route: str, sender: str, at: datetime) -> dict[tuple[int, int], int]:
    """Write that these parts are about to leave; (message, part) → submission, of those that are still this sender's.

    To be committed before the first byte. A part that is missing from the answer must not leave: it was taken back, or what it
    reminds of has begun since the claim, and the message is dropped (AV-16).
    """
    values = {
        "messages": [part.message for part in parts], "points": [part.point for part in parts],
        "numbers": [part.number for part in parts], "totals": [part.total for part in parts],
        "route": route, "sender": sender, "at": at, "too_late": str(Reason.TOO_LATE),
    }  # fmt: skip
    with prepared_cursor() as cursor:
        cursor.execute(_LEAVING, values)
        return {(message, number): pk for pk, message, number in cursor.fetchall()}


def sent(ids: Collection[int], at: datetime) -> int:
    """The carrier answered that it has them; what is known delivered or failed stays so. Returns how many changed."""
    if not ids:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_SENT, {"ids": list(ids), "at": at, "uncertain": UNCERTAIN})
        return cursor.rowcount


def failed(message_id: int, reason: str, at: datetime, retry_at: datetime | None = None) -> bool:
    """It was certainly not taken, in French for which reason: it waits until `retry_at`, or for ever fails without one."""
    sending = Message.objects.filter(pk=message_id, status=Message.Status.SENDING)
    if retry_at is None:
        return bool(sending.update(status=Message.Status.FAILED, drop_reason=reason[:80], sent_at=at))
    return bool(
        sending.update(
            status=Message.Status.PENDING, next_at=retry_at, held_reason=reason[:80], sent_in="", claimed_at=None
        )
    )


def uncertain(ids: Collection[int], at: datetime) -> int:
    """They may have left and will not leave again; a receipt that comes later tells. Returns how many changed."""
    sending = Message.objects.filter(pk__in=list(ids), status=Message.Status.SENDING)
    return sending.update(status=Message.Status.FAILED, drop_reason=UNCERTAIN, sent_at=at)


def released(ids: Collection[int]) -> int:
    """Give back what was taken and has certainly not left: it may be taken again at once. Returns how many changed."""
    sending = Message.objects.filter(pk__in=list(ids), status=Message.Status.SENDING)
    return sending.update(status=Message.Status.PENDING, sent_in="", claimed_at=None)


def event(message: Message, kind: str, key: str, at: datetime, detail: str = "") -> None:
    """One event of one message (`DeliveryEvent.Kind`)."""
    events([Event(message.pk, kind, key, at, detail)])


def events(found: Sequence[Event]) -> None:
    """Write what came back and bring the messages to what it says; the same event twice is one."""
    if not found:
        return
    columns = {
        "messages": [event.message for event in found], "kinds": [event.kind for event in found],
        "keys": [event.key[:100] for event in found], "ats": [event.at for event in found],
        "details": [event.detail[:200] for event in found], "statuses": [_BECOMES.get(event.kind, "") for event in found],
        "reasons": [_reason(event) for event in found], "uncertain": UNCERTAIN,
    }  # fmt: skip
    with prepared_cursor() as cursor:
        cursor.execute(_EVENTS, columns)


def _reason(event: Event) -> str:
    if _BECOMES.get(event.kind) != Message.Status.FAILED:
        return ""
    return (event.detail or str(DeliveryEvent.Kind(event.kind).label))[:80]


_BECOMES: dict[str, str] = {
    DeliveryEvent.Kind.DELIVERED: Message.Status.DELIVERED,
    DeliveryEvent.Kind.FAILED: Message.Status.FAILED,
    DeliveryEvent.Kind.BOUNCED: Message.Status.FAILED,
    DeliveryEvent.Kind.RETURNED: Message.Status.FAILED,
}
"""An opt-out is an event that leaves the message as it was."""
