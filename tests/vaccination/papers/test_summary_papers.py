"""Summaries on paper (VC-24, VC-25, VC-36, VC-37): what they say, that they can be read by all, printed and scanned."""

from __future__ import annotations

import io
import re
from datetime import date
from pathlib import Path

import pypdf
import pytest
import zxingcpp
from django.db import DatabaseError, transaction
from pdfua import validate

from allant import clock
from allant.directory.models import Location, Practitioner
from allant.immunizations.models import Dose, Infection
from allant.people.actions import merge
from allant.people.models import Person, Situation
from allant.vaccination.eligibility import correct_eligibility
from allant.vaccination.models import EligibilityDeclaration, PaperSnapshot
from allant.vaccination.papers import paper_of_declaration, paper_of_dose
from allant.vaccination.papers.marks import Mark, PaperKind, read_mark
from allant.vaccination.recording import correct_vaccination
from tests.typesetting.pictures import pictures_of
from tests.vaccination.papers.bedside import BY, DECLARED, FIRST, content, declared, entry, patient, text_of, vaccinated

pytestmark = pytest.mark.django_db

RECTIFICATION = "Rectificatif des données télétransmises à l'Assurance Maladie"
MARK = re.compile(r"(?:[2-9A-Z]{4}-){4}[2-9A-Z]{4}")


def title_of(pdf: bytes) -> str:
    metadata = pypdf.PdfReader(io.BytesIO(pdf)).metadata
    assert metadata and metadata.title
    return metadata.title


def scanned(pdf: bytes) -> list[str]:
    return [code.text for page in pictures_of(pdf, dpi=100) for code in zxingcpp.read_barcodes(page)]


def test_vc24_the_declaration_on_paper() -> None:
    """VC-24: what was entered, the patient's code in large letters, a box to sign."""
    pdf = paper_of_declaration(declared(patient()))
    text = text_of(pdf)
    for expected in (
        "Suzanne Mercier", "12/03/1940", "Karim Haddad", "10001234567", "Cabinet des Tilleuls", "Signature du déclarant",
        "Version 1, transmise le 1er février 2021.", "Code à conserver",
    ):  # fmt: skip
        assert expected in text, expected
    assert re.search(r"\b[2-9A-Z]{4} [2-9A-Z]{4} [2-9A-Z]{4}\b", text)
    assert len(pypdf.PdfReader(io.BytesIO(pdf)).pages) == 1


def test_vc37_a_dose_on_paper() -> None:
    """VC-34, VC-35, VC-37: the act, the date to book from, where to declare an adverse effect, a box to sign."""
    person = patient()
    declared(person)
    pdf = paper_of_dose(vaccinated(person))
    text = text_of(pdf)
    for expected in (
        "Comirnaty", "EJ6797", "03/02/2021", "Signature du professionnel", "Version 1, transmise le 3 février 2021.",
        "à partir du 3 mars 2021", "Un effet indésirable ?",
    ):  # fmt: skip
        assert expected in text, expected
    assert "Code à conserver" not in text
    links = [note.get_object()["/A"]["/URI"] for note in pypdf.PdfReader(io.BytesIO(pdf)).pages[0]["/Annots"]]
    assert any("/papier/" in link for link in links) and not any("Mercier" in link for link in links)


def test_vc25_a_changed_declaration_is_a_rectification() -> None:
    """VC-25: its title, its version, the one it replaces; the former paper can still be produced, byte for byte."""
    first = declared(patient())
    before = paper_of_declaration(first)
    with clock.moved_to(date(2021, 2, 2)):
        second = correct_eligibility(
            declared=first, declaration=content(prescribed_on=date(2021, 1, 30)), by=BY, reason="Date de l'ordonnance"
        )
    pdf = paper_of_declaration(second)
    assert title_of(pdf) == RECTIFICATION and RECTIFICATION in text_of(pdf) and "30/01/2021" in text_of(pdf)
    assert len(pypdf.PdfReader(io.BytesIO(pdf)).pages) == 1
    assert "Version 2, transmise le 2 février 2021. Elle remplace la version 1 du 1er février 2021" in text_of(pdf)
    first.refresh_from_db()
    assert paper_of_declaration(first) == before and title_of(before) != RECTIFICATION


def test_vc36_a_changed_dose_is_a_rectification() -> None:
    """VC-36: the same for a dose."""
    person = patient()
    declared(person)
    first = vaccinated(person)
    before = paper_of_dose(first)
    with clock.moved_to(date(2021, 2, 4)):
        second = correct_vaccination(dose=first, entry=entry(lot="EL0739"), by=BY, reason="Lot mal lu")
    pdf = paper_of_dose(second)
    assert title_of(pdf) == RECTIFICATION and "EL0739" in text_of(pdf) and "Lot mal lu" in text_of(pdf)
    assert "Elle remplace la version 1 du 3 février 2021, qui ne vaut plus." in text_of(pdf)
    first.refresh_from_db()
    assert paper_of_dose(first) == before and "EL0739" not in text_of(before)


def test_vc37_papers_are_accessible(tmp_path: Path) -> None:
    """VC-37: tagged, titled, in French, tables with headers, the picture described; as far as `pdfua` can tell."""
    person = patient()
    papers = {"declaration": paper_of_declaration(declared(person)), "dose": paper_of_dose(vaccinated(person))}
    for name, pdf in papers.items():
        (tmp_path / f"{name}.pdf").write_bytes(pdf)
        assert list(validate(str(tmp_path / f"{name}.pdf")).findings) == []
        read = pypdf.PdfReader(io.BytesIO(pdf))
        assert read.trailer["/Root"]["/Lang"] == "fr"
        kinds = set(structure_of(read.trailer["/Root"]["/StructTreeRoot"]))
        assert {"/H1", "/H2", "/Table", "/TH", "/TD", "/Figure", "/Link"} <= kinds
        assert [round(float(side)) for side in read.pages[0].mediabox[2:]] == [595, 842], "A4"


