"""AV-12: files of letters: window, QR code, order, totals; re-print; what comes back; killed anywhere."""

from __future__ import annotations

import hashlib
import io
import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pypdf
import pypdfium2
import pytest
import zxingcpp
from pdfua import validate

from allant.doctrine import rules
from allant.outreach import causes
from allant.outreach.claiming import claim
from allant.outreach.letters import batches, codes
from allant.outreach.letters.addressing import addresses_of
from allant.outreach.letters.batches import reprint, write_letters
from allant.outreach.letters.returned import NotALetter, mark_returned
from allant.outreach.models import LetterBatch, Message
from allant.people.models import ContactPoint, Person
from tests import another_process
from tests.outreach.people import AT, MONDAY, message, person, template

pytestmark = pytest.mark.django_db
BODY = "{name},\n\nVous pouvez venir.\nSi vous le souhaitez.\n\nL'Assurance Maladie"
WINDOW = rules.as_known_on(MONDAY).value("outreach.letter_window", MONDAY)
POINT = 72 / 25.4  # a millimetre


@pytest.fixture(autouse=True)
def lent(monkeypatch):
    """Messages of the cause `trial` are to the same invented person, for campaign 12."""
    named = {"trial": lambda ids: {pk: {"name": "Camille Exemple"} for pk in ids}}
    monkeypatch.setattr(causes, "_causes", causes._causes | named)
    monkeypatch.setattr(causes, "_campaigns", {"trial": "SELECT 12 WHERE {cause_id} > 0"})


def wording(**columns: object):
    return template(channel="letter", subject="Pour vous", body=BODY, variables={"name": "name"}, **columns)


def waiting(postcode: str = "01000", **columns: object) -> Message:
    return message(person("postal", postcode=postcode, commune_code="01053", **columns), channel="letter")


def write(folder: Path, at=AT) -> list[LetterBatch]:
    return write_letters(at=at, by="test", directory=folder)


def few(monkeypatch, letters: int) -> None:
    """So many letters a file."""
    book = rules.as_known_on(MONDAY)
    real = type(book).value
    monkeypatch.setattr(
        type(book), "value",
        lambda self, key, on: {"letters": letters} if key == "outreach.letter_batch" else real(self, key, on),
    )  # fmt: skip


def manifest(folder: Path, batch: LetterBatch) -> dict:
    return json.loads((folder / f"{batch.name}.json").read_text())


def pages(pdf: bytes) -> pypdfium2.PdfDocument:
    return pypdfium2.PdfDocument(pdf)


def test_av_12_files_are_split_by_department_sorted_by_postcode_and_add_up(tmp_path, monkeypatch):
    wording()
    few(monkeypatch, 3)
    for postcode in ("01500", "01000", "75011", "97110", "20000", "01500", "01000", "97600", "20200"):
        waiting(postcode)
    written = write(tmp_path)
    said = [(batch.department, batch.letters) for batch in sorted(written, key=lambda one: one.name)]
    assert said == [("01", 3), ("01", 1), ("20", 2), ("75", 1), ("971", 1), ("976", 1)]
    for batch in written:
        kept, pdf = manifest(tmp_path, batch), (tmp_path / f"{batch.name}.pdf").read_bytes()
        assert kept["sha256"] == batch.content_hash == hashlib.sha256(pdf).hexdigest()
        with pages(pdf) as document:
            texts = [page.get_textpage().get_text_range() for page in document]
        assert len(texts) == kept["pages"] == batch.pages == batch.letters
        postcodes = [postcode for text in texts for postcode in kept["by_postcode"] if postcode in text]
        assert postcodes == sorted(postcodes) and Counter(postcodes) == kept["by_postcode"]
        assert [code in text for code, text in zip(kept["codes"], texts, strict=True)] == [True] * len(texts)
    assert Message.objects.filter(status="sent", contact_point__isnull=False).count() == 9
    assert write(tmp_path) == []


