"""What a centre says of what it was given: answers and receipts, in any order, twice, late (AV-10, AV-14).

A receipt names a part by the number that the answer gave. One that comes first is kept (`EarlyReceipt`), and joined when the
answer is written. When a crash swallowed the answer, the number will never be known: the receipt is then joined by the number
written to and the client's reference, if the centre gives that back, and only when no other part could be meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F

from allant.doctrine import rules
from allant.outreach import lent, outcomes
from allant.outreach.limits import PARIS
from allant.outreach.models import DeliveryEvent, EarlyReceipt, Message, Submission
from allant.outreach.outcomes import Event
from allant.outreach.prepared import prepared_cursor
from allant.outreach.sms.numbers import as_registered
from allant.people.models import ContactPoint

DELIVERED = "DELIVRD"
FINAL = {"DELIVRD": "remis", "EXPIRED": "délai du centre dépassé", "DELETED": "effacé au centre", "UNDELIV": "non remis",
         "REJECTD": "refusé par le centre", "UNKNOWN": "sort inconnu du centre"}  # fmt: skip
"""Final states of SMPP 3.4 (5.2.28), as receipts write them; others are not final."""
_STATES = {2: "DELIVRD", 3: "EXPIRED", 4: "DELETED", 5: "UNDELIV", 7: "UNKNOWN", 8: "REJECTD"}
_TEXT = re.compile(rb"id:(?P<id>\S+).*?stat:(?P<state>[A-Z]{7})", re.S)
REFERENCES = 0x10000
OLDEST_JOIN = timedelta(days=3)
"A centre keeps trying a handset for two days, commonly; a receipt of an older part joined by reference would be a guess."

# The receipt that came with its answer is written with it.
_ANSWERED = """
UPDATE outreach_submission AS submission
SET smsc_id = answer.smsc_id, answered_at = %(at)s, final_state = answer.state,
    final_at = CASE WHEN answer.state <> '' THEN %(at)s::timestamptz END
FROM unnest(%(ids)s::bigint[], %(smsc_ids)s::text[], %(states)s::text[]) AS answer(id, smsc_id, state)
WHERE submission.id = answer.id
RETURNING submission.message_id, submission.attempt, submission.parts, submission.smsc_id, submission.final_state"""
_REFUSED = """
UPDATE outreach_submission SET final_state = 'REJECTD', answered_at = %(at)s, final_at = %(at)s WHERE id = ANY(%(ids)s)"""
_FINAL = """
UPDATE outreach_submission AS submission SET final_state = receipt.state, final_at = %(at)s
FROM unnest(%(smsc_ids)s::text[], %(states)s::text[]) AS receipt(smsc_id, state)
WHERE submission.route = %(route)s AND submission.smsc_id = receipt.smsc_id AND submission.final_state = ''
RETURNING submission.message_id, submission.attempt, submission.parts, submission.smsc_id, submission.final_state"""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a part. `reference`: the client's own, where the centre gives it back."""

    smsc_id: str
    state: str
    number: str
    reference: int | None = None


def read_receipt(unit: Any) -> Receipt | None:
    """The receipt that a deliver_sm is; None for one that is not final."""
    text = _TEXT.search(unit.short_message or b"")
    smsc_id = getattr(unit, "receipted_message_id", None) or (text and text["id"])
    state = _STATES.get(getattr(unit, "message_state", None) or 0) or (text and text["state"].decode())
    if not smsc_id or state not in FINAL:
        return None
    number = (unit.source_addr or b"").decode("ascii", "replace")
    return Receipt(smsc_id.decode("ascii", "replace")[:65], state, number[:21], getattr(unit, "user_message_reference", None))


def record(
    answers: dict[int, str], refused: Sequence[int], given: Iterable[Receipt], route: str, at: datetime
) -> tuple[set[int], bool]:
    """Write what one reading said: numbers given (submission → number), parts refused, receipts.

    Returns the messages that receipts brought to an end, and whether a receipt came before its answer: it is kept, to be joined.
    """
    receipts = {receipt.smsc_id: receipt for receipt in given}
    rows = _record_answers(answers, refused, receipts, at)
    left = {smsc_id: receipt for smsc_id, receipt in receipts.items() if smsc_id not in set(answers.values())}
    rows += _final(left, route, at)
    unknown = left.keys() - {row[3] for row in rows}
    if unknown:
        unknown -= set(Submission.objects.filter(route=route, smsc_id__in=unknown).values_list("smsc_id", flat=True))
    early = [EarlyReceipt(route=route, received_at=at, **_columns(left[smsc_id])) for smsc_id in sorted(unknown)]
    EarlyReceipt.objects.bulk_create(early, ignore_conflicts=True)
    return _bring_to_end(rows, at), bool(early)


