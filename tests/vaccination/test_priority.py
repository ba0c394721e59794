"""The priority category of a patient, by date: which, why, and what is said when none applies (VC-23)."""

from pathlib import Path

import pytest

from allant.campaigns.populations import population
from allant.doctrine import Rules
from allant.immunizations.models import Vaccine
from allant.people.models import Person, SituationKind
from allant.targeting import define, engine_memory
from allant.vaccination.known import Known
from allant.vaccination.priority import Priority, outside_is_refused, priority_of, situation_label
from tests.vaccination.builders import day, known

# on, born, situations of the register, said by the declarant, activity of the patient; category expected
TABLE: list[tuple[str, str | None, str, str, str, str | None]] = [
    ("2020-12-26", "1930-01-01", "institution:ehpad", "", "", None),
    ("2020-12-27", "1930-01-01", "institution:ehpad", "", "", "ehpad"),
    ("2020-12-27", "1930-01-01", "", "institution:ehpad", "", "ehpad"),
    ("2020-12-27", "1930-01-01", "institution:mas_fam", "", "", None),
    ("2020-12-27", "1930-01-01", "", "", "", None),
    ("2021-01-04", "1971-01-04", "profession:infirmier", "", "", "caregivers_50"),
    ("2021-01-04", "1971-01-05", "profession:infirmier", "", "", None),
    ("2021-01-04", "1970-01-01", "", "", "ambulatoire", "caregivers_50"),
    ("2021-02-06", "1990-01-01", "", "", "autre", "caregivers"),
    ("2021-01-17", "1946-01-17", "", "", "", None),
    ("2021-01-18", "1946-01-18", "", "", "", "age_75"),
    ("2021-01-18", "1946-01-19", "", "", "", None),
    ("2021-01-18", "1980-01-01", "immunodepressed", "", "", "very_high_risk"),
    ("2021-01-18", "2004-01-01", "immunodepressed", "", "", None),
    ("2021-02-25", "1960-01-01", "ald:8", "", "", "comorbid_50"),
    ("2021-02-25", "1960-01-01", "", "obesity", "", "comorbid_50"),
    ("2021-02-25", "1960-01-01", "", "", "", None),
    ("2021-03-02", "1950-01-01", "ald:8", "", "", "comorbid_65"),
    ("2021-03-27", "1951-03-27", "", "", "", "age_70"),
    ("2021-04-03", "1990-01-01", "", "pregnancy", "", "pregnant"),
    ("2021-05-01", "1990-01-01", "ald:30", "", "", "comorbid_18"),
    ("2021-05-30", "1990-01-01", "", "", "", None),
    ("2021-05-31", "1990-01-01", "", "", "", "adults"),
    ("2021-06-15", "2006-01-01", "", "", "", "age_12"),
    ("2021-12-15", "2014-01-01", "ald:8", "", "", "comorbid_5"),
    ("2021-12-22", "2014-01-01", "", "", "", "age_5"),
    ("2021-12-22", "2017-01-01", "", "", "", None),
    ("2021-06-01", None, "", "", "", None),
    ("2021-06-01", None, "institution:ehpad", "", "", "ehpad"),
]  # fmt: skip


def who(born: str | None, situations: str) -> Known:
    rows = [
        {"kind": name.partition(":")[0], "code": name.partition(":")[2], "starts_on": day("2020-01-01"), "ends_on": None}
        for name in situations.split()
    ]
    return Known(Person(birth_date=born and day(born)), (), (), tuple(rows))


def found(on: str, born: str | None, situations: str, declared: str, activity: str) -> Priority:
    return priority_of(who(born, situations), day(on), known(on), declared=declared.split(), activity=activity)


@pytest.mark.parametrize(("on", "born", "situations", "declared", "activity", "code"), TABLE)
def test_categories(on: str, born: str | None, situations: str, declared: str, activity: str, code: str | None) -> None:
    """VC-23: the category in force that opened first, with reasons; a warning that blocks nothing when there is none."""
    priority = found(on, born, situations, declared, activity)
    assert (priority.category and priority.category.code) == code
    if priority.category:
        assert priority.category.reasons and not priority.warning
        assert priority.category.rule_id.startswith(f"covid.priority.{code}@")
    else:
        assert "Aucune catégorie de priorité en vigueur" in priority.warning and "Vous pouvez poursuivre" in priority.warning


