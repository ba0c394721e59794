"""The contact policy about many people at once: one statement that answers what `policy.decide` answers for each.

Asked: a SELECT of ask_id, person_id, departement, kind, channels (text[]), campaign_id, planned_on, useful_until (or null),
message_id (the message judged, left out of the history; or null). A null person_id is a professional or an organisation: only
age and hours are judged. Of somebody under guardianship the reader is their representative, where the kind says so.
Answered: ask_id, verdict, channel, at, reason.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from allant.doctrine import RuleBook
from allant.outreach import causes, limits, policy
from allant.outreach.kinds import REPRESENTED, kinds, kinds_of_templates
from allant.outreach.models import Message
from allant.outreach.policy import POINTS, SITUATIONS, Reason
from allant.people.representation import guardian_kinds, guardians_sql

CONTACTED = (Message.Status.SENDING, Message.Status.SENT, Message.Status.DELIVERED)
"What counts as a contact made or under way."

_WHO = """
asked AS MATERIALIZED ({asked}),
people AS (SELECT DISTINCT person_id FROM asked WHERE person_id IS NOT NULL),
bearers AS (
    SELECT person_id, person_id AS bearer FROM people
    UNION ALL
    SELECT people.person_id, absorbed.id FROM people JOIN people_person AS absorbed ON absorbed.merged_into_id = people.person_id
),
kind AS (SELECT * FROM jsonb_to_recordset(%(policy_kinds)s::jsonb)
         AS k(code text, useful_days int, counts bool, hours text, stops_at_refusal bool, excluded jsonb,
              guardianship text)),
opening AS MATERIALIZED (SELECT * FROM jsonb_to_recordset(%(policy_openings)s::jsonb)
            AS o(departement text, hours text, channel text, at timestamptz)),
