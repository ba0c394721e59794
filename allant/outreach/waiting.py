"""What waits, what is held back until when and why, what was dropped: counts for the page of sendings (AV-05)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection
from django.db.models import Count, Min

from allant.doctrine import RuleBook
from allant.outreach.causes import campaign_sql
from allant.outreach.kinds import kinds
from allant.outreach.limits import PARIS
from allant.outreach.models import SUSPENDED, Message

SHOWN = 7
"Days for which a message abandoned for its age is still shown."


@dataclass(frozen=True, slots=True)
class Held:
    """Messages of one channel, one campaign (None: none) and one wording that wait for one reason."""

    channel: str
    campaign: int | None
    template: str
    reason: str
    messages: int
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class Queue:
    """Messages of one wording that wait for their turn only."""

    channel: str
    template: str
    messages: int
    oldest: object


def held_back() -> list[Held]:
    """What the policy or a failed attempt holds, the most numerous first."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT m.channel, {campaign_sql("m")}, m.template, m.held_reason, count(*), min(nullif(m.next_at, %s))
                FROM outreach_message AS m WHERE m.status = 'pending' AND m.held_reason <> ''
                GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC, 1, 2, 3, 4""",
            [SUSPENDED],
        )
        return [Held(*row) for row in cursor.fetchall()]


def queues() -> list[Queue]:
    """What waits for its turn, by wording."""
    rows = (
        Message.objects.pending().filter(held_reason="").values_list("channel", "template")
        .annotate(messages=Count("pk"), oldest=Min("send_after")).order_by("channel", "template")
    )  # fmt: skip
    return [Queue(*row) for row in rows]


def dropped_since(at: datetime, book: RuleBook) -> date:
    """The day from which abandoned messages are shown: of any kind, one that had just waited for too long is among them."""
    on = at.astimezone(PARIS).date()
    return on - timedelta(days=SHOWN + max(each.useful_days for each in kinds(book, on).values()))


def dropped(since: date) -> list[tuple[str, str, int]]:
    """(channel, reason, messages) abandoned among those planned since this day, the most numerous first."""
    rows = Message.objects.filter(status=Message.Status.DROPPED, send_after__gte=since)
    return list(rows.values_list("channel", "drop_reason").annotate(Count("pk")).order_by("-pk__count", "channel", "drop_reason"))


def concerned(*, channel: str, template: str) -> int:
    """How many messages waiting now a stop of this channel and this wording (empty: all) would hold."""
    waiting = Message.objects.pending()
    waiting = waiting.filter(channel=channel) if channel else waiting
    return (waiting.filter(template=template) if template else waiting).count()
