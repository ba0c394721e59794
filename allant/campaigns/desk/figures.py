"""What the desk did and what waits: for the agent, and for who supervises (AV-50)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import ExtractHour

from allant.accounts.actors import Actor
from allant.campaigns.acts import acts_sql
from allant.campaigns.desk.rules import BOOKED, CALL_LATER, OWN_DOCTOR
from allant.campaigns.models import CallAttempt, Campaign
from allant.outreach.limits import PARIS
from allant.outreach.models import Message

_WAITING = """
    SELECT campaign.id, campaign.title, campaign.medical,
           count(*) FILTER (WHERE (message.next_at IS NULL OR message.next_at <= %(at)s) AND message.send_after <= %(on)s) AS due,
           count(*) FILTER (WHERE message.outcome = %(later)s AND message.next_at <= %(at)s) AS callbacks, count(*) AS waiting
    FROM outreach_message AS message JOIN campaigns_invitation AS invitation ON invitation.id = message.cause_id
    JOIN campaigns_campaign AS campaign ON campaign.id = invitation.campaign_id
    JOIN people_person AS person ON person.id = message.person_id
    WHERE message.status = 'pending' AND message.channel = 'call' AND message.cause_kind = 'invitation'
      AND campaign.id = ANY(%(campaigns)s)
      AND (%(departements)s::text[] IS NULL OR person.departement_code = ANY(%(departements)s))
    GROUP BY 1, 2, 3 ORDER BY 4 DESC, 2"""


@dataclass(frozen=True)
class Queue:
    """People of one campaign who wait for a call: due now, asked to be called back by now, in all."""

    campaign: int
    title: str
    medical: bool
    due: int
    callbacks: int
    waiting: int


def waiting_by_campaign(campaigns: list[int], departements: frozenset[str] | None, at: datetime) -> list[Queue]:
    """The queues of these campaigns in a territory (None: everywhere), the longest first."""
    places = None if departements is None else sorted(departements)
    values = {"at": at, "on": at.astimezone(PARIS).date(), "later": CALL_LATER, "campaigns": campaigns, "departements": places}
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, values)
        return [Queue(*row) for row in cursor.fetchall()]


_REACHED, _BOOKED = Q(answered_at__isnull=False), Q(outcome=BOOKED)


def _day(at: datetime) -> datetime:
    return datetime.combine(at.astimezone(PARIS).date(), time(), PARIS)


def of_agent(by: Actor, at: datetime) -> dict[str, int]:
    """`calls`, `reached`, `booked` of an agent since midnight."""
    mine = CallAttempt.objects.of_agent(by.name).dialled().filter(dialled_at__gte=_day(at))
    return mine.aggregate(calls=Count("pk"), reached=Count("pk", _REACHED), booked=Count("pk", _BOOKED))


def calls_of(on: date) -> QuerySet[CallAttempt]:
    """The calls dialled on a day."""
    begins = datetime.combine(on, time(), PARIS)
    return CallAttempt.objects.dialled().filter(dialled_at__gte=begins, dialled_at__lt=begins + timedelta(days=1))


def by_hour(on: date) -> list[dict[str, Any]]:
    """Of each hour of a day: `hour`, `calls`, `reached`, `booked`, and the shares that reached and booked."""
    rows = calls_of(on).annotate(hour=ExtractHour("dialled_at", tzinfo=PARIS)).values("hour").order_by("hour")
    return [_rates(row) for row in rows.annotate(calls=Count("pk"), reached=Count("pk", _REACHED), booked=Count("pk", _BOOKED))]


def by_agent(on: date) -> list[dict[str, Any]]:
    """The same of each agent of a day."""
    rows = calls_of(on).values("agent").order_by("agent")
    return [_rates(row) for row in rows.annotate(calls=Count("pk"), reached=Count("pk", _REACHED), booked=Count("pk", _BOOKED))]


def _rates(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "pick_up": row["reached"] / row["calls"], "booking": row["booked"] / row["calls"]}


def without_outcome() -> list[CallAttempt]:
    """Calls dialled and not over, the oldest sign of life first."""
    return list(CallAttempt.objects.open().dialled().select_related("campaign").order_by("seen_at", "pk"))


def not_made() -> list[tuple[str, str, int]]:
    """(state, reason, calls) of what was not called: held, or dropped, the most numerous first."""
    found: list[tuple[str, str, int]] = []
    states = (("retenu", "held_reason", "pending"), ("abandonné", "drop_reason", "dropped"))
    for state, column, status in states:
        rows = Message.objects.filter(channel="call", status=status).exclude(**{column: ""}).values_list(column)
        found += [(state, reason, count) for reason, count in rows.annotate(count=Count("pk"))]
    return sorted(found, key=lambda row: (-row[2], row))


@dataclass(frozen=True)
class Reach:
    """AV-50, of one campaign: people invited, contacted by channel, reached by a call, booked, done."""

    campaign: Campaign
    targeted: int
    contacted: dict[str, int]
    reached: int
    booked: int
    done: int


def reach_of(campaign: Campaign) -> Reach:
    """Where a campaign stands; each figure counts persons. Who wanted their own doctor is not counted as done by it (AV-22)."""
    calls = CallAttempt.objects.filter(campaign=campaign)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT m.channel, count(DISTINCT m.person_id) FROM outreach_message AS m
               JOIN campaigns_invitation AS i ON i.id = m.cause_id AND m.cause_kind = 'invitation'
               WHERE i.campaign_id = %s AND m.sent_at IS NOT NULL GROUP BY 1 ORDER BY 1""",
            [campaign.pk],
        )
        contacted = {str(channel): int(count) for channel, count in cursor.fetchall()}
        cursor.execute(
            f"""SELECT count(DISTINCT i.person_id), count(DISTINCT i.person_id) FILTER (
                    WHERE act.done_on >= i.invited_on AND NOT EXISTS (
                        SELECT FROM campaigns_callattempt AS call WHERE call.campaign_id = i.campaign_id
                          AND call.person_id = i.person_id AND call.outcome = '{OWN_DOCTOR}'))
                FROM campaigns_invitation AS i LEFT JOIN ({acts_sql(campaign)}) AS act USING (person_id)
                WHERE i.campaign_id = %s AND i.revoked_at IS NULL""",
            [campaign.pk],
        )
        targeted, done = cursor.fetchone()
    people = calls.aggregate(
        reached=Count("person", _REACHED, distinct=True), booked=Count("person", _BOOKED, distinct=True)
    )
    return Reach(campaign, targeted, contacted, people["reached"], people["booked"], done)
