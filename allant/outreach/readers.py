"""Who reads a message in the place of the person it is about: the representative of somebody under guardianship (AV-03).

Looked up when the message leaves, by the same register and in the same order as the contact policy: a measure that ended the day
before counts. The message stays the person's: its cause, its history and its caps are theirs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection

from allant.doctrine import RuleBook, rules
from allant.outreach.kinds import kinds, kinds_of_templates
from allant.outreach.models import Channel, Message
from allant.people.representation import guardian_kinds, guardians_sql, wards_sql

_READERS = """
SELECT guardian.person_id, guardian.representative_id, person.given_names, person.family_name
FROM ({guardians}) AS guardian JOIN people_person AS person ON person.id = guardian.person_id"""


@dataclass(frozen=True, slots=True)
class Reader:
    """A representative: `person` is their number; `given` and `family` are the names of whom they represent."""

    person: int
    given: str
    family: str


def of_messages(messages: Sequence[Message], on: date) -> dict[int, Reader]:
    """Message → its reader, of messages of one channel; none for those that go to the person themselves."""
    book = rules.as_known_on(on)
    known = kinds(book, on)
    codes = kinds_of_templates(messages[0].channel) if messages else {}
    directed = {slug for (slug, _), code in codes.items() if code in known and known[code].represented}
    theirs = [each for each in messages if each.template in directed and each.person_id and not each.lent_address]
    found = _readers(sorted({each.person_id for each in theirs if each.person_id}), on, book)
    return {each.pk: found[each.person_id] for each in theirs if each.person_id in found}


def _readers(people: list[int], on: date, book: RuleBook) -> dict[int, Reader]:
    if not people:
        return {}
    wards = wards_sql("SELECT unnest(%(people)s::bigint[]) AS person_id", on="%(on)s")
    query = _READERS.format(guardians=guardians_sql(wards, on="%(on)s", kinds="%(kinds)s"))
    with connection.cursor() as cursor:
        cursor.execute(query, {"people": people, "on": on, "kinds": guardian_kinds(on, book)})
        return {person: Reader(reader, given, family) for person, reader, given, family in cursor.fetchall()}


def persons(messages: Sequence[Message], readers: Mapping[int, Reader]) -> dict[int, int]:
    """Message → whose address it goes to: its reader's, or its person's; none of professionals, nor of addresses lent."""
    own = (message for message in messages if message.person_id and not message.lent_address)
    return {each.pk: readers[each.pk].person if each.pk in readers else each.person_id or 0 for each in own}


def for_whom(reader: Reader | None, language: str, channel: str, on: date) -> str:
    """What comes before the words of a message that a representative reads; empty when the person reads it themselves."""
    if reader is None:
        return ""
    rows = {row["language"]: row for row in rules.as_known_on(on).value("outreach.for_whom", on)}
    row = rows.get(language, rows["fr"])
    given = next(iter(reader.given.replace(",", " ").split()), "")
    short = channel == Channel.SMS
    said = row["sms" if short else "text"].format(given=given, name=f"{given} {reader.family.upper()}".strip())
    return f"{said} " if short else f"{said}\n\n"
