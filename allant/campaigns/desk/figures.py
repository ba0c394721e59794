"""What the desk did and what waits: for the agent, and for who supervises (AV-50)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import ExtractHour

from allant.accounts.actors import Actor
from allant.campaigns.acts import acts_sql
from allant.campaigns.desk.rules import BOOKED, CALL_LATER
from allant.campaigns.models import CallAttempt, Campaign
from allant.campaigns.own_doctor import AT_OWN_DOCTOR, channels_apart
from allant.doctrine import RuleBook
from allant.outreach.limits import PARIS
from allant.outreach.models import Message

_WAITING = """
    SELECT campaign.id, campaign.title, campaign.medical, campaign.daily_calls,
           (SELECT count(*) FROM campaigns_callattempt AS call
            WHERE call.campaign_id = campaign.id AND call.dialled_at BETWEEN %(today)s AND %(at)s) AS dialled,
           count(*) FILTER (WHERE (message.next_at IS NULL OR message.next_at <= %(at)s) AND message.send_after <= %(on)s) AS due,
           count(*) FILTER (WHERE message.outcome = %(later)s AND message.next_at <= %(at)s) AS callbacks, count(*) AS waiting
    FROM outreach_message AS message JOIN campaigns_invitation AS invitation ON invitation.id = message.cause_id
    JOIN campaigns_campaign AS campaign ON campaign.id = invitation.campaign_id
    JOIN people_person AS person ON person.id = message.person_id
    WHERE message.status = 'pending' AND message.channel = 'call' AND message.cause_kind = 'invitation'
      AND campaign.id = ANY(%(campaigns)s)
      AND (%(departements)s::text[] IS NULL OR person.departement_code = ANY(%(departements)s))
    GROUP BY 1, 2, 3, 4 ORDER BY 6 DESC, 2"""


@dataclass(frozen=True)
class Queue:
    """People of one campaign who wait for a call: due now, asked to be called back by now, in all.

    `daily`: its most calls a day (TG-01), None without one; `dialled`: those of today, by every agent of every territory.
    """

    campaign: int
    title: str
    medical: bool
    daily: int | None
    dialled: int
    due: int
    callbacks: int
    waiting: int


def waiting_by_campaign(campaigns: list[int], departements: frozenset[str] | None, at: datetime) -> list[Queue]:
    """The queues of these campaigns in a territory (None: everywhere), the longest first."""
    places = None if departements is None else sorted(departements)
    today = _day(at)
    values = {
        "at": at, "today": today, "on": today.date(), "later": CALL_LATER, "campaigns": campaigns, "departements": places,
    }  # fmt: skip
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


_REACH = """
    WITH invited AS (
        SELECT id, campaign_id, person_id, channel, invited_on, revoked_at FROM campaigns_invitation
        WHERE campaign_id = ANY(%(campaigns)s)
    ), act AS ({acts}), targeted AS (
        SELECT invited.campaign_id, count(DISTINCT invited.person_id) AS people, count(DISTINCT invited.person_id) FILTER (
            WHERE act.done_on >= invited.invited_on AND NOT {at_own_doctor}) AS done
        FROM invited LEFT JOIN act ON act.campaign_id = invited.campaign_id AND act.person_id = invited.person_id
        WHERE invited.revoked_at IS NULL GROUP BY 1
    ), called AS (
        SELECT campaign_id, count(DISTINCT person_id) FILTER (WHERE answered_at IS NOT NULL) AS reached,
               count(DISTINCT person_id) FILTER (WHERE outcome = %(booked)s) AS booked
        FROM campaigns_callattempt WHERE campaign_id = ANY(%(campaigns)s) GROUP BY 1
    ), contacted AS (
        SELECT campaign_id, jsonb_object_agg(channel, people) AS by_channel FROM (
            SELECT invited.campaign_id, message.channel, count(DISTINCT message.person_id) AS people
            FROM outreach_message AS message JOIN invited ON invited.id = message.cause_id
            WHERE message.cause_kind = 'invitation' AND message.sent_at IS NOT NULL GROUP BY 1, 2) AS counted GROUP BY 1
    )
    SELECT asked.id, coalesce(targeted.people, 0), coalesce(contacted.by_channel, '{{}}'), coalesce(called.reached, 0),
           coalesce(called.booked, 0), coalesce(targeted.done, 0)
    FROM unnest(%(campaigns)s) AS asked (id) LEFT JOIN targeted ON targeted.campaign_id = asked.id
    LEFT JOIN called ON called.campaign_id = asked.id LEFT JOIN contacted ON contacted.campaign_id = asked.id"""


def reach_of(campaigns: Sequence[Campaign], book: RuleBook) -> list[Reach]:
    """Where campaigns stand, in their order, in one query; each figure counts persons.

    Who went to their own doctor is not counted as done by the campaign (AV-22).
    """
    if not campaigns:
        return []
    values = {"campaigns": [each.pk for each in campaigns], "booked": BOOKED}
    with connection.cursor() as cursor:
        cursor.execute(_REACH.format(acts=_acts(campaigns, book), at_own_doctor=AT_OWN_DOCTOR), values)
        found = {row[0]: row[1:] for row in cursor.fetchall()}
    return [_reach(each, *found[each.pk]) for each in campaigns]


def _reach(campaign: Campaign, targeted: int, contacted: str, reached: int, booked: int, done: int) -> Reach:
    by_channel = dict(sorted(json.loads(contacted).items()))
    return Reach(campaign, targeted, by_channel, reached, booked, done)


def _acts(campaigns: Sequence[Campaign], book: RuleBook) -> str:
    """A SELECT of campaign_id, person_id, done_on and apart: each act that these campaigns ask for is read once."""
    asking: dict[tuple[str, tuple[str, ...]], list[int]] = {}
    for each in campaigns:
        asking.setdefault((acts_sql(each), tuple(channels_apart(each, book))), []).append(each.pk)
    return " UNION ALL ".join(
        f"SELECT asking.id AS campaign_id, fact.person_id, fact.done_on, ARRAY{list(apart)}::text[] AS apart"
        f" FROM ({act}) AS fact CROSS JOIN unnest(ARRAY{ids}::bigint[]) AS asking (id)"
        for (act, apart), ids in asking.items()
    )
