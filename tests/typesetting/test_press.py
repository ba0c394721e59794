"""The press: accessible files, the same bytes for the same data, threads, forks, and children that die."""

from __future__ import annotations

import io
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pypdf
import pytest
import zxingcpp
from pdfua import validate

from allant.typesetting import PaperFailed, Press, qr_code, typeset, typeset_many
from tests.typesetting.pictures import pictures_of

HERE = Path(__file__).parent
PLAIN = HERE / "plain.typ"
STAMP = datetime(2021, 2, 3, 10, 30, tzinfo=UTC)
SVG_PAGE = HERE / "picture.typ"


def text_of(pdf: bytes) -> str:
    return " ".join(pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text().split())


def paper(name: str, title: str = "Essai") -> dict[str, str]:
    return {"title": title, "name": name}


@pytest.fixture
def press() -> Press:
    return Press()


@pytest.fixture(autouse=True)
def closed(press: Press) -> object:
    yield
    press.close()


def test_a_paper_is_tagged_french_and_titled(tmp_path: Path) -> None:
    pdf = typeset(PLAIN, paper("Élodie"), stamp=STAMP)
    read = pypdf.PdfReader(io.BytesIO(pdf))
    root = read.trailer["/Root"]
    assert (root["/Lang"], read.metadata.title) == ("fr", "Essai")  # type: ignore[union-attr]
    assert root["/MarkInfo"]["/Marked"].value is True
    metadata = root["/Metadata"].get_data().decode()
    assert "<pdfuaid:part>1<" in metadata and "<pdfaid:part>3<" in metadata and "<pdfaid:conformance>A<" in metadata
    (tmp_path / "essai.pdf").write_bytes(pdf)
    assert list(validate(str(tmp_path / "essai.pdf")).findings) == []


def test_the_same_data_gives_the_same_bytes_from_another_child() -> None:
    one, two = Press(), Press()
    try:
        assert one.compose(PLAIN, paper("Zoé"), STAMP) == two.compose(PLAIN, paper("Zoé"), STAMP)
        assert one.compose(PLAIN, paper("Zoé"), STAMP) != one.compose(PLAIN, paper("Noé"), STAMP)
    finally:
        one.close()
        two.close()


@pytest.mark.parametrize(
    "name", ["L'Haÿ-les-Roses", "Łukasz Şahin", "سلمى", "Νίκος", "Ольга", "#panic(1)", "$x$ *gras* = titre", "a\\b"]
)
def test_any_name_is_text_and_never_markup(name: str) -> None:
    read = text_of(typeset(PLAIN, paper(name), stamp=STAMP))
    if name != "سلمى":  # read back from right to left, letter by letter
        assert read == f"Essai {name} fin"
    assert len(read) == len(f"Essai {name} fin")


def test_a_letter_no_font_has_is_a_box_and_not_a_failure() -> None:
    assert "李" in text_of(typeset(PLAIN, paper("李"), stamp=STAMP))


def test_a_wrong_template_is_named_and_nothing_of_the_data_is_told(press: Press, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(PaperFailed, match=r"modèle « wrong\.typ »") as failed:
        press.compose(HERE / "wrong.typ", paper("Martin-Secret"), STAMP)
    assert "Martin-Secret" not in f"{failed.value} {caplog.text} {[record.__dict__ for record in caplog.records]}"
    assert [record.__dict__["reason"] for record in caplog.records] == ["panicked with (wrong.typ:3:1)"]
    assert press.compose(PLAIN, paper("après"), STAMP).startswith(b"%PDF"), "the child goes on"


def test_a_document_that_never_ends_is_given_up() -> None:
    press = Press(patience=2)
    try:
        with pytest.raises(PaperFailed, match="en 2 secondes"):
            press.compose(HERE / "endless.typ", paper("x"), STAMP)
    finally:
        press.close()


def test_a_killed_child_is_replaced(press: Press) -> None:
    press.compose(PLAIN, paper("un"), STAMP)
    assert press._child
    os.kill(press._child.pid, signal.SIGKILL)
    press._child.wait()
    assert text_of(press.compose(PLAIN, paper("deux"), STAMP)) == "Essai deux fin"


def test_a_child_is_renewed_after_so_many_documents() -> None:
    press, children = Press(renewed_after=3), set()
    for number in range(7):
        press.compose(PLAIN, paper(str(number)), STAMP)
        assert press._child
        children.add(press._child.pid)
    press.close()
    assert len(children) == 3


def test_threads_each_get_their_own_paper() -> None:
    names = [f"n{number}" for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda name: text_of(typeset(PLAIN, paper(name), stamp=STAMP)), names))
    assert found == [f"Essai {name} fin" for name in names]


def test_a_fork_composes_by_a_child_of_its_own() -> None:
    """A server forks its workers: two of them on one pipe would read each other's papers."""
    expected = typeset(PLAIN, paper("parent"), stamp=STAMP)
    pid = os.fork()
    if pid == 0:  # no assertion here: an exception would run the tests a second time
        os._exit(0 if text_of(typeset(PLAIN, paper("enfant"), stamp=STAMP)) == "Essai enfant fin" else 1)
    assert os.waitpid(pid, 0)[1] == 0
    assert typeset(PLAIN, paper("parent"), stamp=STAMP) == expected


def test_many_papers_come_in_order_and_leave_no_child() -> None:
    papers = [(paper(f"n{number}"), STAMP) for number in range(30)]
    assert [text_of(pdf) for pdf in typeset_many(PLAIN, papers)] == [f"Essai n{number} fin" for number in range(30)]


def test_a_stamp_without_time_zone_is_refused(press: Press) -> None:
    with pytest.raises(ValueError, match="time zone"):
        press.compose(PLAIN, paper("x"), datetime(2021, 1, 1))  # noqa: DTZ001


def test_a_qr_code_is_read_from_the_page() -> None:
    address = "https://allant.example/papier/ABCD-EFGH-JKMN-PQRS-TUVW/"
    pdf = typeset(SVG_PAGE, {"title": "Essai", "qr": qr_code(address)}, stamp=STAMP)
    assert [found.text for page in pictures_of(pdf, dpi=100) for found in zxingcpp.read_barcodes(page)] == [address]
