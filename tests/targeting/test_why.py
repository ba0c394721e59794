"""TG-06, "pourquoi ?": each criterion with the value found and the verdict."""

from datetime import date

from hypothesis import given, settings

from allant.targeting import Definition, define, engine_memory, tables, why

from .strategies import crowds, definitions
from .vocabulary import REGISTRY

t = tables(REGISTRY)
ON = date(2021, 3, 31)
TARGET = define(
    (t.person.age_on(ON) >= 75)
    & ~t.dose.exists()
    & (t.person.has_landline | t.person.departement.is_in(["01"]))
    & ~t.situation.where(kind="institution").active_on(ON).exists()
)
FACTS = {
    "person": [{"person_id": 1, "birth_date": date(1945, 3, 3), "departement": "01", "has_landline": None}],
    "dose": [{"person_id": 1, "occurred_on": date(2021, 1, 20), "vaccine": "comirnaty", "dose_number": 1}],
}


def test_each_criterion_has_its_value_and_verdict() -> None:
    found = why(TARGET, FACTS)
    assert (found.wording, found.verdict, found.holds) == ("Toutes ces conditions", "faux", False)
    assert [(part.wording, part.found, part.verdict) for part in found.parts] == [
        ("75 ans ou plus au 31 mars 2021", "76 ans (date de naissance : 3 mars 1945)", "vrai"),
        ("sans aucune dose", "date : 20 janvier 2021, vaccin : Comirnaty, rang : 1", "faux"),
        ("Au moins une de ces conditions", "", "vrai"),
        ("sans aucune situation (nature : établissement, et en cours le 31 mars 2021)", "aucune ligne", "vrai"),
    ]
    assert [(part.found, part.verdict) for part in found.parts[2].parts] == [
        ("téléphone fixe : inconnu", "inconnu"),
        ("01 (Ain)", "vrai"),
    ]


def test_nothing_known_is_said_in_words() -> None:
    found = why(define(t.person.age_on(ON) >= 75), {})
    assert (found.found, found.verdict) == ("date de naissance inconnue", "inconnu")


def test_many_rows_are_told_by_their_number() -> None:
    doses = [{"person_id": 1, "occurred_on": date(2021, month, 1)} for month in range(1, 6)]
    assert why(define(t.dose.count() >= 2), {"dose": doses}).found == (
        "5 : date : 1er janvier 2021 ; date : 1er février 2021 ; date : 1er mars 2021 ; et 2 de plus"
    )


@settings(max_examples=60, deadline=None)
@given(definitions())
def test_the_verdict_is_that_of_the_engine_for_any_definition(definition: Definition) -> None:
    rows = crowds(seed=6)
    selected = set(engine_memory.people(definition, rows))
    for person in range(1, 8):
        verdict = why(definition, engine_memory.facts_of(person, rows))
        assert verdict.holds == (person in selected)
        assert verdict.to_json()["verdict"] in ("vrai", "faux", "inconnu")
