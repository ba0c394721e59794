"""The lines of an address as La Poste reads them, and the postal department by which letters are sorted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from django.db import connection

from allant.geography import communes, fold
from allant.outreach.models import Message
from allant.outreach.readers import Reader, persons

WIDEST = 38  # characters of a line (NF Z 10-011)

# The reader's own first valid postal address (the person, or who represents them), else one of a record they absorbed; without
# any, the postcode alone reaches nobody in a town, but the register may hold no street.
_ADDRESSES = """
SELECT message.id, person.given_names, person.family_name, person.postcode, person.commune_code, point.id,
       coalesce(point.value, '')
FROM unnest(%(messages)s::bigint[], %(readers)s::bigint[]) AS message(id, reader_id)
JOIN people_person AS person ON person.id = message.reader_id
LEFT JOIN LATERAL (
    SELECT point.id, point.value FROM people_person AS bearer JOIN people_contactpoint AS point ON point.person_id = bearer.id
    WHERE (bearer.id = person.id OR bearer.merged_into_id = person.id) AND point.kind = 'postal' AND point.invalid_since IS NULL
    ORDER BY point.opted_out_on NULLS FIRST, bearer.id <> person.id, point.id LIMIT 1
) AS point ON true
WHERE person.postcode IS NOT NULL"""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a letter goes: `point` is None when the register holds no postal address."""

    lines: tuple[str, ...]
    postcode: str
    point: int | None

    @property
    def department(self) -> str:
        """As postcodes begin: 20 for Corsica, three figures overseas."""
        return self.postcode[:3] if self.postcode.startswith(("97", "98")) else self.postcode[:2]


def addresses_of(messages: Sequence[Message], readers: Mapping[int, Reader]) -> dict[int, Address]:
    """Message → address of its person, or of the representative who reads it; none for who has no postcode."""
    who = persons(messages, readers)
    with connection.cursor() as cursor:
        cursor.execute(_ADDRESSES, {"messages": list(who), "readers": list(who.values())})
        return {
            pk: Address(_lines(given, family, street, postcode, commune), postcode, point)
            for pk, given, family, postcode, commune, point, street in cursor.fetchall()
        }


def _lines(given: str, family: str, street: str, postcode: str, commune: str | None) -> tuple[str, ...]:
    town = towns().get(commune or "", "")
    lines = [_name(given, family), *street.upper().split("\n"), f"{postcode} {town}".strip()]
    return tuple(line[:WIDEST] for line in lines if line.strip())


def _name(given: str, family: str) -> str:
    """The first given name and the family name; its initial when the line would be too long."""
    first = next(iter(given.replace(",", " ").split()), "")
    whole = f"{first} {family.upper()}".strip()
    return whole if len(whole) <= WIDEST or not first else f"{first[0]}. {family.upper()}"


@cache
def towns() -> dict[str, str]:
    """Commune → its name in capitals, without accents nor apostrophes."""
    table = communes()
    names = zip(table.column("code").to_pylist(), table.column("name").to_pylist(), strict=True)
    return {code: fold(name).upper() for code, name in names}
