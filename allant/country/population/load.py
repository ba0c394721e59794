"""Load a country into PostgreSQL through the public actions of the rooms, table after table.

Each table is one transaction and leaves a `LoadBatch` signed with the country: a second run skips what is signed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
from django.db import connection

from allant.country.population.files import BadCountry, Country, read
from allant.country.population.parameters import parameters
from allant.country.population.places import fund_code
from allant.country.population.practitioners import practitioners
from allant.directory.actions import load_organisations, load_practitioners
from allant.directory.models import LoadBatch
from allant.geography import departements
from allant.immunizations.actions import load_infections
from allant.people.actions import (
    load_contact_points,
    load_matricules,
    load_persons,
    load_representations,
    load_situations,
)

Progress = Callable[[str, int, int], None]
SIGNATURE = "pays synthétique"

SCHEME_FUNDS = (
    ("CNAM", "Caisse nationale de l'assurance maladie", "national_fund"),
    ("MSA", "Mutualité sociale agricole", "scheme"),
    ("MGEN", "Mutuelle générale de l'Éducation nationale", "scheme"),
    ("CNMSS", "Caisse nationale militaire de sécurité sociale", "scheme"),
)

PERSONS = """
SELECT person_id, family_name, given_names, birth_date, birth_precision, sex, died_on, commune AS commune_code,
       departement AS departement_code, postcode, scheme, fund AS fund_code, household_key, policyholder_id, treating_rpps,
       rights_open
FROM person JOIN identity USING (person_id) ORDER BY person_id
"""
MATRICULES = """
SELECT person_id, nir AS value, matricule_kind AS kind,
       CASE WHEN matricule_kind = 'NIR' THEN birth_date ELSE greatest(birth_date, $provisional_from) END AS starts_on
