"""Taking messages from the queue: the policy is asked again when a message is about to leave.

What may leave becomes `sending`; what must wait gets its instant and its reason; what must not, or waited past its useful age,
is dropped with its reason (AV-16). One set-based statement, most urgent kinds first.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from allant.doctrine import RuleBook, rules
from allant.outreach import policy_sql
from allant.outreach.causes import campaign_sql, departement_sql
from allant.outreach.holds import not_held, take_turn
from allant.outreach.kinds import kind, kinds_of_templates
from allant.outreach.limits import PARIS
from allant.outreach.models import Message

# Of each template, in the order of the index: what waits for its day, then what was held and is due.
_DUE = """
due AS MATERIALIZED (
    SELECT found.id, wanted.kind, wanted.priority FROM jsonb_to_recordset(%(wanted)s::jsonb)
        AS wanted(template text, kind text, priority int),
    LATERAL (
        (SELECT id, send_after FROM outreach_message
         WHERE status = 'pending' AND channel = %(channel)s AND template = wanted.template AND next_at IS NULL
           AND send_after <= %(policy_on)s AND sent_in = ''{only} ORDER BY send_after, id LIMIT %(most)s)
        UNION ALL
        (SELECT id, send_after FROM outreach_message
         WHERE status = 'pending' AND channel = %(channel)s AND template = wanted.template AND next_at <= %(policy_at)s
           AND send_after <= %(policy_on)s AND sent_in = ''{only} ORDER BY next_at, send_after, id LIMIT %(most)s)
    ) AS found ORDER BY wanted.priority, found.send_after, found.id LIMIT %(most)s
),
taken AS MATERIALIZED (
    SELECT message.*, due.kind, due.priority FROM outreach_message AS message JOIN due ON due.id = message.id
    WHERE message.status = 'pending' AND message.sent_in = '' FOR UPDATE OF message SKIP LOCKED
),
first AS (
    SELECT *, row_number() OVER (PARTITION BY person_id, practitioner_id, organisation_id, CASE WHEN lent_address THEN id END
                                 ORDER BY priority, send_after, id) AS place FROM taken
),"""

# Of the call desk: its agents' territory and campaigns, and nobody who is on the telephone already for another campaign.
_ONLY = """
           AND ({campaign_of}) = ANY(%(only_campaigns)s)
           AND (%(only_messages)s::bigint[] IS NULL OR outreach_message.id = ANY(%(only_messages)s))
           AND (%(only_departements)s::text[] IS NULL OR EXISTS (
               SELECT FROM people_person AS who
               WHERE who.id = outreach_message.person_id AND who.departement_code = ANY(%(only_departements)s)))
           AND (%(only_closed)s::text[] = '{{}}' OR NOT EXISTS (
               SELECT FROM people_person AS who
               WHERE who.id = outreach_message.person_id AND who.departement_code = ANY(%(only_closed)s)))
           AND NOT EXISTS (SELECT FROM outreach_message AS now WHERE now.person_id = outreach_message.person_id
                           AND now.channel = outreach_message.channel AND now.status = 'sending')"""

WIDEST = 1_000  # messages judged at once for who asks for few

# One message a person at a time: the next one is weighed against this one when it is known to leave. An address that the cause
# lends is nobody's contact point: age and hours are judged, the refusal of that very address when the message is prepared.
_ASKED = """
    SELECT first.id AS ask_id, CASE WHEN NOT first.lent_address THEN first.person_id END AS person_id,
           coalesce(person.departement_code, practitioner.departement_code, organisation.departement_code, {departement_of}, '')
               AS departement,
           first.kind, ARRAY[first.channel::text] AS channels,
           CASE WHEN first.channel = 'call' THEN {campaign_of} END AS campaign_id, first.send_after AS planned_on,
           first.useful_until, first.id AS message_id
    FROM first LEFT JOIN people_person AS person ON person.id = first.person_id
    LEFT JOIN directory_practitioner AS practitioner ON practitioner.id = first.practitioner_id
    LEFT JOIN directory_organisation AS organisation ON organisation.id = first.organisation_id
    WHERE first.place = 1"""

_WRITE = """
UPDATE outreach_message AS message SET
    status = CASE judged.verdict WHEN 'now' THEN 'sending' WHEN 'never' THEN 'dropped' ELSE 'pending' END,
    sent_in = CASE judged.verdict WHEN 'now' THEN %(sender)s ELSE '' END,
    claimed_at = CASE judged.verdict WHEN 'now' THEN %(policy_at)s::timestamptz END,
    next_at = judged.at,
    held_reason = CASE judged.verdict WHEN 'later' THEN judged.reason ELSE '' END,
    drop_reason = CASE judged.verdict WHEN 'never' THEN judged.reason ELSE '' END