def test_reasons_say_age_and_where_a_situation_is_known_from() -> None:
    """VC-23: age, condition, profession, pregnancy…, each in a sentence."""
    priority = found("2021-02-25", "1960-01-01", "ald:8", "obesity", "")
    assert priority.category and priority.category.reasons == (
        "61 ans le 25/02/2021 (catégorie de 50 à 64 ans).",
        "Affection de longue durée : situation connue de l'Assurance Maladie.",
        "Obésité : situation déclarée par le professionnel de santé.",
    )
    resident = found("2021-02-25", "1930-01-01", "institution:ehpad", "", "")
    assert resident.category and resident.category.reasons == (
        "En établissement (EHPAD) : situation connue de l'Assurance Maladie.",
    )
    assert [other.code for other in resident.others] == ["age_75"]


def test_the_opening_that_will_concern_them_is_told() -> None:
    """VC-23: what is announced, at the age they will then have; not what nobody knew yet."""
    waiting = found("2021-04-01", "1971-05-15", "", "", "")
    assert waiting.announced and waiting.announced.code == "age_50"
    assert "« Personnes de 50 ans et plus » ouvrira le 15/05/2021." in waiting.warning
    assert found("2021-03-30", "1971-05-15", "", "", "").announced is None
    assert "l'âge ne peut être vérifié" in found("2021-04-01", None, "", "", "").warning


def test_the_doctrine_says_whether_the_doctor_decides(tmp_path: Path) -> None:
    """VC-23: a warning today; a refusal from the day a book says so."""
    on = day("2021-02-01")
    assert not outside_is_refused(on, known("2021-02-01"))
    (tmp_path / "later.yaml").write_text(
        "teleservice.outside_priority:\n  label: Hors priorité\n  unit: choice\n  choices: [doctor_decides, refused]\n"
        "  versions:\n    - {in_force: 2021-02-01, known_from: 2021-01-20, value: refused, assumption: essai}\n"
    )
    strict = Rules(tmp_path).as_known_on(on)
    assert outside_is_refused(on, strict) and not outside_is_refused(day("2021-01-31"), strict)


@pytest.mark.parametrize("line", TABLE)
def test_it_is_what_the_campaigns_target(line: tuple[str, str | None, str, str, str, str | None]) -> None:
    """TG-08, VC-23: for what the register knows, the phases of the page are those of the engines."""
    on, born, situations, declared, activity, _ = line
    if declared or activity or on < "2020-12-27":
        return
    someone = who(born, situations)
    rows = {
        "person": [{"person_id": 1, "birth_date": someone.person.birth_date}],
        "situation": [{"person_id": 1, **row} for row in someone.situations],
    }
    priority = found(on, born, situations, "", "")
    shown = {each.code for each in (priority.category, *priority.others) if each}
    targeted = {
        rule["code"]
        for rule in known(on).value("covid.priority", day(on))
        if engine_memory.people(define(population(rule["criteria"], day(on))), rows)
    }
    assert shown == targeted


def test_every_situation_of_the_doctrine_has_its_french_name() -> None:
    """VC-23: no code on screen, and the declarant can say each situation that a phase asks for."""
    book = known("2022-12-31")
    asked = {
        name for rule in book.value("covid.priority", day("2022-12-31")) for name in rule["criteria"]["situations"] or ()
    }
    assert all(name.partition(":")[0] in SituationKind.values and situation_label(name) != name for name in asked)
    offered = {row["code"] for row in book.value("teleservice.declared_situations", day("2022-12-31"))}
    assert asked - offered == {"profession"}  # said by the activity
    assert {row["code"] for row in book.value("covid.vaccines", day("2022-12-31"))} == set(Vaccine.values) - {"unknown"}