FROM person JOIN identity USING (person_id) ORDER BY person_id
"""
# The street is invented when the register is loaded: one a household, so that letters have somewhere to go.
CONTACT_POINTS = """
SELECT person_id, kind, value FROM identity UNPIVOT (value FOR kind IN (landline, mobile, email))
UNION ALL
SELECT person_id, 'postal', (1 + home % 97)::varchar || ' ' || streets[1 + home // 97 % len(streets)]
FROM (SELECT person_id, coalesce(household_key, person_id) AS home, $streets::varchar[] AS streets FROM identity)
ORDER BY person_id, kind
"""
STREETS = ("rue de l'Exemple", "rue des Essais", "avenue du Modèle", "place de l'Échantillon", "chemin de la Fiction")
SITUATIONS = "SELECT * FROM situation ORDER BY person_id"
INFECTIONS = "SELECT person_id, 'covid19' AS disease, occurred_on FROM infection ORDER BY person_id"

# Who represents whom, invented when the register is loaded. The two parents of a minor whose policyholder lives in a couple; the
# children of a lone policyholder are left to what the doctrine assumes. A relative as guardian for one in two persons under
# guardianship (assumption: the others have a professional, who is no insured person of the register), of their département.
REPRESENTATIONS = """
WITH known AS (SELECT * FROM person JOIN identity USING (person_id)),
minor AS (
    SELECT child.person_id, child.birth_date, holder.person_id AS holder_id, other.person_id AS other_id
    FROM known AS child
    JOIN known AS holder ON holder.person_id = child.policyholder_id
    JOIN known AS other ON other.household_key = holder.household_key AND other.person_id <> holder.person_id
    WHERE child.birth_date > $majority AND other.birth_date <= $majority
),
guarded AS (
    SELECT DISTINCT ON (known.person_id) known.person_id, known.departement, situation.starts_on
    FROM situation JOIN known USING (person_id)
    WHERE situation.kind = 'guardianship' AND known.died_on IS NULL AND known.person_id % 2 = 0 ORDER BY ALL
),
able AS (
    SELECT person_id, departement, row_number() OVER (PARTITION BY departement ORDER BY person_id) - 1 AS rank,
           count(*) OVER (PARTITION BY departement) AS many
    FROM known
    WHERE died_on IS NULL AND birth_date BETWEEN $oldest AND $youngest
      AND person_id NOT IN (SELECT person_id FROM situation WHERE kind = 'guardianship')
)
SELECT person_id, unnest([holder_id, other_id]) AS representative_id, 'parent' AS kind, 'civil_status' AS source,
       birth_date AS starts_on, (birth_date + INTERVAL 18 YEAR)::date AS ends_on
FROM minor
UNION ALL
SELECT guarded.person_id, able.person_id, 'guardian', 'court', guarded.starts_on, NULL
FROM guarded JOIN able ON able.departement = guarded.departement AND able.rank = guarded.person_id * 7919 % able.many
ORDER BY ALL
"""
GUARDIANS = {"majority": date(2003, 12, 31), "oldest": date(1945, 1, 1), "youngest": date(1990, 12, 31)}


@dataclass(frozen=True)
class Stage:
    """One table: where it goes, how it is called in French, how its rows are made, the action that takes them."""

    table: str
    label: str
    rows: Callable[[Country], pa.Table]
    action: Callable[..., object]


def load_country(directory: Path | str, progress: Progress) -> dict[str, int]:
    """Load a finished country; rows added per table, 0 for those loaded before.

    `progress(label, done, total)` counts tables. Memory holds one table at a time: meant for up to a few million persons.
    Raises `BadCountry` when the directory holds none or the database holds another country, `LoadRefused` when rows conflict.
    """
    country = read(directory)
    signature = _signature(country)
    _refuse_another(signature)
    added = {}
    for done, stage in enumerate(STAGES):
        progress(stage.label, done, len(STAGES))
        added[stage.table] = _load(stage, country, signature)
    progress("Statistiques", len(STAGES), len(STAGES))
    return added


def _load(stage: Stage, country: Country, signature: str) -> int:
    if LoadBatch.objects.filter(table_name=stage.table, loaded_by=signature).exists():
        return 0
    report = stage.action(stage.rows(country), by=signature)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {stage.table}")
    return int(report.inserted)  # type: ignore[attr-defined]


def _signature(country: Country) -> str:
    manifest = country.manifest
    return f"{SIGNATURE} {manifest.people} graine {manifest.seed} {manifest.parameters[:16]}"


def _refuse_another(signature: str) -> None:
    others = LoadBatch.objects.filter(table_name="people_person", loaded_by__startswith=SIGNATURE).exclude(loaded_by=signature)
    if other := others.first():
        raise BadCountry(
            f"La base contient déjà un autre pays ({other.loaded_by}). Utilisez une autre base (ALLANT_HOME ou DATABASE_URL)."
        )


def _query(sql: str, **values: object) -> Callable[[Country], pa.Table]:
    def rows(country: Country) -> pa.Table:
        with duckdb.connect() as session:
            for table in ("person", "identity", "situation", "infection"):
                session.read_parquet(country.glob(table)).create_view(table)
            return session.execute(sql, values or None).to_arrow_table()

    return rows


def _matricules(country: Country) -> pa.Table:
    return _query(MATRICULES, provisional_from=parameters().value("matricules.provisional_from"))(country)


def organisations(country: Country) -> pa.Table:
    """The funds and the vaccination centres, one of each a département, and the other schemes. The same for every country."""
    names = {"metropole": "CPAM", "drom": "Caisse de sécurité sociale", "com": "Caisse de sécurité sociale"}
    left_out = parameters().value("places.left_out")
    local = [
        (fund_code(item.code), f"{names[item.zone]} – {item.name}", "cpam", item.code)
        for item in departements().values()
        if item.code not in left_out
    ]
    places = [(code, name.rpartition(" – ")[2]) for _, name, _, code in local]
    centres = [
        (f"CV-{code}", f"Centre de vaccination – {name}", "centre", code, f"centre-{code}@vaccination.example")
        for code, name in places
    ]
    columns = zip(*((*fund, "") for fund in local), *((*fund, "", "") for fund in SCHEME_FUNDS), *centres, strict=True)
    return pa.table(dict(zip(("code", "name", "kind", "departement_code", "email"), map(list, columns), strict=True)))


STAGES = (
    Stage("directory_organisation", "Caisses", organisations, load_organisations),
    Stage("directory_practitioner", "Médecins traitants", practitioners, load_practitioners),
    Stage("people_person", "Assurés", _query(PERSONS), load_persons),
    Stage("people_matricule", "Matricules", _matricules, load_matricules),
    Stage("people_contactpoint", "Moyens de contact", _query(CONTACT_POINTS, streets=list(STREETS)), load_contact_points),
    Stage("people_situation", "Situations", _query(SITUATIONS), load_situations),
    Stage("people_representation", "Représentants", _query(REPRESENTATIONS, **GUARDIANS), load_representations),
    Stage("immunizations_infection", "Infections", _query(INFECTIONS), load_infections),
)
