"""The facts the register offers to targeting, "pourquoi ?", the snapshot and the docs."""

from __future__ import annotations

from allant import facts
from allant.directory.funds import fund_names
from allant.facts import BOOLEAN, DATE, MANY, ONE, TEXT, Fact, FactTable
from allant.geography import communes, departements, epcis, regions
from allant.people.models import Scheme, Sex, SituationKind
from allant.people.situation_codes import SITUATION_CODES


def _departement_names() -> dict[str, str]:
    return {item.code: item.name for item in departements().values()}


def _commune_names() -> dict[str, str]:
    table = communes()
    return dict(zip(table.column("code").to_pylist(), table.column("name").to_pylist(), strict=True))


def _epci_names() -> dict[str, str]:
    return {item.code: item.name for item in epcis().values()}


def _region_names() -> dict[str, str]:
    return {item.code: item.name for item in regions().values()}


def person_query() -> str:
    """SELECT of the `person` fact: records that stand for a person, each with the contact points of those it absorbed."""
    regions_of = ", ".join(f"('{item.code}', '{item.region}')" for item in departements().values())
    return f"""
WITH region_of (departement, region) AS (VALUES {regions_of}),
reachable AS (
    SELECT coalesce(bearer.merged_into_id, bearer.id) AS person_id,
           bool_or(kind = 'landline') AS landline, bool_or(kind = 'mobile') AS mobile, bool_or(kind = 'email') AS email
    FROM people_contactpoint JOIN people_person AS bearer ON bearer.id = person_id
    WHERE opted_out_on IS NULL AND invalid_since IS NULL
    GROUP BY 1
)
SELECT person.id AS person_id, person.birth_date, person.sex, person.commune_code AS commune,
       epci_of_commune.epci, person.departement_code AS departement, region_of.region, person.fund_code AS fund, person.scheme,
       person.died_on, person.rights_open, coalesce(reachable.landline, false) AS has_landline,
       coalesce(reachable.mobile, false) AS has_mobile,
       coalesce(reachable.email, false) AS has_email, person.treating_practitioner_id IS NOT NULL AS has_treating_doctor
FROM people_person AS person
LEFT JOIN people_epci_of_commune AS epci_of_commune ON epci_of_commune.commune = person.commune_code
LEFT JOIN region_of ON region_of.departement = person.departement_code
LEFT JOIN reachable ON reachable.person_id = person.id
WHERE person.merged_into_id IS NULL
"""


SITUATION_QUERY = """
SELECT coalesce(bearer.merged_into_id, bearer.id) AS person_id,
       situation.kind, situation.code, situation.starts_on, situation.ends_on
FROM people_situation AS situation JOIN people_person AS bearer ON bearer.id = situation.person_id
"""


def person_table() -> FactTable:
    """One row a person."""
    return FactTable(
        "person",
        "personne",
        ONE,
        [
            Fact("birth_date", DATE, "date de naissance", "date de naissance inconnue"),
            Fact("sex", TEXT, "sexe", "sexe inconnu", choices=dict(Sex.choices)),
            Fact("commune", TEXT, "commune", "commune inconnue", _commune_names, value_fr="dans la commune {}", others=True),
            Fact(
                "epci",
                TEXT,
                "intercommunalité",
                "intercommunalité inconnue",
                choices=_epci_names,
                value_fr="dans l'intercommunalité {}",
            ),
            Fact(
                "departement",
                TEXT,
                "département",
                "département inconnu",
                choices=_departement_names,
                value_fr="dans le département {}",
            ),
            Fact("region", TEXT, "région", "région inconnue", choices=_region_names, value_fr="dans la région {}"),
            Fact("fund", TEXT, "caisse", "caisse inconnue", fund_names, value_fr="rattaché à la caisse {}", others=True),
            Fact("scheme", TEXT, "régime", "régime inconnu", choices=dict(Scheme.choices)),
            Fact("died_on", DATE, "date de décès", "pas de décès connu", known_fr="décédé"),
            Fact("rights_open", BOOLEAN, "droits ouverts", "droits inconnus", true_fr="droits ouverts", false_fr="droits fermés"),
            Fact(
                "has_landline",
                BOOLEAN,
                "téléphone fixe",
                "inconnu",
                true_fr="avec un téléphone fixe",
                false_fr="sans téléphone fixe",
            ),
            Fact("has_mobile", BOOLEAN, "téléphone mobile", "inconnu", true_fr="avec un mobile", false_fr="sans mobile"),
            Fact("has_email", BOOLEAN, "courriel", "inconnu", true_fr="avec un courriel", false_fr="sans courriel"),
            Fact(
                "has_treating_doctor",
                BOOLEAN,
                "médecin traitant",
                "inconnu",
                true_fr="avec un médecin traitant",
                false_fr="sans médecin traitant",
            ),
        ],
        person_query(),
        plural_fr="personnes",
    )


def situation_table() -> FactTable:
    """Any number of situations a person, over half-open periods."""
    return FactTable(
        "situation",
        "situation",
        MANY,
        [
            Fact("kind", TEXT, "nature", "nature inconnue", choices=dict(SituationKind.choices)),
            Fact("code", TEXT, "précision", "sans précision", choices=SITUATION_CODES, others=True),
            Fact("starts_on", DATE, "début", "début inconnu"),
            Fact("ends_on", DATE, "fin", "sans fin connue"),
        ],
        SITUATION_QUERY,
        plural_fr="situations",
    )


def register() -> None:
    """Offer both tables."""
    facts.register(person_table())
    facts.register(situation_table())
