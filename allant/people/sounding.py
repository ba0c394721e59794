"""Finding somebody by a name as it is heard and a birth date as it is said, among a million (AV-30).

The birth date chooses a few dozen records by an index; the letters that names share order them. A date said slightly wrong (day
and month exchanged, a year or a decade off) is tried too, and asks for a closer name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import connection

CLOSE, CLOSER = 0.34, 0.6
"""Share of common letters under which a name is another one: at the very date, at a date near it."""

_FIND = """
    WITH wanted AS (SELECT people_search_key(%(name)s) AS name),
    near AS (
        SELECT person.id, coalesce(person.merged_into_id, person.id) AS standing, person.birth_date = %(born)s AS same,
               greatest(similarity(person.search_name, wanted.name), word_similarity(wanted.name, person.search_name),
                        word_similarity(replace(wanted.name, ' ', ''), replace(person.search_name, ' ', ''))) AS share
        FROM people_person AS person CROSS JOIN wanted
        WHERE person.birth_date = ANY(%(dates)s))
    SELECT standing, max(share - CASE WHEN same THEN 0 ELSE 0.2 END) AS rank FROM near
    WHERE share >= CASE WHEN same THEN %(close)s ELSE %(closer)s END
    GROUP BY standing ORDER BY rank DESC, standing LIMIT %(most)s"""


@dataclass(frozen=True)
class Sounding:
    """A record that may be meant, from 1 (every letter) down."""

    person_id: int
    share: float


def sounding_like(name: str, born: date, *, most: int = 10) -> list[Sounding]:
    """The records that stand for persons of that name and birth date, the closest first; accents, order and case do not count."""
    values = {
        "name": name, "born": born, "dates": sorted(_near(born)), "close": CLOSE, "closer": CLOSER, "most": most,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_FIND, values)
        return [Sounding(*row) for row in cursor.fetchall()]


def _near(born: date) -> set[date]:
    """The date, and those that are often said or typed for it."""
    parts = [(born.year, born.month, born.day), (born.year, born.day, born.month)]
    parts += [(born.year + shift, born.month, born.day) for shift in (-10, -1, 1, 10)]
    parts += [(born.year, born.month, born.day + shift) for shift in (-1, 1)]
    found = set()
    for year, month, day in parts:
        try:
            found.add(date(year, month, day))
        except ValueError:  # no such day
            continue
    return found