def test_av_12_the_address_and_nothing_else_stands_in_the_window_and_the_codes_are_read_back(tmp_path):
    wording()
    sent = waiting(given_names="Marie-Antoinette-Bernadette", family_name="de la Rochefoucauld-Montmorency-Bouteville")
    (batch,) = write(tmp_path)
    left, top = WINDOW["left_mm"], WINDOW["top_mm"]
    right, bottom = left + WINDOW["width_mm"], top + WINDOW["height_mm"]
    with pages((tmp_path / f"{batch.name}.pdf").read_bytes()) as document:
        page = document[0]
        height = page.get_height()
        words = page.get_textpage()
        inside = words.get_text_bounded(left * POINT, height - bottom * POINT, right * POINT, height - top * POINT)
        picture = page.render(scale=4).to_pil()
        boxes = [words.get_charbox(at) for at in range(words.count_chars()) if words.get_text_range(at, 1).strip()]
    lines = inside.split("\r\n")
    name = "M. DE LA ROCHEFOUCAULD-MONTMORENCY-BOU"
    assert lines == [codes.printed(sent.pk), name, "12 RUE DES LILAS", "01000 BOURG EN BRESSE"]
    for x1, y1, x2, y2 in boxes:  # each letter is whole in the window, or wholly out of it
        across = left * POINT <= x1 and x2 <= right * POINT
        along = height - bottom * POINT <= y1 and y2 <= height - top * POINT
        out = x2 < left * POINT or x1 > right * POINT or y2 < height - bottom * POINT or y1 > height - top * POINT
        assert (across and along) or out
    read = {found.format: found.text for found in zxingcpp.read_barcodes(picture)}
    assert read[zxingcpp.BarcodeFormat.QRCode] == "http://127.0.0.1:8000/contacts/campagne/12/"
    assert codes.read(read[zxingcpp.BarcodeFormat.DataMatrix]) == sent.pk
    seen = picture.crop([round(edge * POINT * 4) for edge in (left, top, right, bottom)])
    assert [found.text for found in zxingcpp.read_barcodes(seen)] == [codes.printed(sent.pk).replace(" ", "")]


def languages(element: Any) -> set[str]:
    """The languages that the structure of a file says."""
    found = {str(element["/Lang"])} if "/Lang" in element else set()
    children = element.get("/K", [])
    for child in children if isinstance(children, list) else [children]:
        child = child.get_object()
        found |= languages(child) if isinstance(child, dict) else set()
    return found


def test_av_12_a_file_is_tagged_and_in_the_language_of_each(tmp_path):
    wording()
    template(channel="letter", subject="لكم", body="{name} مرحبا", language="ar", variables={"name": "name"})
    waiting(), waiting(language="ar")
    (batch,) = write(tmp_path)
    file = tmp_path / f"{batch.name}.pdf"
    assert list(validate(str(file)).findings) == []
    read = pypdf.PdfReader(file)
    assert (read.trailer["/Root"]["/Lang"], read.metadata.title) == ("fr", f"Courriers {batch.name}")
    assert languages(read.trailer["/Root"]["/StructTreeRoot"]) == {"ar", "fr"}
    with pages(file.read_bytes()) as document:
        first, second = (page.get_textpage().get_text_range() for page in document)
    assert "Vous pouvez venir." in first and "14 juin 2021" in first and "14/06/2021" in second


def test_av_12_a_reprint_is_the_same_document_whatever_changed_since(tmp_path):
    wording()
    sent, other = waiting(), waiting()
    write(tmp_path)
    sent.refresh_from_db()
    first = reprint(sent, tmp_path)
    wording(version=2)
    Person.objects.update(family_name="Autre")
    ContactPoint.objects.update(value="ailleurs")
    assert reprint(sent, tmp_path) == first
    with pages(first) as document:
        text = document[0].get_textpage().get_text_range()
        assert len(document) == 1 and codes.printed(sent.pk) in text and codes.printed(other.pk) not in text and "MARTIN" in text
    assert reprint(waiting(), tmp_path) is None


def test_av_12_who_has_no_street_is_written_to_at_the_town_and_who_has_no_postcode_is_not(tmp_path):
    wording()
    no_street = message(person(commune_code="01053"), channel="letter")
    assert addresses_of([no_street], {})[no_street.pk].lines == ("Jeanne MARTIN", "01000 BOURG EN BRESSE")
    gone = waiting()
    assert claim("letter", AT, 10, batches.TAKEN) == [no_street, gone]
    Person.objects.filter(pk=gone.person_id).update(postcode=None)
    (batch,) = write(tmp_path)
    gone.refresh_from_db()
    assert batch.letters == 1 and (gone.status, gone.drop_reason) == ("dropped", "plus d'adresse")


