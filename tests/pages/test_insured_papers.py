"""The papers an insured person downloads (VC-62): the whole record, and those of the people they represent, nobody else's."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import pypdf
import pytest
import zxingcpp
from django.test import Client
from pdfua import validate
from pytest_django import DjangoAssertNumQueries, Settings

from allant import clock
from allant.accounts.models import AccessLogEntry, LoggedAction, User
from allant.accounts.roles import Role
from allant.immunizations.actions import cancel_dose
from allant.immunizations.models import Infection
from allant.people.actions import merge
from allant.people.models import Person, Representation, Situation
from allant.vaccination.papers import record_of, standing_of
from allant.vaccination.recording import correct_vaccination
from tests.accounts.sessions import account_with, enter
from tests.people.builders import person
from tests.typesetting.pictures import pictures_of
from tests.vaccination.papers.bedside import BY, FIRST, SECOND, declared, entry, patient, text_of, vaccinated
from tests.vaccination.papers.test_attestation import mark_on

pytestmark = pytest.mark.django_db

TODAY = date(2021, 12, 1)


@pytest.fixture(autouse=True)
def on_that_day(settings: Settings) -> None:
    settings.ALLANT_TODAY = TODAY


def insured(client: Client, someone: Person) -> User:
    user = account_with(Role.INSURED, username=f"france-connect:{someone.pk}", structures=("",))
    user.person = someone
    user.save()
    enter(client, user)
    return user


def full_record() -> Person:
    """A first dose corrected, a second one cancelled, an infection."""
    someone = patient()
    declared(someone)
    first = vaccinated(someone, FIRST)
    with clock.moved_to(date(2021, 2, 4)):
        correct_vaccination(dose=first, entry=entry(lot="EL0739"), by=BY, reason="Lot mal lu")
    second = vaccinated(someone, SECOND)
    with clock.moved_to(SECOND):
        cancel_dose(dose=second, by=BY, reason="Erreur de patient")
    Infection.objects.create(person=someone, occurred_on=date(2020, 4, 1))
    return someone


def test_vc62_the_record_is_a_tagged_paper_with_every_version(client: Client, tmp_path: Path) -> None:
    """VC-62: what counts, the infections, what was corrected or cancelled, a code to check it; logged, named after nobody."""
    someone = full_record()
    insured(client, someone)
    assert "/assure/vaccination/dossier.pdf" in client.get("/assure/vaccination/").content.decode()
    answer = client.get("/assure/vaccination/dossier.pdf")
    assert answer["Content-Disposition"] == 'attachment; filename="dossier-vaccination-covid-19.pdf"'
    assert answer["Content-Type"] == "application/pdf" and "no-store" in answer["Cache-Control"]
    text = text_of(answer.content)
    current, _, ended = text.partition("Versions rectifiées ou annulées")
    for expected in ("Dossier de vaccination", "Suzanne Mercier", "12 mars 1940", "EL0739", "1er avril 2020", "Établi le 1er"):
        assert expected in current, expected
    assert "EJ6797" not in current and "Rectifiée le 04/02/2021" in ended and "03/03/2021" in ended
    assert "Annulée par le professionnel" in ended
    (tmp_path / "dossier.pdf").write_bytes(answer.content)
    assert list(validate(str(tmp_path / "dossier.pdf")).findings) == []
    (code,) = [code for page in pictures_of(answer.content) for code in zxingcpp.read_barcodes(page)]
    assert code.text.rstrip("/").endswith(mark_on(answer.content))
    assert AccessLogEntry.objects.about(someone.pk).first().purpose == "dossier de vaccination remis à la personne"  # type: ignore[union-attr]


def test_vc62_the_control_of_a_record_says_whether_it_still_stands() -> None:
    """VC-62, VC-36: up to date, then overtaken by a dose, then by a correction."""
    someone = patient()
    declared(someone)
    first = vaccinated(someone, FIRST)
    paper = record_of(someone, TODAY)
    assert paper == record_of(someone, TODAY)
    standing = standing_of(mark_on(paper))
    assert (standing.state, standing.name) == ("current", "Dossier de vaccination")
    with clock.moved_to(FIRST):
        correct_vaccination(dose=first, entry=entry(lot="EL0739"), by=BY, reason="Lot mal lu")
    assert standing_of(mark_on(paper)).state == "replaced"
    paper = record_of(someone, TODAY)
    vaccinated(someone, SECOND)
    assert standing_of(mark_on(paper)).state == "outdated"


def test_vc62_an_empty_record_is_a_page_that_says_so(client: Client) -> None:
    """VC-62."""
    insured(client, patient())
    answer = client.get("/assure/vaccination/dossier.pdf")
    assert answer.status_code == 404 and "rien à en imprimer" in unescape(answer.content.decode())


def family(name: str) -> tuple[Person, Person]:
    """A parent and a child of thirteen vaccinated once."""
    parent = person(family_name=name, given_names="Claude")
    child = patient(family_name=name, given_names=f"Tom{name}", birth_date=date(2008, 6, 2), policyholder=parent)
    with clock.moved_to(date(2021, 9, 1)):
        declared(child, date(2021, 9, 1))
    vaccinated(child, date(2021, 9, 1))
    return parent, child


def papers_of(child: Person) -> list[str]:
    return [f"/assure/proches/{child.pk}/{name}" for name in ("dossier.pdf", "attestation/")]


def test_vc62_a_parent_gets_the_papers_of_their_child_and_of_no_other(client: Client) -> None:
    """VC-62: two families; each access is in the log of the child, who reads who it was; a refusal is logged without a person."""
    (parent, child), (_, other) = family("Keraval"), family("Duroc")
    user = insured(client, parent)
    page = client.get("/assure/proches/").content.decode()
    assert "TomKeraval" in page and "TomDuroc" not in page and all(path in page for path in papers_of(child))
    for path in papers_of(child):
        answer = client.get(path)
        assert answer.status_code == 200 and "TomKeraval" in text_of(answer.content) and "no-store" in answer["Cache-Control"]
    assert AccessLogEntry.objects.about(child.pk).filter(actor_id=user.pk).count() == 3
    for path in papers_of(other):
        answer = client.get(path)
        assert answer.status_code == 404 and "ne représentez pas" in unescape(answer.content.decode())
    assert not AccessLogEntry.objects.about(other.pk).filter(actor_id=user.pk).exists()
    assert AccessLogEntry.objects.done_by(user).filter(action=LoggedAction.REFUSED).count() == 2
    reader = Client()
    insured(reader, child)
    assert "Votre représentant légal, Claude Keraval" in reader.get("/assure/acces/").content.decode()


def test_vc62_a_guardian_reads_and_downloads_and_the_log_names_both(client: Client) -> None:
    """VC-62: an adult under guardianship: the record on screen, both papers, the file; spouse and child get nothing."""
    ward = full_record()
    Situation.objects.create(person=ward, kind="guardianship")
    guardian, spouse = person(family_name="Tuteur", given_names="Ali"), person(family_name="Conjoint", household_key=7)
    Person.objects.filter(pk=ward.pk).update(household_key=7)
    son = person(family_name="Mercier", birth_date=date(1970, 1, 1), policyholder=spouse)
    Representation.objects.create(person=ward, representative=guardian, kind="guardian", source="court")
    user = insured(client, guardian)
    page = unescape(client.get("/assure/proches/").content.decode())
    assert "Suzanne Mercier" in page and "Votre qualité : Tuteur" in page
    page = unescape(client.get(f"/assure/proches/{ward.pk}/").content.decode())
    assert "en qualité de : Tuteur" in page and "EL0739" in page and "Versions rectifiées ou annulées" in page
    sheet = client.get(f"/assure/proches/{ward.pk}/dossier.csv").content.decode("utf-8-sig")
    assert "EL0739" in sheet and "Mercier" not in sheet
    for path in papers_of(ward):
        assert "Suzanne Mercier" in text_of(client.get(path).content)
    entries = AccessLogEntry.objects.about(ward.pk).filter(actor_id=user.pk)
    assert {entry.representative_id for entry in entries} == {guardian.pk} and entries.count() == 5
    assert "(tuteur)" in entries[0].purpose
    for other in (spouse, son):
        reader = Client()
        insured(reader, other)
        paths = [*papers_of(ward), f"/assure/proches/{ward.pk}/", f"/assure/proches/{ward.pk}/dossier.csv"]
        assert {reader.get(path).status_code for path in paths} == {404}
    reader = Client()
    insured(reader, ward)
    assert "Votre représentant légal, Ali Tuteur" in unescape(reader.get("/assure/acces/").content.decode())


def grown_up(parent: Person, child: Person) -> None:
    Person.objects.filter(pk=child.pk).update(birth_date=date(2003, 12, 1))


def grown_up_tomorrow(parent: Person, child: Person) -> None:
    Person.objects.filter(pk=child.pk).update(birth_date=date(2003, 12, 2))


def unknown_birth(parent: Person, child: Person) -> None:
    Person.objects.filter(pk=child.pk).update(birth_date=None, birth_precision="none")


def dead(parent: Person, child: Person) -> None:
    Person.objects.filter(pk=child.pk).update(died_on=date(2021, 11, 1))


def guarded(parent: Person, child: Person) -> None:
    Situation.objects.create(person=child, kind="guardianship")


def parent_a_minor(parent: Person, child: Person) -> None:
    Person.objects.filter(pk=parent.pk).update(birth_date=date(2004, 1, 1))


def detached(parent: Person, child: Person) -> None:
    Person.objects.filter(pk=child.pk).update(policyholder=None)


def authority_withdrawn(parent: Person, child: Person) -> None:
    Representation.objects.create(person=child, representative=parent, kind="parent", source="court", ends_on=date(2021, 11, 1))


def parent_merged(parent: Person, child: Person) -> None:
    """The account is tied to the record that survives; the child is attached to the one absorbed."""
    duplicate = person(family_name="Double")
    Person.objects.filter(pk=child.pk).update(policyholder=duplicate)
    merge(duplicate=duplicate, into=parent, by="test", reason="doublon")


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (grown_up, 404), (grown_up_tomorrow, 200), (unknown_birth, 404), (dead, 404), (guarded, 404), (parent_a_minor, 404),
        (detached, 404), (authority_withdrawn, 404), (parent_merged, 200),
    ],
)  # fmt: skip
def test_vc62_representation_is_asked_anew_at_each_paper(client: Client, change: Callable[..., Any], status: int) -> None:
    """VC-62: of age today, guardianship, a link that ended: the representative is none any more."""
    parent, child = family("Keraval")
    insured(client, parent)
    change(parent, child)
    assert client.get(papers_of(child)[0]).status_code == status
    assert ("TomKeraval" in client.get("/assure/proches/").content.decode()) is (status == 200)


def test_vc62_a_child_does_not_read_its_parent_nor_its_sister(client: Client) -> None:
    """VC-62: the link goes one way."""
    parent, child = family("Keraval")
    sister = patient(birth_date=date(2010, 1, 1), policyholder=parent)
    insured(client, child)
    assert {client.get(papers_of(one)[0]).status_code for one in (parent, sister)} == {404}


def test_vc62_query_counts_of_the_represented(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """VC-62: not one more for another child."""
    parent, child = family("Keraval")
    patient(birth_date=date(2010, 1, 1), policyholder=parent)
    insured(client, parent)
    for path, queries in (("/assure/proches/", 7), (f"/assure/proches/{child.pk}/", 12)):
        client.get(path)
        with django_assert_num_queries(queries):
            assert client.get(path).status_code == 200


def test_vc62_the_paper_reads_in_order() -> None:
    """VC-62: one document, its pages in French, its title told."""
    reader = pypdf.PdfReader(io.BytesIO(record_of(full_record(), TODAY)))
    assert reader.metadata.title == "Dossier de vaccination contre la Covid-19"  # type: ignore[union-attr]
    assert reader.trailer["/Root"]["/Lang"].startswith("fr")
