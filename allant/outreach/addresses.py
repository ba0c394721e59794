"""Where a message goes: looked up when it leaves, so that a refusal or a death of the last days counts (AV-03)."""

from collections.abc import Mapping, Sequence
from datetime import date

from django.db import connection

from allant.directory.models import Organisation, Practitioner
from allant.outreach import lent
from allant.outreach.models import Channel, Message
from allant.outreach.readers import Reader, persons
from allant.outreach.texts import NOBODY_ELSE

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


def of_messages(messages: Sequence[Message], on: date, readers: Mapping[int, Reader] = NOBODY_ELSE) -> dict[int, str]:
    """Message → the address of their one channel on a day; none for who cannot, or must not, be reached. `readers`: as `texts`.

    A letter carries the postcode, by which the printer sorts; the register holds no street. Professionals and structures have
    an e-mail address or none.
    """
    channel = messages[0].channel
    who = persons(messages, readers)
    of_person = _of_persons(list(set(who.values())), channel, on)
    found = {pk: of_person[person] for pk, person in who.items() if person in of_person}
    found |= {pk: each.value for pk, each in lent.of_messages(messages).items() if not each.refused}
    return found | (_of_professionals(messages) if channel == Channel.EMAIL else {})


def _of_persons(people: list[int], channel: str, on: date) -> dict[int, str]:
    query = _LETTER if channel == Channel.LETTER else _BY_POINT
    with connection.cursor() as cursor:
        cursor.execute(query, {"people": people, "on": on, "kind": _POINT.get(channel)})
        return dict(cursor.fetchall())


def _of_professionals(messages: Sequence[Message]) -> dict[int, str]:
    """Message → the e-mail address of the professional or structure it is for."""
    found: dict[int, str] = {}
    for field, model in (("practitioner_id", Practitioner), ("organisation_id", Organisation)):
        wanted = {getattr(message, field) for message in messages} - {None}
        known = model.objects.filter(pk__in=wanted).exclude(email="").values_list("pk", "email") if wanted else ()
        address = dict(known)
        found |= {message.pk: address[getattr(message, field)] for message in messages if getattr(message, field) in address}
    return found
