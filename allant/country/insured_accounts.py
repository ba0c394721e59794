"""FranceConnect accounts for a few persons of the country: `allant serve` gives them to the simulator.

The simulator then vouches for people of the register, and no person is added to it: published figures stay what they are.
"""

from pathlib import Path
from typing import Any

import yaml
from django.db import connection

from allant.people.matricule import key

FILE = "france-connect-accounts.yaml"
SEXES = {"F": "female", "M": "male"}
FRANCE = "99100"
# A birth date of which only the year is known never opens a record: this identity stays unknown whatever the seed.
UNKNOWN = {
    "sub": "fc-inconnue-v1",
    "name": "Claude Absente",
    "label": "Identité absente du registre (accès sans dossier)",
    "claims": {"acr": "eidas1", "gender": "female", "birthdate": "1960-00-00", "birthplace": "35238", "birthcountry": FRANCE},
}

_DOSE = """EXISTS (SELECT FROM immunizations_dose d
    WHERE d.person_id = p.id AND d.disease = 'covid19' AND d.ended_at IS NULL{which})"""
_COMPLETE = _DOSE.format(which=" AND d.series = 'primary' AND d.dose_number = d.series_doses")
_BOOSTED = _DOSE.format(which=" AND d.series <> 'primary'")
# Label and condition: the last person by id of each, so that the carte Vitale reader's cards are of others.
_JOURNEYS = (
    ("vaccination complète et rappel", _BOOSTED),
    ("vaccination complète, sans rappel", f"{_COMPLETE} AND NOT {_BOOSTED}"),
    ("une dose sur deux", f"{_DOSE.format(which='')} AND NOT {_COMPLETE}"),
    ("aucune dose", f"p.birth_date < DATE '2003-01-01' AND NOT {_DOSE.format(which='')}"),
)
_PERSON = """SELECT p.family_name, p.given_names, p.birth_date::text, p.sex, m.value
    FROM people_person p JOIN people_matricule m ON m.person_id = p.id AND m.ends_on IS NULL
    WHERE m.kind = 'NIR' AND p.died_on IS NULL AND p.birth_precision = 'day' AND p.merged_into_id IS NULL AND p.sex IS NOT NULL
      AND p.birth_date < DATE '2003-01-01' AND {journey} ORDER BY p.id DESC LIMIT 1"""


def write_insured_accounts(folder: Path) -> Path:
    """Write the file of accounts in `folder`, anew each time; its path. A journey that nobody is at has no account."""
    people = [(label, row) for label, journey in _JOURNEYS if (row := _one(journey))]
    accounts = [_account(rank, label, row) for rank, (label, row) in enumerate(people, 1)]
    if people:
        accounts.append(_under_another_name(people[0][1]))
    content = {"title": "FranceConnect", "service": "Fournisseur d'identité des particuliers (simulateur)"}
    path = folder / FILE
    path.write_text(
        "# Accounts of persons of the synthetic country, written by `allant demo`.\n"
        + yaml.safe_dump({**content, "accounts": [*accounts, UNKNOWN]}, allow_unicode=True, sort_keys=False),
        encoding="utf-8",
    )
    return path


def _one(journey: str) -> tuple[str, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(_PERSON.format(journey=journey))
        return cursor.fetchone()


def _account(rank: int, label: str, row: tuple[str, ...]) -> dict[str, Any]:
    family, given, born, sex, number = row
    abroad = number[5:7] == "99"
    claims = {
        "acr": "eidas1",
        "family_name": family,
        "given_name": given,
        "gender": SEXES[sex],
        "birthdate": born,
        "birthplace": "" if abroad else number[5:10],
        "birthcountry": number[5:10] if abroad else FRANCE,
    }
    who = "Assurée née" if sex == "F" else "Assuré né"
    return {
        "sub": f"fc-pays-{rank:02d}v1",
        "name": f"{given} {family}",
        "label": f"{who} en {born[:4]}, {label}",
        "claims": claims,
    }


def _under_another_name(row: tuple[str, ...]) -> dict[str, Any]:
    """The first one again under a name of birth that the register does not hold: asked for the number, which the label tells."""
    account = _account(99, "autre nom de naissance", row)
    account["claims"]["family_name"] = f"{row[0]}-Autrefois"
    account["name"] = f"{row[1]} {row[0]}-Autrefois"
    account["label"] += f" : seconde preuve demandée (numéro {row[4]} {key(row[4]):02d})"
    return account
