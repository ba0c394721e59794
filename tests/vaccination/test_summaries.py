"""What summaries repeat, their title, dates and link; the CSV file (VC-24, VC-25, VC-34, VC-35, VC-36, VC-37)."""

import csv
import io
from urllib.parse import parse_qs, urlparse

import pytest

from allant.clock import moved_to
from allant.directory.models import Location, Organisation
from allant.immunizations.actions import cancel_administratively
from allant.people.models import Person
from allant.sheets import harmless
from allant.vaccination.eligibility import correct_eligibility
from allant.vaccination.models import EligibilityDeclaration
from allant.vaccination.recording import correct_vaccination, record_vaccination
from allant.vaccination.summaries import RECTIFICATION, Summary, as_csv, summary_of_declaration, summary_of_dose
from tests.vaccination.builders import DOCTOR, day, declaration, declare, doctor, entry, give, patient

pytestmark = pytest.mark.django_db


def values(summary: Summary) -> dict[str, dict[str, str]]:
    return {heading: dict(lines) for heading, lines in summary.sections}


def declared(born: str = "1940-05-01", *situations: str, **told: object) -> EligibilityDeclaration:
    with moved_to(day("2021-02-01")):
        return declare(patient(born, *situations), **told)


def given(person: Person, on: str, vaccine: str = "comirnaty", **told: object):
    with moved_to(day(on)):
        return give(person, on, vaccine, **told)


def test_a_declaration_is_repeated_with_the_code() -> None:
    """VC-24: what was entered, the category, the code to hand over."""
    summary = summary_of_declaration(declared(patient_activity="ambulatoire", declared_situations=("obesity",)))
    assert summary.title == summary.subject == "Synthèse de la déclaration d'éligibilité à la vaccination"
    assert (summary.version, summary.is_current, summary.next_from) == (1, True, None)
    assert summary.code and len(summary.code) == 14
    shown = values(summary)
    assert shown["Patient"] == {"Nom": "Martin", "Prénoms": "Camille", "Date de naissance": "01/05/1940"}
    assert shown["Prescription"] == {
        "Le déclarant est le prescripteur": "Oui", "Prescripteur": "Anne Prunier", "RPPS": "10000000001", "Profession": "Médecin",
        "Date de l'ordonnance": "01/02/2021",
    }  # fmt: skip
    assert shown["Situation du patient"] == {
        "Patient professionnel de santé": "Professionnel de santé travaillant en ambulatoire", "Situations déclarées": "Obésité",
    }  # fmt: skip
    assert shown["Catégorie de priorité"]["Catégorie"] == "Professionnels de santé de 50 ans et plus"
    assert set(shown["Accord et information"].values()) == {"Oui"}
    assert shown["Déclarant"]["Structure"] == "Cabinet Prunier"
    assert shown["Déclarant"]["Validé le"].startswith("01/02/2021 à ")


def test_a_changed_declaration_is_a_rectification() -> None:
    """VC-25: the title of the seed, the version and why; the earlier one stays as it was."""
    first = declared()
    with moved_to(day("2021-02-02")):
        second = correct_eligibility(
            declared=first, declaration=declaration(patient_activity="autre"), by=DOCTOR, reason="activité oubliée"
        )
    first.refresh_from_db()
    former, current = summary_of_declaration(first), summary_of_declaration(second)
    assert (current.title, current.version, current.is_current) == (RECTIFICATION, 2, True)
    assert current.title == "Rectificatif des données télétransmises à l'Assurance Maladie"
    assert values(current)["Rectification"]["Motif"] == "activité oubliée" and current.code == former.code
    assert (former.title, former.version, former.is_current) == (former.subject, 1, False)
    assert "Rectification" not in values(former)


def test_a_dose_is_repeated_with_place_and_date_of_the_next() -> None:
    """VC-24, VC-30, VC-31, VC-34."""
    person = declared().person
    place = Location.objects.create(kind="cabinet", name="Cabinet des Tilleuls", postcode="35000", commune_code="35238")
    with moved_to(day("2021-02-01")):
        dose = record_vaccination(
            person=person,
            entry=entry(
                "2021-02-01", lot="EX1", site="deltoide_gauche", place_kind="cabinet", location=place, am_number="351234567"
            ),
            source_key="d1", by=DOCTOR, recorder=doctor(),
            organisation=Organisation.objects.create(code="c1", name="Cabinet Prunier", kind="practice"),
        )  # fmt: skip
    summary = summary_of_dose(dose)
    assert (summary.title, summary.next_from, summary.code) == ("Synthèse de la 1re vaccination", day("2021-03-01"), None)
    shown = values(summary)
    assert shown["Vaccination"] == {
        "Rang": "1re vaccination sur 2", "Vaccin": "Comirnaty", "Numéro de lot": "EX1",
        "Site d'injection": "Bras gauche (deltoïde)", "Date de l'injection": "01/02/2021",
    }  # fmt: skip
    assert shown["Lieu de vaccination"] == {
        "Nature": "Au cabinet ou dans la structure d'exercice", "Nom": "Cabinet des Tilleuls", "Code postal": "35000",
        "N°AM": "351234567",
    }  # fmt: skip
    assert shown["Professionnel de santé"]["Structure"] == "Cabinet Prunier"