held AS (
    SELECT bearers.person_id, array_agg(situation.kind) AS kinds
    FROM bearers JOIN people_situation AS situation ON situation.person_id = bearers.bearer
    WHERE (starts_on IS NULL OR starts_on <= %(policy_on)s) AND (ends_on IS NULL OR ends_on > %(policy_on)s) GROUP BY 1
),
guardian AS MATERIALIZED ({guardians}),
readers AS (
    SELECT person_id, bearer FROM bearers
    UNION
    SELECT guardian.representative_id, record.id FROM guardian
    JOIN people_person AS record ON record.id = guardian.representative_id OR record.merged_into_id = guardian.representative_id
),
point AS (
    SELECT readers.person_id, point.kind, count(*) AS known, count(*) FILTER (WHERE invalid_since IS NULL) AS valid,
           count(*) FILTER (WHERE invalid_since IS NULL AND opted_out_on IS NULL) AS free
    FROM readers JOIN people_contactpoint AS point ON point.person_id = readers.bearer GROUP BY 1, 2
),"""
_WARDS = "SELECT person_id FROM held WHERE 'guardianship' = ANY(kinds)"

# The records of the person asked about, one by one: joined as a set, they would be compared with every purpose asked, for the
# planner takes both for a handful of rows (half of the time of a claim of 500).
_BEARERS = """SELECT asked.person_id AS bearer
              UNION ALL SELECT absorbed.id FROM people_person AS absorbed WHERE absorbed.merged_into_id = asked.person_id"""

# One contact too many, or one call, is found from each asked purpose: its own message is not of its past.
_PAST = """
counted AS (
    SELECT ask_id, (array_agg(made.at ORDER BY made.at DESC))[%(policy_contacts)s]
                   + make_interval(secs => %(policy_window)s) AS room_at
    FROM (SELECT asked.ask_id, coalesce(message.sent_at, message.claimed_at) AS at
          FROM asked JOIN kind ON kind.code = asked.kind AND kind.counts
          CROSS JOIN LATERAL ({bearers}) AS bearers
          JOIN outreach_message AS message ON message.person_id = bearers.bearer
          WHERE message.status = ANY(%(policy_contacted)s) AND message.id IS DISTINCT FROM asked.message_id
            AND message.outcome <> ALL(%(policy_uncounted_outcomes)s)
            AND (message.template || ' ' || message.channel) <> ALL(%(policy_uncounted)s)) AS made
    WHERE made.at IS NOT NULL GROUP BY 1
),
called AS (
    SELECT asked.ask_id, bool_or(again = 'voicemail') AS voicemail, bool_or(again = 'never') AS never,
           coalesce(sum(greatest(message.attempts, 1)) FILTER (WHERE again = 'retry'), 0) AS missed,
           max(coalesce(message.sent_at, message.claimed_at)) FILTER (WHERE again = 'retry')
               + make_interval(secs => %(policy_spacing)s) AS again_at
    FROM asked CROSS JOIN LATERAL ({bearers}) AS bearers
    JOIN outreach_message AS message ON message.person_id = bearers.bearer AND message.channel = 'call'
    JOIN jsonb_to_recordset(%(policy_outcomes)s::jsonb) AS o(code text, again text) ON o.code = message.outcome
    WHERE 'call' = ANY(asked.channels) AND asked.campaign_id IS NOT NULL AND {campaign_of} = asked.campaign_id
    GROUP BY 1
),"""

_ANSWER = """
refused AS (
    SELECT asked.ask_id, asked.person_id, asked.channels, kind.hours, kind.stops_at_refusal,
           coalesce(guardian.representative_id, asked.person_id) AS reader_id,
           CASE WHEN guardian.representative_id IS NULL THEN asked.departement ELSE guardian.departement END AS departement,
           CASE WHEN guardian.representative_id IS NULL THEN person.postcode ELSE guardian.postcode END AS postcode,
           CASE WHEN person.id IS NOT NULL AND person.merged_into_id IS NOT NULL THEN %(policy_merged)s
                WHEN person.died_on IS NOT NULL THEN %(policy_deceased)s
                WHEN %(policy_on)s > asked.planned_on + kind.useful_days THEN %(policy_too_late)s
                WHEN %(policy_at)s >= asked.useful_until THEN %(policy_too_late)s
                WHEN kind.stops_at_refusal AND 'opted_out' = ANY(held.kinds) THEN %(policy_opted_out)s
                ELSE coalesce(
                    (SELECT coalesce(%(policy_situations)s::jsonb ->> situation, %(policy_situation)s)
                     FROM jsonb_array_elements_text(kind.excluded) WITH ORDINALITY AS e(situation, rank)
                     WHERE situation = ANY(held.kinds) ORDER BY rank LIMIT 1),
                    CASE WHEN NOT coalesce('guardianship' = ANY(held.kinds), false) THEN NULL
                         WHEN kind.guardianship = 'nobody' THEN %(policy_guardianship)s
                         WHEN kind.guardianship = 'representative' AND guardian.representative_id IS NULL
                             THEN %(policy_no_representative)s
                         WHEN kind.stops_at_refusal AND guardian.opted_out THEN %(policy_opted_out)s END)
           END AS refusal
    FROM asked JOIN kind ON kind.code = asked.kind
    LEFT JOIN people_person AS person ON person.id = asked.person_id
    LEFT JOIN held ON held.person_id = asked.person_id
    LEFT JOIN guardian ON guardian.person_id = asked.person_id AND kind.guardianship = ANY(%(policy_represented)s)
),
tried AS (
    SELECT refused.*, c.channel, c.rank,
           CASE WHEN refused.person_id IS NULL THEN NULL
                WHEN c.channel = 'letter' AND postcode IS NULL THEN %(policy_no_address)s
                WHEN c.channel = 'account' AND reader_id <> refused.person_id THEN %(policy_no_address)s
                WHEN point.known IS NULL THEN CASE WHEN c.channel = 'letter' THEN NULL
                    WHEN c.channel = 'account' AND EXISTS (
                        SELECT FROM bearers WHERE bearers.person_id = refused.person_id AND (
                            EXISTS (SELECT FROM accounts_user WHERE accounts_user.person_id = bearers.bearer)
                            OR EXISTS (SELECT FROM people_contactpoint AS known
                                       WHERE known.person_id = bearers.bearer AND known.kind = 'email')))
                    THEN NULL ELSE %(policy_no_address)s END
                WHEN point.valid = 0 THEN CASE WHEN c.channel = 'letter' THEN %(policy_returned)s ELSE %(policy_invalid)s END
                WHEN stops_at_refusal AND point.free = 0 THEN %(policy_refused)s
                WHEN c.channel = 'call' AND called.voicemail THEN %(policy_voicemail)s
                WHEN c.channel = 'call' AND called.never THEN %(policy_called)s
                WHEN c.channel = 'call' AND called.missed >= %(policy_calls)s THEN %(policy_no_answer)s
           END AS blocked,
           CASE WHEN c.channel = 'call' THEN called.again_at END AS again_at
    FROM refused LEFT JOIN LATERAL unnest(refused.channels) WITH ORDINALITY AS c(channel, rank) ON true
    LEFT JOIN called ON called.ask_id = refused.ask_id
    LEFT JOIN point ON point.person_id = refused.reader_id AND point.kind = %(policy_points)s::jsonb ->> c.channel
),
chosen AS (SELECT DISTINCT ON (ask_id) * FROM tried ORDER BY ask_id, blocked IS NOT NULL, rank),
weighed AS MATERIALIZED (
    SELECT chosen.ask_id, chosen.channel, coalesce(refusal, blocked) AS refusal, again_at, room_at,
           (SELECT opening.at FROM opening
            WHERE (opening.hours, opening.channel) = (chosen.hours, chosen.channel)
              AND opening.departement IN ('', coalesce(chosen.departement, ''))
            ORDER BY opening.departement DESC LIMIT 1) AS opens_at
    FROM chosen LEFT JOIN counted ON counted.ask_id = chosen.ask_id
),
judged AS (
    SELECT ask_id,
           CASE WHEN refusal IS NOT NULL THEN 'never' WHEN again_at > %(policy_at)s OR room_at > %(policy_at)s
                  OR opens_at > %(policy_at)s THEN 'later' ELSE 'now' END AS verdict,
           CASE WHEN refusal IS NULL THEN channel END AS channel,
           CASE WHEN refusal IS NOT NULL THEN NULL WHEN again_at > %(policy_at)s THEN again_at
                WHEN room_at > %(policy_at)s THEN room_at WHEN opens_at > %(policy_at)s THEN opens_at END AS at,
           CASE WHEN refusal IS NOT NULL THEN refusal WHEN again_at > %(policy_at)s THEN %(policy_retry)s
                WHEN room_at > %(policy_at)s THEN %(policy_cap)s WHEN opens_at > %(policy_at)s THEN %(policy_hours)s
                ELSE '' END AS reason
    FROM weighed
)"""


def judged(asked: str) -> str:
    """The common table expressions, to be written after WITH, that end in `judged`: the answers for what is asked."""
    guardians = guardians_sql(_WARDS, on="%(policy_on)s", kinds="%(policy_guardians)s")
    return (
        _WHO.format(asked=asked, guardians=guardians)
        + _PAST.format(campaign_of=causes.campaign_sql("message"), bearers=_BEARERS)
        + _ANSWER
    )


def parameters(at: datetime, book: RuleBook, channels: Iterable[str]) -> dict[str, Any]:
    """The values of `judged`, for contacts by these channels at an instant."""
    on = at.astimezone(limits.PARIS).date()
    known, rules = kinds(book, on), policy.frequency(book, on)
    shown = [
        {"code": k.code, "useful_days": k.useful_days, "counts": k.counts, "hours": k.hours,
         "stops_at_refusal": k.stops_at_refusal, "excluded": k.excluded, "guardianship": k.guardianship} for k in known.values()
    ]  # fmt: skip
    openings = limits.openings({k.hours for k in known.values()}, sorted(set(channels)), at, book)
    outcomes = [{"code": code, "again": again} for code, again in rules.again.items()]
    uncounted = [f"{slug} {of}" for (slug, of), code in kinds_of_templates().items() if code in known and not known[code].counts]
    values = {
        "at": at, "on": on, "kinds": json.dumps(shown), "openings": json.dumps(openings), "outcomes": json.dumps(outcomes),
        "contacts": rules.contacts, "window": rules.window.total_seconds(), "calls": rules.calls,
        "spacing": rules.spacing.total_seconds(),
        "guardians": guardian_kinds(on, book), "represented": [str(mode) for mode in REPRESENTED],
        "contacted": list(CONTACTED), "uncounted": uncounted, "uncounted_outcomes": sorted(rules.uncounted),
        "points": json.dumps(POINTS), "situations": json.dumps({kind: str(reason) for kind, reason in SITUATIONS.items()}),
    }  # fmt: skip
    reasons = {reason.name.lower(): str(reason) for reason in Reason}
    return {f"policy_{name}": value for name, value in {**reasons, **values}.items()}
