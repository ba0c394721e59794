"""The facts this room offers to targeting, "pourquoi ?", the snapshot and the docs."""

from __future__ import annotations

from allant import facts
from allant.facts import DATE, INTEGER, MANY, ONE, TEXT, Fact, FactTable
from allant.immunizations.models import Series, Vaccine
from allant.immunizations.summary import CURRENT_DOSES

INFECTION_QUERY = """
SELECT coalesce(bearer.merged_into_id, bearer.id) AS person_id, infection.occurred_on
FROM immunizations_infection AS infection JOIN people_person AS bearer ON bearer.id = infection.person_id
WHERE infection.disease = 'covid19'
"""
SUMMARY_QUERY = """
SELECT person_id, dose_count, first_on, first_vaccine, complete_on, booster_on, last_on, last_vaccine
FROM immunizations_dose_summary
"""

INFECTION = FactTable(
    "infection",
    "infection",
    MANY,
    [Fact("occurred_on", DATE, "date de l'infection", "date inconnue")],
    INFECTION_QUERY,
    plural_fr="infections",
)
DOSE = FactTable(
    "dose",
    "dose",
    MANY,
    [
        Fact("occurred_on", DATE, "date de la dose", "date inconnue"),
        Fact("vaccine", TEXT, "vaccin", "vaccin inconnu", choices=dict(Vaccine.choices)),
        Fact("dose_number", INTEGER, "rang", "rang inconnu"),
        Fact("series", TEXT, "série", "série inconnue", choices=dict(Series.choices)),
        Fact("series_doses", INTEGER, "doses prévues", "nombre inconnu"),
    ],
    CURRENT_DOSES,
    plural_fr="doses",
)
DOSE_SUMMARY = FactTable(
    "dose_summary",
    "résumé vaccinal",
    ONE,
    [
        Fact("dose_count", INTEGER, "nombre de doses", "aucune dose", null_is=0),
        Fact("first_on", DATE, "première dose", "pas de première dose", known_fr="première dose reçue"),
        Fact("first_vaccine", TEXT, "premier vaccin", "pas de première dose", choices=dict(Vaccine.choices)),
        Fact("complete_on", DATE, "schéma complet", "schéma non complet", known_fr="schéma complet"),
        Fact("booster_on", DATE, "rappel", "pas de rappel", known_fr="rappel reçu"),
        Fact("last_on", DATE, "dernière dose", "aucune dose", known_fr="au moins une dose"),
        Fact("last_vaccine", TEXT, "dernier vaccin", "aucune dose", choices=dict(Vaccine.choices)),
    ],
    SUMMARY_QUERY,
    feminine=False,
    present_fr="avec au moins une dose",
    absent_fr="sans aucune dose",
)


def register() -> None:
    """Offer the three tables."""
    for table in (INFECTION, DOSE, DOSE_SUMMARY):
        facts.register(table)
