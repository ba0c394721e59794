"""Which channel reaches the people of a wave: the part of the policy that does not depend on the instant, in SQL over the facts.

Hours, caps, age, and what changes before it leaves are judged again when each message is claimed (`claiming`).
"""

from __future__ import annotations

from collections.abc import Sequence

# Whose every known postal address was returned (NPAI) or refused: no more letters (AV-03). The subquery is hashed once a wave.
_NO_MORE_LETTERS = """
    SELECT coalesce(bearer.merged_into_id, bearer.id) FROM people_contactpoint AS lost
    JOIN people_person AS bearer ON bearer.id = lost.person_id
    WHERE lost.kind = 'postal' AND (lost.invalid_since IS NOT NULL OR lost.opted_out_on IS NOT NULL)
      AND NOT EXISTS (SELECT FROM people_contactpoint AS good
                      WHERE good.person_id IN (lost.person_id, bearer.merged_into_id) AND good.kind = 'postal'
                        AND good.invalid_since IS NULL AND good.opted_out_on IS NULL)"""

FACTS = ("has_landline", "has_mobile", "has_email")
_REACHED_BY = {
    "call": "has_landline",
    "sms": "has_mobile",
    "email": "has_email",
    "account": "has_email",
    "letter": f"person_id NOT IN ({_NO_MORE_LETTERS})",
}


def channel_sql(channels: Sequence[str]) -> str:
    """SQL over the columns `person_id` and FACTS of the person fact: the first of these channels that reaches, or null."""
    cases = " ".join(f"WHEN {_REACHED_BY[name]} THEN '{name}'" for name in channels)
    return f"CASE {cases} END"
