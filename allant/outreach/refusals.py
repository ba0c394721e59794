"""What the policy refuses for good, whatever the hour: asked of messages that leave as files (AV-03, AV-16).

The hours and the caps are not asked here: a file is handed to a carrier that keeps hours of its own.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from allant.doctrine import rules
from allant.outreach import policy_sql
from allant.outreach.kinds import kinds_of_templates
from allant.outreach.limits import PARIS
from allant.outreach.models import Message
from allant.outreach.policy import Verdict

_ASKED = """
    SELECT message.id AS ask_id, CASE WHEN NOT message.lent_address THEN message.person_id END AS person_id,
           ''::text AS departement, wanted.kind,
           ARRAY[message.channel::text] AS channels, NULL::bigint AS campaign_id, message.send_after AS planned_on,
           message.useful_until, message.id AS message_id
    FROM outreach_message AS message
    JOIN jsonb_to_recordset(%(wanted)s::jsonb) AS wanted(template text, kind text) ON wanted.template = message.template
    WHERE message.id = ANY(%(ids)s)"""


def refused(messages: Sequence[Message], at: datetime) -> dict[int, str]:
    """Message → why it must not leave, of messages of one channel judged at `at` (aware); a wording not loaded is not judged."""
    if not messages:
        return {}
    channel = messages[0].channel
    wanted = [{"template": slug, "kind": code} for (slug, _), code in kinds_of_templates(channel).items()]
    values = policy_sql.parameters(at, rules.as_known_on(at.astimezone(PARIS).date()), [channel])
    values |= {"wanted": json.dumps(wanted), "ids": [message.pk for message in messages], "never": str(Verdict.NEVER)}
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {policy_sql.judged(_ASKED)} SELECT ask_id, reason FROM judged WHERE verdict = %(never)s", values
        )
        return dict(cursor.fetchall())
