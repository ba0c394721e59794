"""What a dead sender had taken: given back, sent again, or left as it is, by what is known of it and by its kind (AV-14)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, transaction

from allant.doctrine import rules
from allant.outreach import outcomes
from allant.outreach.kinds import kind, kinds_of_templates
from allant.outreach.limits import PARIS
from allant.outreach.models import Message

CRASHED = "processus d'envoi interrompu"
# A process that says nothing any more, or that said it stopped; one that never said anything does not hold messages.
_TAKEN = """
SELECT message.id, message.template, message.attempts,
       EXISTS (SELECT FROM outreach_submission AS part
               WHERE part.message_id = message.id AND part.answered_at IS NULL) AS in_doubt
FROM outreach_message AS message
LEFT JOIN outreach_worker AS worker ON worker.name = message.sent_in
WHERE message.status = 'sending' AND message.channel = %(channel)s
  AND (worker.stopped_at IS NOT NULL OR coalesce(worker.seen_at, message.claimed_at, '-infinity') < %(silent_since)s)
ORDER BY message.id FOR UPDATE OF message SKIP LOCKED"""


@transaction.atomic
def recover(channel: str, at: datetime) -> dict[str, int]:
    """Settle what dead senders of a channel had taken; how many were `released`, left `uncertain`, or go `again`.

    Without an unanswered submission a message has certainly not left.
    """
    on = at.astimezone(PARIS).date()
    book = rules.as_known_on(on)
    lease = timedelta(seconds=book.value("outreach.sms_lease", on)["seconds"])
    with connection.cursor() as cursor:
        cursor.execute(_TAKEN, {"channel": channel, "silent_since": at - lease})
        rows = cursor.fetchall()
    if not rows:
        return {"released": 0, "uncertain": 0, "again": 0}
    codes = kinds_of_templates(channel)
    once = {template for template in {row[1] for row in rows} if kind(codes[template, channel], book, on).never_twice}
    doubtful = [(pk, template) for pk, template, _, in_doubt in rows if in_doubt]
    uncertain = [pk for pk, template in doubtful if template in once]
    again = [pk for pk, template in doubtful if template not in once]
    for pk in again:
        outcomes.failed(pk, CRASHED, at, retry_at=at)
    return {
        "released": outcomes.released([pk for pk, _, _, in_doubt in rows if not in_doubt]),
        "uncertain": outcomes.uncertain(uncertain, at),
        "again": len(again),
    }


def held_by_the_dead(at: datetime) -> int:
    """How many messages wait for `recover`: none, when workers are well."""
    return Message.objects.filter(status=Message.Status.SENDING, claimed_at__lt=at - timedelta(minutes=10)).count()
