"""Which channel reaches the people of a wave: the part of the policy that does not depend on the instant, in SQL over the facts.

Hours, caps, age, and what changes before it leaves are judged again when each message is claimed (`claiming`).
"""

from __future__ import annotations

from collections.abc import Sequence

# Whose every known contact point of a kind came back or is refused: a postal address (NPAI), the account. Hashed once a wave.
_NO_MORE = """
    SELECT coalesce(bearer.merged_into_id, bearer.id) FROM people_contactpoint AS lost
    JOIN people_person AS bearer ON bearer.id = lost.person_id
    WHERE lost.kind = '{kind}' AND (lost.invalid_since IS NOT NULL OR lost.opted_out_on IS NOT NULL)
      AND NOT EXISTS (SELECT FROM people_contactpoint AS good
                      WHERE good.person_id IN (lost.person_id, bearer.merged_into_id) AND good.kind = '{kind}'
                        AND good.invalid_since IS NULL AND good.opted_out_on IS NULL)"""

# Who signed in here, or whose e-mail address is known, be it refused or bouncing: with it online accounts are opened.
_ACCOUNTS = """
    SELECT coalesce(bearer.merged_into_id, bearer.id) FROM people_person AS bearer
    WHERE EXISTS (SELECT FROM accounts_user AS account WHERE account.person_id = bearer.id)
       OR EXISTS (SELECT FROM people_contactpoint AS known
                  WHERE known.person_id = bearer.id AND known.kind IN ('email', 'account'))"""

FACTS = ("has_landline", "has_mobile", "has_email")
_REACHED_BY = {
    "call": "has_landline",
    "sms": "has_mobile",
    "email": "has_email",
    "account": f"person_id IN ({_ACCOUNTS}) AND person_id NOT IN ({_NO_MORE.format(kind='account')})",
    "letter": f"person_id NOT IN ({_NO_MORE.format(kind='postal')})",
}


def channel_sql(channels: Sequence[str]) -> str:
    """SQL over the columns `person_id` and FACTS of the person fact: the first of these channels that reaches, or null."""
    cases = " ".join(f"WHEN {_REACHED_BY[name]} THEN '{name}'" for name in channels)
    return f"CASE {cases} END"