def test_av_16_a_letter_taken_in_time_is_not_written_after_its_hour(tmp_path):
    """A stopped run is taken up the next day: what became useless meanwhile is in no file."""
    wording()
    late, fine = waiting(), waiting()
    Message.objects.filter(pk=late.pk).update(useful_until=AT + timedelta(hours=1))
    assert len(claim("letter", AT, 10, batches.TAKEN)) == 2
    (batch,) = write(tmp_path, AT + timedelta(days=1))
    late.refresh_from_db()
    assert (late.status, late.drop_reason) == ("dropped", "trop tard : durée d'utilité dépassée")
    assert manifest(tmp_path, batch)["messages"] == [fine.pk]


def test_a_code_is_known_again_and_never_taken_for_another():
    code = codes.printed(123_456)
    assert codes.read(code) == codes.read(code.lower().replace(" ", "-")) == 123_456
    for at in range(len(code)):
        for wrong in "0A":
            if code[at] not in (" ", wrong):
                with pytest.raises(codes.BadCode):
                    codes.read(code[:at] + wrong + code[at + 1 :])
    for wrong in ("", "é", "1" * 13, "UUUU UUUU UUUU"):
        with pytest.raises(codes.BadCode):
            codes.read(wrong)


def test_av_03_a_returned_letter_stops_letters_to_that_address_once(tmp_path):
    wording()
    sent, no_street = waiting(), message(person(), channel="letter")
    write(tmp_path)
    for each in (sent, no_street):
        assert mark_returned(codes.printed(each.pk), at=AT) == each
        each.refresh_from_db()
        assert (each.status, each.drop_reason) == ("failed", "courrier revenu (NPAI)")
        assert each.contact_point.kind == "postal" and each.contact_point.invalid_since == MONDAY
        with pytest.raises(NotALetter, match="déjà enregistré"):
            mark_returned(codes.printed(each.pk), at=AT)
    with pytest.raises(NotALetter, match="Aucun courrier parti"):
        mark_returned(codes.printed(waiting().pk), at=AT)
    again = message(no_street.person, channel="letter")
    assert again not in claim("letter", AT, 10, "test")


_WRITER = """
from pathlib import Path
from allant.outreach import causes
from allant.outreach.letters import batches
from tests.outreach.people import AT
import sys
causes._causes["trial"] = lambda ids: {pk: {"name": "Camille Exemple"} for pk in ids}

def pausing(name):
    real = getattr(batches, name)
    def paused(*arguments):
        if arguments and str(arguments[0]).endswith(SUFFIX):
            print("there", flush=True)
            sys.stdin.readline()
        return real(*arguments)
    setattr(batches, name, paused)

pausing(NAME)
print(len(batches.write_letters(at=AT, by="test", directory=Path(FOLDER))), flush=True)
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("name", "suffix"), [
    ("_assign", "+00:00"),  # taken, nothing assigned
    ("_write", ""),  # assigned, nothing written
    ("write_whole", ".pdf"),  # the data are there
    ("write_whole", ".json"),  # about to publish
    ("_note_points", ""),  # published, not marked
])  # fmt: skip
def test_av_14_killed_anywhere_each_letter_is_in_one_file(tmp_path, monkeypatch, name, suffix):
    wording()
    for postcode in ("01000", "01500", "75011"):
        waiting(postcode)
    work = f"NAME, SUFFIX, FOLDER = {name!r}, {suffix!r}, {str(tmp_path)!r}\n{_WRITER}"
    with another_process.running(work) as process:
        assert process.stdout.readline() == "there\n"
        with pytest.raises(batches.Busy):
            write(tmp_path)
        process.kill()
        process.wait()
    published = {file: file.read_bytes() for file in tmp_path.glob("*.json")}
    for _ in range(50):
        try:
            write(tmp_path)
            break
        except batches.Busy:  # the server has not seen yet that the other is dead
            pass
    counted = Counter(number for file in tmp_path.glob("*.json") for number in json.loads(file.read_text())["messages"])
    assert set(counted.values()) == {1} and set(counted) == set(Message.objects.values_list("pk", flat=True))
    assert Message.objects.filter(status="sent").count() == 3 == sum(LetterBatch.objects.values_list("letters", flat=True))
    assert all(file.read_bytes() == content for file, content in published.items())
    assert not list(tmp_path.rglob("*.tmp")) or name == "write_whole"


def test_av_12_a_published_file_that_was_altered_is_not_believed(tmp_path):
    wording()
    waiting()
    (batch,) = write(tmp_path)
    (tmp_path / f"{batch.name}.pdf").write_bytes(io.BytesIO(b"autre").getvalue())
    batch.delete()
    Message.objects.update(status="sending")
    with pytest.raises(ValueError, match="ne correspond plus à son manifeste"):
        write(tmp_path)