NEXT = [
    ("two doses", "1940-05-01", "", [("2021-02-01", "comirnaty")], "2021-03-01"),
    ("six weeks", "1960-05-01", "", [("2021-04-14", "comirnaty")], "2021-05-26"),
    ("AstraZeneca at 60", "1960-05-01", "", [("2021-04-14", "vaxzevria")], "2021-06-16"),
    ("AstraZeneca under 55", "1980-05-01", "", [("2021-04-14", "vaxzevria")], "2021-07-07"),
    ("single dose", "1960-05-01", "", [("2021-05-01", "janssen")], None),
    ("complete, no booster known", "1940-05-01", "", [("2021-02-01", "comirnaty"), ("2021-03-01", "comirnaty")], None),
    ("third dose", "1940-05-01", "immunodepressed", [("2021-04-06", "comirnaty"), ("2021-05-18", "comirnaty")], "2021-06-15"),
    ("booster", "1940-05-01", "", [("2021-09-01", "comirnaty"), ("2021-10-01", "comirnaty")], "2022-04-01"),
]


@pytest.mark.parametrize(("name", "born", "situation", "doses", "next_from"), NEXT, ids=[name for name, *_ in NEXT])
def test_the_date_from_which_to_book_the_next(
    name: str, born: str, situation: str, doses: list[tuple[str, str]], next_from: str | None
) -> None:
    """VC-34: by the doctrine known the day of the recording, per vaccine; the same whenever it is asked (VC-37)."""
    person = declared(born, *situation.split()).person
    for on, vaccine in doses:
        last = given(person, on, vaccine)
    assert summary_of_dose(last).next_from == (next_from and day(next_from))


def test_boosters_and_forced_doses_say_so() -> None:
    """VC-33, VC-38, VC-41."""
    person = declared().person
    given(person, "2021-02-01")
    forced = summary_of_dose(given(person, "2021-03-01", "spikevax", reason="allergie"))
    assert values(forced)["Vaccination"]["Enregistrée hors doctrine, motif"] == "allergie"
    assert forced.title == "Synthèse de la 2e vaccination"
    booster = summary_of_dose(given(person, "2021-12-05"))
    assert booster.title == "Synthèse de la dose de rappel"
    assert values(booster)["Vaccination"]["Rang"] == "Dose de rappel (rang 3)"


def test_a_corrected_dose_is_a_rectification_and_a_cancelled_one_is_not_current() -> None:
    """VC-36."""
    person = declared().person
    dose = given(person, "2021-02-01", lot="EX1")
    fixed = correct_vaccination(
        dose=dose, entry=entry("2021-02-01", lot="EX2"), by=DOCTOR, reason="lot mal lu", today=day("2021-02-02")
    )
    summary = summary_of_dose(fixed)
    assert (summary.title, summary.subject) == (RECTIFICATION, "Synthèse de la 1re vaccination")
    assert values(summary)["Rectification"]["Motif"] == "lot mal lu"
    dose.refresh_from_db()
    assert not summary_of_dose(dose).is_current
    cancel_administratively(dose=fixed, by="admin", reason="fraude")
    assert not summary_of_dose(fixed).is_current


def test_adverse_effects_are_reported_without_identity() -> None:
    """VC-35: the public portal, with vaccine, lot and date, and the three values to copy."""
    person = declared().person
    summary = summary_of_dose(given(person, "2021-02-01", lot="EX 1&2"))
    assert summary.adverse_effects_url
    address = urlparse(summary.adverse_effects_url)
    assert (address.scheme, address.hostname) == ("https", "signalement.social-sante.gouv.fr")
    assert parse_qs(address.query) == {"vaccin": ["Comirnaty"], "lot": ["EX 1&2"], "date": ["2021-02-01"]}
    assert dict(summary.adverse_effects) == {
        "Vaccin": "Comirnaty", "Numéro de lot": "EX 1&2", "Date de l'injection": "01/02/2021",
    }  # fmt: skip
    for secret in (person.family_name, person.given_names, "1940"):
        assert secret not in summary.adverse_effects_url


def test_the_csv_file_opens_in_a_spreadsheet_and_runs_nothing() -> None:
    """VC-24, VC-37: BOM, `;`, every line; a lot that begins like a formula is harmless."""
    person = declared().person
    text = as_csv(summary_of_dose(given(person, "2021-02-01", lot='=HYPERLINK("x";"y")')))
    assert text.startswith("\ufeffRubrique;Information;Valeur\r\n")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))
    assert {len(row) for row in rows} == {3}
    assert ["Vaccination", "Numéro de lot", "'=HYPERLINK(\"x\";\"y\")"] in rows
    assert ["Suite", "Prendre rendez-vous à partir du", "01/03/2021"] in rows


@pytest.mark.parametrize("value", ["=1", "+1", "-1", "@SUM", "\t=1", "\r=1"])
def test_formulas_are_made_harmless(value: str) -> None:
    """VC-24."""
    assert harmless(value) == f"'{value}"
    assert harmless("EX1 = 2") == "EX1 = 2"


@pytest.mark.parametrize(("precision", "shown"), [("day", "01/05/1940"), ("month", "05/1940"), ("year", "1940")])
def test_a_partial_birth_date_is_shown_as_known(precision: str, shown: str) -> None:
    """VC-24: no day is invented."""
    person = patient("1940-05-01")
    Person.objects.filter(pk=person.pk).update(birth_precision=precision)
    person.refresh_from_db()
    with moved_to(day("2021-02-01")):
        assert values(summary_of_declaration(declare(person)))["Patient"]["Date de naissance"] == shown
