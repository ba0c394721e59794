"""ID-03, ID-04: a request, SNGI asked first, the documents, SANDIA, the bodies told."""

from datetime import date, timedelta
from threading import Thread

import pytest
import requests
from django.db import connection

from allant.casework.models import CaseEvent
from allant.doctrine import rules
from allant.identification import scanning
from allant.identification.decisions import decide, nir_by_post
from allant.identification.documents import DocumentRefused, NewDocument, add_document, content_of, missing
from allant.identification.models import (
    BodyNotice,
    Document,
    DocumentContent,
    IdentityFile,
    KnowingBody,
    SandiaAnswer,
    Submission,
)
from allant.identification.requests import RequestRefused, number_waiting
from allant.identification.sealing import Unsealable, unseal
from allant.people.matricule import parse
from allant.people.models import DuplicateCandidate, Matricule, Person
from allant.people.numbering import NumberBorne, NumberRefused, give_number
from tests.identification.conftest import file_again, tell
from tests.identification.unit import OPENING, PDF, Unit, at
from tests.people.builders import person

pytestmark = pytest.mark.django_db
BOOK = rules.as_known_on(OPENING)
LATER = OPENING + timedelta(days=20)


def numbers(who):
    """Kind, from and to of each number."""
    return [(each.kind, each.starts_on, each.ends_on) for each in Matricule.objects.filter(person=who).order_by("id")]


def test_id_04_the_flow_since_march_2022_from_the_request_to_the_nir(unit):
    """ID-04: NIA of SNGI, both documents, SANDIA, NIR; every body that knows the person is told once."""
    who = unit.newcomer()
    file = unit.asks(who)
    assert (file.kind, file.case.state, numbers(who)) == ("NIA", "waiting", [("NIA", OPENING, None)])
    assert missing(file, BOOK, OPENING) == ["une pièce d'identité", "une pièce d'état civil"]
    unit.receives(file, "passport")
    assert file_again(file).case.state == "waiting" and not Submission.objects.exists()
    unit.receives(file, "birth_certificate")
    assert file_again(file).case.state == "examined" and missing(file, BOOK, OPENING) == []
    absorbed = unit.newcomer(merged_into=who)  # a body that knows a record merged since is told too (ID-09)
    for body, record in (("CNAF", who), ("CNAV", absorbed)):
        KnowingBody.objects.create(person=record, body=body, since=OPENING)
    done = unit.exchanges(OPENING)
    assert (done.sent, done.answers) == (1, 1)  # its receipt
    (received,) = [each for each in requests.get(f"{unit.services['sandia']}/control", timeout=10).json()["files"]
                   if each["identity"]["family_name"] == unit.name]  # fmt: skip
    assert {each["kind"] for each in received["documents"]} == {"passport", "birth_certificate"}
    unit.sandia(file, "certified")
    assert unit.exchanges(LATER).answers == 1
    assert file_again(file).case.state == "certified"
    assert numbers(who) == [("NIA", OPENING, LATER), ("NIR", LATER, None)]
    assert Matricule.objects.filter(person=who).values("value").distinct().count() == 1  # a NIA becomes a NIR with its digits
    held = requests.get(f"{unit.services['social_bodies']}/control", timeout=10).json()
    number = Matricule.objects.filter(person=who).last().value
    for body in ("CNAM", "CNAF", "CNAV"):
        assert [each["kind"] for each in held[body]["applied"] if each["number"] == number] == ["NIR"]


def test_id_04_a_body_that_loses_its_answer_is_told_again_and_applies_once(unit):
    """ID-04: exactly once as far as can be: sent until acknowledged, always under the same key."""
    who = unit.newcomer()
    file = unit.asks(who)
    KnowingBody.objects.create(person=who, body="CNAF", since=OPENING)
    unit.receives(file, "passport"), unit.receives(file, "birth_certificate")
    unit.exchanges(OPENING)
    unit.sandia(file, "certified")
    bodies = unit.services["social_bodies"]
    requests.post(f"{bodies}/control", json={"lose": {"CNAF": 1}, "fail": {"CNAM": 1}}, timeout=10)
    before = requests.get(f"{bodies}/control", timeout=10).json().get("CNAF", {"received": 0})["received"]
    assert unit.exchanges(OPENING).down == ("CNAF ne répond pas.", "CNAM ne répond pas.")
    assert BodyNotice.objects.filter(acknowledged_at=None).count() == 2
    assert unit.exchanges(OPENING).notices == 2 and unit.exchanges(OPENING).notices == 0
    held = requests.get(f"{bodies}/control", timeout=10).json()["CNAF"]
    number = Matricule.objects.filter(person=who).last().value
    assert held["received"] - before == 2 and len([each for each in held["applied"] if each["number"] == number]) == 1


def test_id_04_a_known_number_is_adopted(unit):
    """ID-04: SNGI is asked before anything is created: the number it knows is the person's, and a NIR needs no file."""
    who = unit.newcomer(birth_date=date(1985, 3, 2))
    known = {"family_name": unit.name, "given_names": "Camille", "sex": "F", "birth_date": "1985-03-02", "birth_rank": "1"}
    value = f"28503991{who.pk % 100_000:05d}"
    tell(unit.services["sngi"], known=[{**known, "number": value, "kind": "NIR"}])
    file = unit.asks(who)
    assert (file.kind, file.case, Matricule.objects.get(person=who).value) == ("NIR", None, value)