def structure_of(node: object) -> list[str]:
    """The kinds of the elements of a tagged file."""
    found = node.get_object() if isinstance(node, pypdf.generic.IndirectObject) else node
    if isinstance(found, list):
        return [kind for child in found for kind in structure_of(child)]
    if not isinstance(found, dict):
        return []
    return [str(found.get("/S", "")), *(structure_of(found["/K"]) if "/K" in found else [])]


def test_the_code_of_control_is_scanned_from_the_printed_page() -> None:
    """A printer's picture of the page at 100 dpi leads to the row and version that were printed, and tells nothing else."""
    person = patient()
    declaration = declared(person)
    dose = vaccinated(person)
    for pdf, expected in (
        (paper_of_declaration(declaration), Mark(PaperKind.DECLARATION, declaration.pk, 1)),
        (paper_of_dose(dose), Mark(PaperKind.DOSE, dose.pk, 1)),
    ):
        (address,) = scanned(pdf)
        assert address.startswith("http://127.0.0.1:8000/papier/") and address.endswith("/")
        assert read_mark(address.rstrip("/").rpartition("/")[2]) == expected
        assert set(MARK.findall(text_of(pdf))) == {address.rstrip("/").rpartition("/")[2]}


@pytest.mark.parametrize(
    ("family", "given"),
    [
        ("Haÿ-Lefèvre d'Œuvrecœur", "Zoé Anaïs"),
        ("de La Tour du Pin Chambly de La Charce-Montmorency-Luxembourg-Bouteville"[:100], "Marie " * 33),
        ("Şahin", "Łukasz"),
        ("الخطيب", "سلمى"),
        ("#panic(1)", "*gras* $x$"),
        ("B" * 100, "Jean"),
    ],
)
def test_any_name_fits_the_page(family: str, given: str, tmp_path: Path) -> None:
    person = patient(family_name=family, given_names=given.strip())
    pdf = paper_of_declaration(declared(person))
    (tmp_path / "nom.pdf").write_bytes(pdf)
    assert list(validate(str(tmp_path / "nom.pdf")).findings) == []
    assert len(scanned(pdf)) == 1 and nothing_beyond_the_margin(pdf)


def nothing_beyond_the_margin(pdf: bytes) -> bool:
    """Whether the right margin of every page is white."""
    white = True
    for page in pictures_of(pdf, dpi=50):
        margin = page.convert("L").crop((page.width - page.width * 16 // 210, 0, page.width, page.height))
        white = white and margin.getextrema() == (255, 255)
    return white


def test_missing_values_are_said_and_never_left_blank() -> None:
    person = patient(birth_date=None, birth_precision="none", sex=None)
    declared(person, on=DECLARED)
    text = text_of(paper_of_dose(vaccinated(person, lot="", place_kind="", site="")))
    assert "Inconnue" in text and "None" not in text and text.count("Non renseigné") >= 3


def test_a_long_place_and_a_forced_dose_stay_on_their_page() -> None:
    person = patient()
    declared(person)
    place = Location.objects.create(kind="centre", name="Centre de vaccination " * 8, postcode="35000", commune_code="35238")
    pdf = paper_of_dose(vaccinated(person, location=place, place_kind="centre", am_number="123456789"))
    assert "N°AM 123456789" in text_of(pdf) and nothing_beyond_the_margin(pdf)


def test_the_version_of_a_paper_is_its_rows_and_not_the_days() -> None:
    """Asked another day, after the next dose, the paper is the same bytes."""
    person = patient()
    declared(person)
    dose = vaccinated(person, FIRST)
    before = paper_of_dose(dose)
    vaccinated(person, date(2021, 3, 3))
    with clock.moved_to(date(2021, 6, 1)):
        assert paper_of_dose(dose) == before


def test_vc25_vc36_what_the_file_learns_later_leaves_the_papers_as_they_were() -> None:
    """VC-25, VC-36: an infection or a situation with an earlier date, a changed name, a merge: the same bytes."""
    person = patient()
    declaration = declared(person)
    dose = vaccinated(person)
    before = paper_of_declaration(declaration), paper_of_dose(dose)
    assert "à partir du 3 mars 2021" in text_of(before[1])
    with clock.moved_to(date(2021, 3, 1)):
        Infection.objects.create(person=person, occurred_on=date(2020, 12, 1))
        Situation.objects.create(person=person, kind="immunodepression", starts_on=date(2020, 1, 1))
        other = patient(given_names="Suzanne Marie")
        Infection.objects.create(person=other, occurred_on=date(2020, 11, 20))
        Person.objects.filter(pk=person.pk).update(family_name="Lenoir")
        Practitioner.objects.update(family_name="Hadad")
        merge(duplicate=Person.objects.get(pk=person.pk), into=other, by=BY, reason="Doublon")
        declaration, dose = EligibilityDeclaration.objects.get(pk=declaration.pk), Dose.objects.get(pk=dose.pk)
        assert (paper_of_declaration(declaration), paper_of_dose(dose)) == before


def test_vc36_what_a_paper_said_is_never_changed() -> None:
    """VC-36: the database refuses to change or delete what was printed."""
    person = patient()
    declared(person)
    paper_of_dose(vaccinated(person))
    kept = PaperSnapshot.objects.get(kind="dose")
    assert person.family_name in str(kept.content)
    for change in (kept.delete, lambda: PaperSnapshot.objects.update(content={})):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
