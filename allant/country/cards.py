"""Cards of the carte Vitale reader for a few persons of the country: `allant serve` gives them to the simulator."""

from pathlib import Path
from typing import Any

import yaml
from django.db import connection

from allant.people.matricule import key

FILE = "vitale-cards.yaml"
# An unknown number, for manual entry: month 12, commune 999 and order 999 are borne by nobody in the synthetic country.
UNKNOWN = {
    "serial": "9900000098",
    "nir": f"2601299999999{key('2601299999999'):02d}",
    "beneficiaries": [{"family_name": "Inconnue", "given_names": "Claude", "birth_date": "1960-12-03", "birth_rank": 1}],
}
UNREADABLE = {"serial": "9900000099", "nir": "0" * 15, "readable": False, "beneficiaries": []}

# Those whose journeys differ, the first by id of each: people who bear a number and live, so that a card finds them.
_DOSE = """EXISTS (SELECT FROM immunizations_dose d
    WHERE d.person_id = p.id AND d.disease = 'covid19' AND d.ended_at IS NULL{which})"""
_COMPLETE = _DOSE.format(which=" AND d.series = 'primary' AND d.dose_number = d.series_doses")
_BOOSTED = _DOSE.format(which=" AND d.series <> 'primary'")
_JOURNEYS = (
    "EXISTS (SELECT FROM people_person d WHERE d.policyholder_id = p.id AND d.died_on IS NULL)",
    f"p.birth_date < DATE '1947-01-01' AND NOT {_DOSE.format(which='')}",
    f"{_DOSE.format(which='')} AND NOT {_COMPLETE}",
    f"p.birth_date < DATE '1957-01-01' AND {_COMPLETE} AND NOT {_BOOSTED}",
    _BOOSTED,
)
_HOLDERS = """SELECT p.id, m.value FROM people_person p JOIN people_matricule m ON m.person_id = p.id AND m.ends_on IS NULL
    WHERE m.kind = 'NIR' AND p.died_on IS NULL AND p.rights_open AND p.birth_precision = 'day' AND p.merged_into_id IS NULL
      AND {journey} ORDER BY p.id LIMIT 1"""
_ATTACHED = """SELECT family_name, given_names, birth_date::text, birth_rank FROM people_person
    WHERE (id = %s OR policyholder_id = %s) AND died_on IS NULL AND birth_precision = 'day' AND merged_into_id IS NULL
    ORDER BY policyholder_id NULLS FIRST, birth_date, id"""


def write_cards(folder: Path) -> Path:
    """Write the file of cards in `folder`, anew each time; its path. A journey that nobody is at has no card."""
    path = folder / FILE
    cards = [_card(rank, *holder) for rank, holder in enumerate(_holders(), 1)]
    content = yaml.safe_dump({"cards": [*cards, UNKNOWN, UNREADABLE]}, allow_unicode=True, sort_keys=False)
    path.write_text(f"# Cards of persons of the synthetic country, written by `allant demo`.\n{content}", encoding="utf-8")
    return path


def _holders() -> list[tuple[int, str]]:
    found: dict[int, str] = {}
    with connection.cursor() as cursor:
        for journey in _JOURNEYS:
            cursor.execute(_HOLDERS.format(journey=journey))
            found.update(cursor.fetchall())
    return list(found.items())


def _card(rank: int, person_id: int, number: str) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(_ATTACHED, [person_id, person_id])
        names = ("family_name", "given_names", "birth_date", "birth_rank")
        people = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {"serial": f"99{rank:08d}", "nir": f"{number}{key(number):02d}", "beneficiaries": people}
