"""The public control of a paper (VC-25, VC-36): typed or scanned, in force or not, nobody named, guesses slowed down."""

from __future__ import annotations

from datetime import date
from html import unescape

import pytest
from django.core.cache import caches
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from allant import clock
from allant.accounts.models import AccessLogEntry
from allant.immunizations.models import Dose
from allant.vaccination.papers.marks import Mark, PaperKind, write_mark
from allant.vaccination.recording import correct_vaccination
from tests.vaccination.papers.bedside import BY, declared, entry, patient, vaccinated

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_guess_yet() -> None:
    caches["papers"].clear()


def a_dose() -> Dose:
    person = patient()
    declared(person)
    return vaccinated(person)


def mark_of(dose: Dose) -> str:
    return write_mark(Mark(PaperKind.DOSE, dose.pk, dose.version))


def read(client: Client, typed: str, status: int = 200) -> str:
    answer = client.post("/papier/", {"code": typed})
    assert answer.status_code == status
    return " ".join(unescape(answer.content.decode()).split())


def test_a_code_is_typed_as_people_type(client: Client) -> None:
    mark = mark_of(a_dose())
    for typed in (mark, mark.lower(), mark.replace("-", " "), f"  {mark.replace('-', '')} "):
        assert "Version en vigueur" in read(client, typed)


def test_the_scanned_address_gives_the_same_answer(client: Client) -> None:
    answer = client.get(f"/papier/{mark_of(a_dose())}/")
    assert answer.status_code == 200 and "Version en vigueur" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]


def test_vc36_an_older_paper_is_told_replaced(client: Client) -> None:
    """VC-36: a correction never silently leaves an older paper valid."""
    dose = a_dose()
    with clock.moved_to(date(2021, 2, 4)):
        second = correct_vaccination(dose=dose, entry=entry(lot="EL0739"), by=BY, reason="Lot mal lu")
    page = read(client, mark_of(dose))
    assert "Remplacée le 4 février 2021" in page and "la version 2 est en vigueur" in page
    assert "Version en vigueur" in read(client, mark_of(second))


def test_nobody_is_named_and_no_access_is_logged_about_them(client: Client) -> None:
    """The page reads a version and a date: it opens no file."""
    before = AccessLogEntry.objects.count()
    page = read(client, mark_of(a_dose()))
    assert "Mercier" not in page and "1940" not in page and "Comirnaty" not in page and "EJ6797" not in page
    assert AccessLogEntry.objects.count() == before


@pytest.mark.parametrize(
    ("typed", "status", "message"),
    [
        ("", 400, "Aucun code saisi"), ("ABCD", 404, "4 ont été saisis"), ("0000-0000-0000-0000-0000", 404, "caractère n° 1"),
        ("ABCD-EFGH-JKMN-PQRS-TUVW", 404, "d'aucun document"), ("<script>alert(1)</script>", 404, "ont été saisis"),
        ("é" * 10_000, 404, "ont été saisis"), ("\0" * 20, 404, "0 ont été saisis"),
    ],
    ids=lambda value: str(value)[:12],
)  # fmt: skip
def test_what_is_wrong_is_said(client: Client, typed: str, status: int, message: str) -> None:
    page = read(client, typed, status)
    assert message in page and "<script>alert" not in client.post("/papier/", {"code": typed}).content.decode()


def test_a_wrong_scanned_address_is_a_kind_404(client: Client) -> None:
    for path in ("/papier/AAAA/", "/papier/ABCD-EFGH-JKMN-PQRS-TUVW/", "/papier/%00/", f"/papier/{'Z' * 3000}/"):
        assert client.get(path).status_code == 404


def test_guesses_are_slowed_down(client: Client) -> None:
    mark = mark_of(a_dose())
    answers = [client.get("/papier/ABCD-EFGH-JKMN-PQRS-TUVW/").status_code for _ in range(61)]
    assert answers[0] == 404 and answers[-1] == 429
    assert "Attendez une minute" in read(client, mark, 429)


def test_two_queries_a_control(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    mark = mark_of(a_dose())
    with django_assert_num_queries(1):
        client.get(f"/papier/{mark}/")
