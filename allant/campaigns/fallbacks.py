"""The next channel of the campaign, for whom the one chosen turned out to reach nobody (AV-01).

A number that does not exist, an address that bounced, a letter that came back: the invitation stands, and the person is written
to by the first of the campaign's other channels that the contact policy allows. Never after a refusal, nor while a message is
under way.
"""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from allant.campaigns.models import Campaign
from allant.clock import PARIS
from allant.doctrine import RuleBook, rules
from allant.outreach import policy_sql
from allant.outreach.actions import queue_messages
from allant.outreach.kinds import kinds_of_templates
from allant.outreach.models import Channel
from allant.outreach.policy import Reason, Verdict

CAUSE = "invitation"
NOBODY = (Reason.NO_ADDRESS, Reason.INVALID, Reason.RETURNED, "adresse électronique mal écrite")
"""Reasons of messages abandoned that say that the channel reaches nobody; of those that failed, the contact point says it."""

# Every message of the invitation ended for nobody: one that waits, left or was refused keeps the others silent.
_ASKED = """
    SELECT lost.cause_id AS ask_id, lost.person_id, coalesce(person.departement_code, '') AS departement, lost.kind,
           ARRAY(SELECT channel FROM unnest(lost.channels) WITH ORDINALITY AS c(channel, rank)
                 WHERE channel <> ALL(lost.tried) ORDER BY rank) AS channels,
           lost.campaign_id, %(policy_on)s::date AS planned_on, NULL::timestamptz AS useful_until, NULL::bigint AS message_id
    FROM (
        SELECT invitation.id AS cause_id, invitation.person_id, invitation.campaign_id, open.kind,
               ARRAY(SELECT jsonb_array_elements_text(open.channels)) AS channels, array_agg(message.channel::text) AS tried
        FROM jsonb_to_recordset(%(open)s::jsonb) AS open(campaign_id bigint, kind text, channels jsonb)
        JOIN campaigns_invitation AS invitation ON invitation.campaign_id = open.campaign_id AND invitation.revoked_at IS NULL
                                                AND invitation.invited_on > %(since)s
        JOIN outreach_message AS message ON message.cause_kind = %(cause)s AND message.cause_id = invitation.id
        LEFT JOIN people_contactpoint AS point ON point.id = message.contact_point_id
        GROUP BY invitation.id, open.kind, open.channels
        HAVING bool_and(message.status IN ('dropped', 'failed')
                        AND (message.drop_reason = ANY(%(nobody)s) OR point.invalid_since IS NOT NULL))
    ) AS lost JOIN people_person AS person ON person.id = lost.person_id
    WHERE NOT lost.channels <@ lost.tried"""


@transaction.atomic
def fall_back(at: datetime) -> int:
    """Write to those whom their channel does not reach, by the next one that does; how many. Run again, it adds none."""
    on = at.astimezone(PARIS).date()
    book = rules.as_known_on(on)
    open_ones = _open(on)
    if not open_ones:
        return 0
    found = _judged(open_ones, at, on, book)
    templates = {row["campaign_id"]: row["template"] for row in open_ones}
    return queue_messages(
        cause_kind=CAUSE,
        select="""SELECT invitation.person_id, invitation.id AS cause_id, way.channel,
                         (%s::jsonb ->> invitation.campaign_id::text) AS template, %s::date AS created_on, %s::date AS send_after
                  FROM unnest(%s::bigint[], %s::text[]) AS way(cause_id, channel)
                  JOIN campaigns_invitation AS invitation ON invitation.id = way.cause_id""",
        parameters=[json.dumps(templates), on, on, [pk for pk, _ in found], [channel for _, channel in found]],
    )


def _open(on: date) -> list[dict[str, Any]]:
    """The campaigns that run, with the channels of which a text is loaded, and the kind of their messages."""
    kinds = kinds_of_templates()
    rows = []
    for campaign in Campaign.objects.filter(starts_on__lte=on):
        channels = [name for name in campaign.channels_on(on) if (campaign.template, name) in kinds]
        if len(channels) > 1 and campaign.state_on(on) == "running":
            kind = kinds[campaign.template, channels[0]]
            rows.append({"campaign_id": campaign.pk, "template": campaign.template, "kind": kind, "channels": channels})
    return rows


def _judged(open_ones: list[dict[str, Any]], at: datetime, on: date, book: RuleBook) -> list[tuple[int, str]]:
    """(invitation, channel) of those whom the policy lets be written to, now or later."""
    values = policy_sql.parameters(at, book, [str(channel) for channel in Channel])
    values |= {
        "open": json.dumps(open_ones), "since": on - timedelta(days=book.value("outreach.other_channel", on)), "cause": CAUSE,
        "nobody": [str(reason) for reason in NOBODY], "never": str(Verdict.NEVER),
    }  # fmt: skip
    chosen = "SELECT ask_id, channel FROM judged WHERE verdict <> %(never)s ORDER BY ask_id"
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {policy_sql.judged(_ASKED)} {chosen}", values)
        return list(cursor.fetchall())