FROM (SELECT judged.*, row_number() OVER (PARTITION BY verdict ORDER BY first.priority, first.send_after, first.id) AS turn
      FROM judged JOIN first ON first.id = judged.ask_id) AS judged
WHERE judged.ask_id = message.id AND (judged.verdict <> 'now' OR judged.turn <= %(leaving)s)
RETURNING message.id, judged.verdict"""


@dataclass(frozen=True)
class Only:
    """Which messages a sender may take: of these campaigns, of people of these départements, these very ones (None: any).

    `closed`: départements left for later, where it is too early or too late. Nobody who has a message of the channel `sending`
    is taken.
    """

    campaigns: tuple[int, ...]
    departements: frozenset[str] | None = None
    messages: tuple[int, ...] | None = None
    closed: frozenset[str] = frozenset()

    def values(self) -> dict[str, Any]:
        """For the statement."""
        return {
            "only_campaigns": list(self.campaigns),
            "only_departements": None if self.departements is None else sorted(self.departements),
            "only_closed": sorted(self.closed),
            "only_messages": None if self.messages is None else list(self.messages),
        }


def claim(channel: str, at: datetime, most: int, sender: str, only: Only | None = None) -> list[Message]:
    """At most `most` messages of a channel that may leave at `at` (aware), now `sending` for this sender; the most urgent first.

    None when nothing may leave now; what was judged and must wait, or must not leave, is written in passing.
    """
    width = most
    while True:
        judged, ids = _claimed(channel, at, width, most, sender, only)
        if ids:
            return _in_order(channel, ids, at)
        if not judged:
            return []
        if only is not None:
            width = min(10 * width, WIDEST)  # one call is asked for: what must wait is passed over by many


@transaction.atomic
def _claimed(channel: str, at: datetime, width: int, most: int, sender: str, only: Only | None) -> tuple[int, list[int]]:
    """How many messages were judged, and those that leave."""
    take_turn()
    on = at.astimezone(PARIS).date()
    book = rules.as_known_on(on)
    wanted = _wanted(channel, book, on)
    if not wanted:
        return 0, []
    asked = _ASKED.format(campaign_of=campaign_sql("first"), departement_of=departement_sql("first"))
    values: dict[str, Any] = policy_sql.parameters(at, book, [channel])
    values |= {"wanted": json.dumps(wanted), "channel": channel, "most": width, "leaving": most, "sender": sender}
    values |= only.values() if only else {}
    due = _DUE.format(only=_ONLY.format(campaign_of=campaign_sql("outreach_message")) if only else "")
    with connection.cursor() as cursor:
        cursor.execute("WITH " + due + policy_sql.judged(asked) + _WRITE, values)
        rows = cursor.fetchall()
    return len(rows), [pk for pk, verdict in rows if verdict == "now"]


def _wanted(channel: str, book: RuleBook, on: date) -> list[dict[str, Any]]:
    """The templates of the channel that no stop holds, with the kind and the place in the queue of each."""
    of_template = {slug: kind(code, book, on) for (slug, _), code in kinds_of_templates(channel).items()}
    return [
        {"template": slug, "kind": of_template[slug].code, "priority": of_template[slug].priority}
        for slug in not_held(channel, of_template)
    ]


def _in_order(channel: str, ids: list[int], at: datetime) -> list[Message]:
    on = at.astimezone(PARIS).date()
    priority = {wanted["template"]: wanted["priority"] for wanted in _wanted(channel, rules.as_known_on(on), on)}
    messages = Message.objects.filter(pk__in=ids)
    return sorted(messages, key=lambda message: (priority.get(message.template, 0), message.send_after, message.pk))
