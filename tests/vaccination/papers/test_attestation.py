"""The attestation (VC-62), and what the control page answers about each paper."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import pypdf
import pytest
import zxingcpp
from pdfua import validate

from allant import clock
from allant.immunizations.actions import cancel_administratively, cancel_dose
from allant.immunizations.models import Dose, DoseSummary
from allant.people.actions import merge
from allant.vaccination.eligibility import correct_eligibility
from allant.vaccination.papers import (
    NothingToAttest,
    UnreadableMark,
    attestation_of,
    paper_of_declaration,
    paper_of_dose,
    standing_of,
)
from allant.vaccination.papers.marks import Mark, PaperKind, write_mark
from allant.vaccination.recording import correct_vaccination
from tests.typesetting.pictures import pictures_of
from tests.vaccination.papers.bedside import BY, FIRST, SECOND, content, declared, entry, patient, text_of, vaccinated
from tests.vaccination.papers.test_summary_papers import MARK

pytestmark = pytest.mark.django_db

ON = date(2021, 11, 21)


def mark_on(pdf: bytes) -> str:
    found = MARK.search(text_of(pdf))
    assert found
    return found.group()


def state_of(pdf: bytes) -> str:
    return standing_of(mark_on(pdf)).state


def test_vc62_the_attestation_lists_the_current_doses(tmp_path: Path) -> None:
    """VC-62: every current dose, whether the schedule is complete, and nothing that ended."""
    person = patient()
    declared(person)
    first = vaccinated(person, FIRST)
    with clock.moved_to(date(2021, 2, 4)):
        correct_vaccination(dose=first, entry=entry(lot="EL0739"), by=BY, reason="Lot mal lu")
    assert "n'est pas terminé" in text_of(attestation_of(person, FIRST))
    vaccinated(person, SECOND)
    vaccinated(person, date(2021, 9, 20))
    pdf = attestation_of(person, ON)
    text = text_of(pdf)
    for expected in (
        "Attestation de vaccination contre la Covid-19", "Suzanne Mercier", "12 mars 1940", "1re dose sur 2", "03/02/2021",
        "EL0739", "2e dose sur 2", "03/03/2021", "Rappel", "20/09/2021",
        "terminé depuis le 3 mars 2021", "Établie le 21 novembre 2021",
    ):  # fmt: skip
        assert expected in text, expected
    assert text.count("EJ6797") == 2
    (tmp_path / "attestation.pdf").write_bytes(pdf)
    assert list(validate(str(tmp_path / "attestation.pdf")).findings) == []
    assert len([code for page in pictures_of(pdf) for code in zxingcpp.read_barcodes(page)]) == 1


def test_vc62_the_same_doses_on_the_same_day_are_the_same_bytes() -> None:
    """VC-62."""
    person = patient()
    declared(person)
    vaccinated(person)
    assert attestation_of(person, ON) == attestation_of(person, ON) != attestation_of(person, date(2021, 11, 22))


def test_vc62_without_a_dose_there_is_nothing_to_attest() -> None:
    """VC-62."""
    with pytest.raises(NothingToAttest, match="Aucune vaccination"):
        attestation_of(patient(), ON)


def test_vc62_many_doses_go_on_to_a_second_page_with_their_headings() -> None:
    """VC-62: no dose is lost at the foot of a page, and the head of the table is said again."""
    person = patient()
    Dose.objects.bulk_create(
        Dose(
            person=person, occurred_on=date(2021, 1, 1 + number % 28).replace(month=1 + number // 28), vaccine="unknown",
            dose_number=number + 1, series="primary", series_doses=2, recorded_at=clock.now(), recorded_by="test", source="csv",
            source_key=f"many:{number}", proof="Carnet",
        )
        for number in range(60)
    )  # fmt: skip
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(attestation_of(person, ON))).pages]
    assert len(pages) >= 2 and all("Vaccin Lot Lieu" in " ".join(page.split()) for page in pages[:2])
    assert all(f"{number}e dose" in " ".join(pages) for number in range(2, 61))


def test_vc62_a_merged_record_counts_for_the_survivor() -> None:
    """VC-62, VC-63: whichever record the doses stand on."""
    survivor, duplicate = patient(), patient()
    declared(duplicate)
    vaccinated(duplicate)
    merge(duplicate=duplicate, into=survivor, by="test", reason="doublon")
    duplicate.refresh_from_db()
    assert attestation_of(survivor, ON) == attestation_of(duplicate, ON)
    assert state_of(attestation_of(survivor, ON)) == "current"


def test_vc62_a_dose_recorded_under_two_records_is_attested_once() -> None:
    """VC-62, VC-63: one injection entered under both records before their merge."""
    survivor, duplicate = patient(), patient()
    for each in (survivor, duplicate):
        declared(each)
        vaccinated(each)
    merge(duplicate=duplicate, into=survivor, by="test", reason="doublon")
    assert text_of(attestation_of(survivor, ON)).count("03/02/2021") == 1
    assert DoseSummary.objects.get(person=survivor).dose_count == 1


def test_a_correction_never_leaves_an_older_paper_valid() -> None:
    """VC-25, VC-36: the former paper is answered by the version that replaced it, and by the last one when there were two."""
    person = patient()
    declaration = declared(person)
    dose = vaccinated(person)
    old = paper_of_dose(dose)
    assert (state_of(old), state_of(paper_of_declaration(declaration))) == ("current", "current")
    with clock.moved_to(date(2021, 2, 4)):
        second = correct_vaccination(dose=dose, entry=entry(lot="EL0739"), by=BY, reason="Lot mal lu")
    with clock.moved_to(date(2021, 2, 5)):
        third = correct_vaccination(dose=second, entry=entry(lot="EM0477"), by=BY, reason="Lot mal lu")
    told = standing_of(mark_on(old))
    assert (told.state, told.title) == ("replaced", "Remplacée le 4 février 2021") and "la version 3 est en vigueur" in told.text
    assert state_of(paper_of_dose(second)) == "replaced"
    assert standing_of(mark_on(paper_of_dose(third))).text == "La version 3 de ce document est en vigueur."


def test_a_changed_declaration_is_replaced() -> None:
    """VC-25."""
    first = declared(patient())
    old = paper_of_declaration(first)
    with clock.moved_to(date(2021, 2, 2)):
        correct_eligibility(declared=first, declaration=content(prescribed_on=date(2021, 1, 30)), by=BY, reason="Date")
    assert standing_of(mark_on(old)).title == "Remplacée le 2 février 2021"


def test_a_cancelled_dose_is_told_cancelled_on_each_of_its_papers() -> None:
    """By its recorder, or by the administration; papers of its former versions too."""
    person, other = patient(), patient()
    declared(person)
    declared(other)
    first = vaccinated(person)
    old = paper_of_dose(first)
    with clock.moved_to(date(2021, 2, 4)):
        second = correct_vaccination(dose=first, entry=entry(lot="EL0739"), by=BY, reason="Lot mal lu")
        cancel_dose(dose=second, by=BY, reason="Erreur de patient")
    assert standing_of(mark_on(old)).title == standing_of(mark_on(paper_of_dose(second))).title == "Annulée le 4 février 2021"
    false = vaccinated(other)
    with clock.moved_to(date(2021, 2, 6)):
        cancel_administratively(dose=false, by="agency:admin", reason="Compte volé")
    assert "annulé par l'administration le 6 février 2021" in standing_of(mark_on(paper_of_dose(false))).text


def test_vc62_an_attestation_is_told_outdated_or_wrong() -> None:
    """VC-62: a later dose leaves it exact, a correction does not."""
    person = patient()
    declared(person)
    dose = vaccinated(person)
    pdf = attestation_of(person, FIRST)
    assert state_of(pdf) == "current"
    later = vaccinated(person, SECOND)
    assert (state_of(pdf), state_of(attestation_of(person, SECOND))) == ("outdated", "current")
    both = attestation_of(person, SECOND)
    with clock.moved_to(date(2021, 3, 4)):
        cancel_dose(dose=later, by=BY, reason="Erreur de patient")
        assert (state_of(pdf), state_of(both)) == ("current", "replaced")
        correct_vaccination(dose=dose, entry=entry(lot="EL0739"), by=BY, reason="Lot mal lu")
    assert state_of(pdf) == "replaced"


@pytest.mark.parametrize("kind", PaperKind)
def test_a_mark_of_a_row_that_does_not_exist_is_nobodys(kind: PaperKind) -> None:
    with pytest.raises(UnreadableMark, match="d'aucun document"):
        standing_of(write_mark(Mark(kind, 10**9, 1)))


def test_no_answer_names_anybody() -> None:
    person = patient()
    pdfs = [paper_of_declaration(declared(person)), paper_of_dose(vaccinated(person)), attestation_of(person, ON)]
    for pdf in pdfs:
        told = standing_of(mark_on(pdf))
        assert "Mercier" not in f"{told}" and "1940" not in f"{told}" and "Comirnaty" not in f"{told}"
