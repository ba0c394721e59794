"""Where a message goes: looked up when it leaves, so that a refusal or a death of the last days counts (AV-03)."""

from collections.abc import Sequence
from datetime import date

from django.db import connection

from allant.outreach.models import Channel, Message

_POINT = {Channel.SMS: "mobile", Channel.EMAIL: "email"}

# A merged record lends its contact points to the one that stands for it, as in the fact `person`.
_REACHABLE = """
    SELECT person.id, person.postcode FROM people_person AS person
    WHERE person.id = ANY(%(people)s) AND person.merged_into_id IS NULL AND person.died_on IS NULL
      AND NOT EXISTS (SELECT FROM people_situation AS refusal
                      WHERE refusal.person_id = person.id AND refusal.kind = 'opted_out'
                        AND (refusal.starts_on IS NULL OR refusal.starts_on <= %(on)s)
                        AND (refusal.ends_on IS NULL OR refusal.ends_on > %(on)s))"""
_LETTER = f"SELECT id, postcode FROM ({_REACHABLE}) AS person WHERE postcode IS NOT NULL"
_BY_POINT = f"""
    SELECT DISTINCT ON (person.id) person.id, point.value
    FROM ({_REACHABLE}) AS person
    JOIN people_person AS bearer ON bearer.id = person.id OR bearer.merged_into_id = person.id
    JOIN people_contactpoint AS point ON point.person_id = bearer.id
    WHERE point.kind = %(kind)s AND point.opted_out_on IS NULL AND point.invalid_since IS NULL
    ORDER BY person.id, point.id"""


def of_messages(messages: Sequence[Message], on: date) -> dict[int, str]:
    """Person → the address of the one channel of these messages on a day; nobody who cannot, or must not, be reached.

    A letter carries the postcode, by which the printer sorts; the register holds no street.
    """
    channel = messages[0].channel
    query = _LETTER if channel == Channel.LETTER else _BY_POINT
    values = {"people": [message.person_id for message in messages], "on": on, "kind": _POINT.get(channel)}
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return dict(cursor.fetchall())