@pytest.mark.django_db(transaction=True)
def test_id_04_two_bodies_asking_at_once_get_one_nia(services):
    """ID-04: the same identity, two records and two bodies at the same instant: one NIA; the second record is a pair to
    compare.
    """
    unit = Unit(services, 9001)
    two = [unit.newcomer(mobile=False), unit.newcomer(mobile=False)]
    refused = []

    def ask(who, body):
        try:
            unit.asks(who, body=body)
        except RequestRefused as error:
            refused.append(str(error))
        finally:
            connection.close()

    threads = [Thread(target=ask, args=pair) for pair in zip(two, ("CNAM", "CNAF"), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Matricule.objects.filter(person__in=two).count() == 1
    assert len(refused) == 1 and "une autre fiche" in refused[0]
    assert DuplicateCandidate.objects.filter(first=two[0], second=two[1]).exists()


def test_id_04_sngi_down_keeps_the_request_and_asks_again(unit):
    """ID-04: an outage loses nothing; an answer cut off gives the same number when asked again."""
    who = unit.newcomer()
    tell(unit.services["sngi"], fail=1)
    file = unit.asks(who)
    assert file.numbered_on is None and not numbers(who)
    tell(unit.services["sngi"], fail=0, lose=1)  # allots the number, and the answer is lost
    assert number_waiting(by="SNGI", at=at(LATER), on=LATER, book=BOOK) == 0
    assert unit.exchanges(LATER).numbered == 1
    assert numbers(who) == [("NIA", LATER, None)] and file_again(file).case.opened_on == LATER
    known = requests.get(f"{unit.services['sngi']}/control", timeout=10).json()["known"]
    assert [each["number"] for each in known].count(Matricule.objects.get(person=who).value) == 1


def test_id_04_before_march_2022_the_former_flow(unit):
    """ID-04: the request date selects: NNP, documents by post, the NIR replaces the NNP."""
    who, on = unit.newcomer(), date(2022, 2, 14)
    file = unit.asks(who, on=on)
    assert (file.kind, file.case.process, file.case.due_on) == ("NNP", "under_nnp", None)
    nnp = Matricule.objects.get(person=who)
    assert parse(nnp.value).kind == "NNP" and nnp.value[:2] == "72" and nnp.value[2:5] == "075"
    decide(file=file, decision="posted", on=OPENING, by="agent", at=at(OPENING), book=BOOK, note="recommandé")
    with pytest.raises(NumberRefused):
        nir_by_post(file=file, number="12", on=LATER, by="agent", at=at(LATER), book=BOOK)
    nir_by_post(file=file, number="2900599350042", on=LATER, by="agent", at=at(LATER), book=BOOK)
    assert [kind for kind, _, _ in numbers(who)] == ["NNP", "NIR"]
    assert Person.objects.with_matricule(nnp.value).get() == who


def test_id_04_answers_twice_and_out_of_order_change_nothing_more(unit):
    """ID-04: every answer is told twice, the decision before the receipt: one certification."""
    tell(unit.services["sandia"], twice=True, reversed=True)
    who = unit.newcomer()
    file = unit.asks(who)
    unit.receives(file, "passport"), unit.receives(file, "birth_certificate")
    unit.exchanges(OPENING)
    unit.sandia(file, "certified")
    unit.exchanges(LATER), unit.exchanges(LATER)
    assert [each.kind for each in SandiaAnswer.objects.filter(submission__file=file)] == ["certified", "received"]
    assert CaseEvent.objects.filter(case=file.case, name="certify").count() == 1


def test_id_04_a_reject_says_why_and_asks_for_another_document(unit):
    """ID-04: the refused document no longer counts; the next one goes again; an answer about the first envoi is late."""
    who = unit.newcomer()
    file = unit.asks(who)
    unit.receives(file, "passport"), unit.receives(file, "birth_certificate")
    unit.exchanges(OPENING)
    unit.sandia(file, "rejected", reasons=[{"kind": "birth_certificate", "reason": "Acte illisible"}])
    unit.exchanges(LATER)
    assert file_again(file).case.state == "to_replace"
    assert missing(file, BOOK, LATER) == ["une pièce d'état civil"]
    assert file.case.events.get(name="reject").note == "Acte illisible"
    first = Submission.objects.get(file=file)
    unit.receives(file, "birth_certificate", on=LATER)
    assert file_again(file).case.state == "examined" and Submission.objects.filter(file=file).count() == 2
    unit.exchanges(LATER)
    late = {"decide": [{"submission": str(first.key), "kind": "certified", "number": "2900599350099"}]}
    requests.post(f"{unit.services['sandia']}/control", json=late, timeout=10)
    unit.exchanges(LATER)
    assert file_again(file).case.state == "examined"
    assert SandiaAnswer.objects.get(submission=first, kind="certified").effect.startswith("dépassée")
    unit.sandia(file, "certified")
    unit.exchanges(LATER)
    assert file_again(file).case.state == "certified"


def test_id_04_sandia_down_keeps_the_file(unit):
    """ID-04: an outage: the file waits, and leaves under the same key."""
    file = unit.asks(unit.newcomer())
    unit.receives(file, "passport"), unit.receives(file, "birth_certificate")
    tell(unit.services["sandia"], fail=1)
    assert unit.exchanges(OPENING).down and Submission.objects.get(file=file).sent_at is None
    assert unit.exchanges(OPENING).sent == 1 and Submission.objects.get(file=file).attempts == 2


@pytest.mark.parametrize(
    ("content", "kind", "reason"),
    [
        (b"", "passport", "vide"),
        (b"MZ\x90 a program", "passport", "ni un PDF"),
        (PDF + b"x" * 5_000_001, "passport", "dépasse 5"),
        (PDF, "holiday_picture", "Nature de pièce inconnue"),
        (PDF + b"EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE", "passport", "virus"),
    ],
)
def test_id_04_a_document_that_cannot_be_kept_is_refused(unit, content, kind, reason):
    """ID-04: type, size, virus: said, and nothing is kept."""
    file = unit.asks(unit.newcomer())
    with pytest.raises((DocumentRefused, scanning.Infected), match=reason):
        add_document(
            file=file, new=NewDocument(kind, "x.pdf", content, OPENING), by="agent", at=at(OPENING), on=OPENING, book=BOOK
        )
    assert not Document.objects.exists()


def test_id_04_without_an_antivirus_nothing_is_kept(unit, settings):
    file = unit.asks(unit.newcomer())
    settings.ALLANT_SCANNER_URL = "tcp://127.0.0.1:1"
    with pytest.raises(scanning.ScannerDown, match="réessayez"):
        unit.receives(file, "passport")
    assert not Document.objects.exists()


def test_id_04_documents_are_encrypted_at_rest(unit):
    """ID-04: the database holds nothing readable; a content changed there is refused."""
    file = unit.asks(unit.newcomer())
    document = unit.receives(file, "passport")
    kept = DocumentContent.objects.get(document=document)
    assert unit.name.encode() in content_of(document) and unit.name.encode() not in bytes(kept.sealed)
    other = unit.receives(file, "identity_card")
    for changed, of in ((bytes(kept.sealed), other.sha256), (bytes(kept.sealed)[:-1] + b"x", document.sha256)):
        with pytest.raises(Unsealable, match="altérée"):
            unseal(kept.key_version, changed, of)


def test_id_03_a_number_belongs_to_one_person_and_former_ones_find_them(db):
    """ID-03: history kept, one bearer, kinds told apart by what is stored."""
    one, other = person(), person()
    give_number(person=one, value="7107500000001", kind="NNP", on=date(2021, 1, 4), by="t")
    give_number(person=one, value="1900599350001", kind="NIA", on=date(2022, 4, 4), by="t")
    give_number(person=one, value="1900599350001", kind="NIR", on=date(2022, 6, 1), by="t")
    assert [kind for kind, _, _ in numbers(one)] == ["NNP", "NIA", "NIR"]
    assert give_number(person=one, value="1900599350001", kind="NIR", on=date(2022, 7, 1), by="t").starts_on == date(2022, 6, 1)
    for number in ("7107500000001", "1900599350001"):
        assert Person.objects.with_matricule(number).distinct().get() == one
    with pytest.raises(NumberBorne) as borne:
        give_number(person=other, value="1900599350001", kind="NIR", on=date(2022, 6, 1), by="t")
    assert borne.value.bearer == one and "1900599350001" not in str(borne.value)
    for value, kind in (("7107500000002", "NIR"), ("1900599350001", "NNP"), ("1901399350001", "NIA"), ("12", "NIR")):
        with pytest.raises(NumberRefused):
            give_number(person=other, value=value, kind=kind, on=date(2022, 6, 1), by="t")


def test_id_02_a_request_of_somebody_who_has_a_nir(unit):
    """ID-02: no request is made for a NIR holder, but in an irregular situation the former NIR is kept."""
    who = unit.newcomer()
    give_number(person=who, value="2900599350777", kind="NIR", on=date(2015, 1, 1), by="t")
    with pytest.raises(RequestRefused, match="déjà un NIR"):
        unit.asks(who)
    kept = unit.asks(who, "irregular")
    assert (kept.kind, kept.case) == ("NIR", None) and [kind for kind, _, _ in numbers(who)] == ["NIR"]
    newcomer = unit.newcomer("Sacha")
    assert unit.asks(newcomer, "irregular").kind == "NNP"
    assert unit.asks(newcomer, "irregular").pk == unit.asks(newcomer, "irregular").pk  # asked again, the same file
    with pytest.raises(RequestRefused, match="SNGI ne connaît pas"):
        unit.asks(unit.newcomer("Dominique"), "born_in_france")
    assert IdentityFile.objects.filter(person__family_name=unit.name).count() == 2