def _record_answers(
    answers: dict[int, str], refused: Sequence[int], receipts: dict[str, Receipt], at: datetime
) -> list[tuple[int, int, int, str, str]]:
    states = [receipts[smsc_id].state if smsc_id in receipts else "" for smsc_id in answers.values()]
    rows = []
    with prepared_cursor() as cursor:
        if answers:
            cursor.execute(_ANSWERED, {"ids": list(answers), "smsc_ids": list(answers.values()), "states": states, "at": at})
            rows = [row for row in cursor.fetchall() if row[4]]
        if refused:
            cursor.execute(_REFUSED, {"ids": list(refused), "at": at})
    return rows


def _columns(receipt: Receipt) -> dict[str, Any]:
    return {name: getattr(receipt, name) for name in Receipt.__slots__}


def join(early: Iterable[EarlyReceipt], route: str, at: datetime) -> int:
    """Join kept receipts to the parts that bear their number by now; returns how many."""
    waiting = {each.smsc_id: Receipt(each.smsc_id, each.state, each.number, each.reference) for each in early}
    if not waiting:
        return 0
    rows = _final(waiting, route, at)
    _bring_to_end(rows, at)
    joined = {row[3] for row in rows}
    joined |= set(Submission.objects.filter(route=route, smsc_id__in=waiting.keys() - joined).values_list("smsc_id", flat=True))
    return EarlyReceipt.objects.filter(route=route, joined_at=None, smsc_id__in=joined).update(joined_at=at)


def join_early(route: str, at: datetime) -> bool:
    """Join what waits on a route; whether something still does."""
    waiting = list(EarlyReceipt.objects.filter(route=route, joined_at=None, received_at__gte=at - OLDEST_JOIN))
    return join(waiting, route, at) < len(waiting)


def join_late(route: str, at: datetime) -> int:
    """Join what waits: by its number first (two senders may have missed each other), then by reference; returns how many."""
    waiting = list(EarlyReceipt.objects.filter(route=route, joined_at=None, received_at__gte=at - OLDEST_JOIN))
    for each in waiting:
        if each.reference is not None and (submission := _in_doubt(each)) is not None:
            Submission.objects.filter(pk=submission, smsc_id="").update(smsc_id=each.smsc_id, answered_at=at)
    return join(waiting, route, at)


def _in_doubt(receipt: EarlyReceipt) -> int | None:
    """The only unanswered part that this receipt can be of."""
    points = ContactPoint.objects.filter(value__in=as_registered(receipt.number)).values("pk")
    unanswered = Submission.objects.filter(
        route=receipt.route, answered_at=None, message__contact_point__in=points,
        submitted_at__lte=receipt.received_at, submitted_at__gte=receipt.received_at - OLDEST_JOIN,
    ).annotate(low=F("message_id") % REFERENCES)  # fmt: skip
    found = list(unanswered.filter(low=receipt.reference).values_list("pk", flat=True)[:2])
    return found[0] if len(found) == 1 else None


def _final(receipts: dict[str, Receipt], route: str, at: datetime) -> list[tuple[int, int, int, str, str]]:
    """Write the final state of the parts that bear these numbers."""
    if not receipts:
        return []
    values = {"route": route, "at": at, "smsc_ids": list(receipts), "states": [each.state for each in receipts.values()]}
    with prepared_cursor() as cursor:
        cursor.execute(_FINAL, values)
        return list(cursor.fetchall())


def _bring_to_end(rows: Sequence[tuple[int, int, int, str, str]], at: datetime) -> set[int]:
    """What final states make of their messages; those that came to an end."""
    events = [event for row in rows if (event := _event(row, at))]
    outcomes.events(events)
    invalidate([message for message, _, _, _, state in rows if state != DELIVERED and state in _wrong_number_states(at)], at)
    return {event.message for event in events}


def _event(row: tuple[int, int, int, str, str], at: datetime) -> Event | None:
    """One part not delivered fails the message; the last one delivered delivers it."""
    message, attempt, parts, _, state = row
    key = f"remise {attempt}"  # not the part's number: one event an attempt, whichever of its parts ends it
    if state != DELIVERED:
        return Event(message, DeliveryEvent.Kind.FAILED, key, at, FINAL[state])
    if parts > 1:
        arrived = Submission.objects.filter(message=message, final_state=DELIVERED)
        if arrived.values("part").distinct().count() < parts:
            return None
    return Event(message, DeliveryEvent.Kind.DELIVERED, key, at)


def _wrong_number_states(at: datetime) -> tuple[str, ...]:
    on = at.astimezone(PARIS).date()
    return tuple(rules.as_known_on(on).value("outreach.sms_wrong_number_states", on))


def invalidate(messages: Sequence[int], at: datetime) -> None:
    """Nothing more goes to the numbers of these messages, whoever bears them: a wrong number is tried once (AV-16)."""
    if not messages:
        return
    on = at.astimezone(PARIS).date()
    lent.invalidate(Message.objects.filter(pk__in=messages, lent_address=True), on)
    points = Message.objects.filter(pk__in=messages, contact_point__isnull=False).values("contact_point")
    values = ContactPoint.objects.filter(pk__in=points).values("value")
    ContactPoint.objects.filter(kind="mobile", value__in=values, invalid_since=None).update(invalid_since=on)
