"""From the outbox into the account: taken, placed and said delivered in one transaction, so neither twice nor lost (AV-14).

No carrier stands between: a crash leaves a message in the account, or waiting. A notice without content may follow elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from allant.doctrine import RuleBook, rules
from allant.outreach import outcomes, texts
from allant.outreach.actions import queue_messages
from allant.outreach.claiming import claim
from allant.outreach.limits import PARIS
from allant.outreach.models import AccountMessage, Channel, DeliveryEvent, Message, Template
from allant.outreach.policy import POINTS
from allant.outreach.templates import MissingVariable, fill_but_codes

CAUSE, NOTICE = "account_message", "account-notice"
REVOKED = "cause révoquée"
KEY = "dépôt"

# One notice a person for all that waits unread: by the first of the doctrine's channels whose address is good and not refused.
_NOTICES = """
SELECT placed.person_id, placed.id AS cause_id, way.channel, %s AS template, %s::date AS created_on, %s::date AS send_after
FROM outreach_accountmessage AS placed
JOIN LATERAL (
    SELECT wanted.channel FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS wanted(channel, kind, rank)
    WHERE EXISTS (
        SELECT FROM people_person AS bearer JOIN people_contactpoint AS point ON point.person_id = bearer.id
        WHERE (bearer.id = placed.person_id OR bearer.merged_into_id = placed.person_id) AND point.kind = wanted.kind
          AND point.invalid_since IS NULL AND point.opted_out_on IS NULL)
    ORDER BY wanted.rank LIMIT 1
) AS way ON true
WHERE placed.id = ANY(%s) AND NOT EXISTS (
    SELECT FROM outreach_message AS waiting
    WHERE waiting.person_id = placed.person_id AND waiting.template = %s AND waiting.status IN ('pending', 'sending'))"""


@transaction.atomic
def place(at: datetime, most: int, sender: str) -> int:
    """Place at most `most` messages that may leave at `at` (aware) into the accounts; how many were judged fit to leave.

    Those whose cause no longer stands are dropped with the reason.
    """
    messages = claim(Channel.ACCOUNT, at, most, sender)
    variables = texts.variables_of(messages)
    _drop([message.pk for message in messages if message.pk not in variables], REVOKED)
    standing = [message for message in messages if message.pk in variables]
    words = texts.of_each(standing) if standing else {}
    placed = [row for message in standing if (row := _row(message, words[message.pk], variables[message.pk], at))]
    AccountMessage.objects.bulk_create(placed)
    ids = [row.message_id for row in placed]
    outcomes.sent(ids, at)
    outcomes.events([outcomes.Event(pk, DeliveryEvent.Kind.DELIVERED, KEY, at) for pk in ids])
    on = at.astimezone(PARIS).date()
    _notice([row.pk for row in placed], rules.as_known_on(on), at)
    return len(messages)


def _row(message: Message, template: Template, values: Mapping[str, Any], at: datetime) -> AccountMessage | None:
    try:
        subject, body = fill_but_codes(template, values)
    except MissingVariable as error:
        _drop([message.pk], str(error))
        return None
    return AccountMessage(
        message=message, person_id=message.person_id, template=template, subject=subject, body=body, placed_at=at
    )


def _drop(ids: Sequence[int], reason: str) -> None:
    if ids:
        taken = Message.objects.filter(pk__in=ids, status=Message.Status.SENDING)
        taken.update(status=Message.Status.DROPPED, drop_reason=reason[:80], sent_in="", claimed_at=None)


def _notice(placed: Sequence[int], book: RuleBook, at: datetime) -> int:
    """Queue the notices of what was placed, where the doctrine has some; how many."""
    on = at.astimezone(PARIS).date()
    channels = list(book.value("outreach.account_notice", on))
    if not placed or not channels:
        return 0
    kinds = [POINTS[channel] for channel in channels]
    return queue_messages(
        cause_kind=CAUSE, select=_NOTICES, parameters=[NOTICE, on, on, channels, kinds, list(placed), NOTICE]
    )


def variables_of_notices(ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """Where to read; nothing for what was read before its notice left: it then has no cause any more."""
    unread = AccountMessage.objects.filter(pk__in=ids).unread().values_list("pk", flat=True)
    page = settings.ALLANT_ADDRESS + reverse("insured_messages")
    return {pk: {"url": page} for pk in unread}
