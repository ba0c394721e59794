"""AV-40: letters that reserve a real slot, with the transport voucher and the commune's contracted taxis."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pypdf
import pypdfium2
import pytest
import zxingcpp
from pdfua import validate

from allant.appointments.booking import book, confirm
from allant.appointments.ending import end_lapsed
from allant.appointments.models import Appointment, Share
from allant.campaigns import injections
from allant.campaigns.actions import reissue_code
from allant.campaigns.models import Taxi
from allant.campaigns.proposals import slot_letters
from allant.campaigns.proposals.slot_letters import counts, reserve
from allant.campaigns.proposals.taxis import TaxiRefused, add_taxi, end_taxi, load_taxis, of_communes
from allant.campaigns.proposals.words import read_voucher
from allant.campaigns.ready_made.plans import plan_named
from allant.doctrine import rules
from allant.outreach import texts
from allant.outreach.letters.batches import reprint, write_letters
from allant.outreach.models import Message
from tests.appointments.builders import SAINT_DENIS, booking
from tests.campaigns.proposal_cases import AT, BOOK, DAY, centre, invited

pytestmark = pytest.mark.django_db
HELD = timedelta(days=10)


def taken(rank: int = 1) -> list[Appointment]:
    return list(Appointment.objects.filter(origin="letter", rank=rank).order_by("pk"))


def test_av40_a_letter_is_written_with_the_slot_it_bears() -> None:
    """AV-40: no letter before its slot; held ten days, far enough to answer; the same round again does nothing."""
    of, (invitation,) = invited()
    assert not Message.objects.exists(), "the wave alone writes no letter"
    assert reserve(of, at=AT, book_of_rules=BOOK).without == 1 and not Message.objects.exists()
    centre()
    assert reserve(of, at=AT, book_of_rules=BOOK).written == 1 and reserve(of, at=AT, book_of_rules=BOOK).written == 0
    (held,) = taken()
    assert (held.person_id, held.cause_id, held.confirmed_at) == (invitation.person_id, invitation.pk, None)
    assert held.held_until == AT + HELD and held.slot.starts_at > AT + HELD
    message = Message.objects.get()
    assert (message.channel, message.useful_until) == ("letter", AT + HELD - timedelta(days=6))
    words = texts.variables_of([message])[message.pk]
    assert words["day"] == date(2021, 8, 30) and words["until_day"] == date(2021, 8, 26) and "2 rue de la Paix" in words["place"]


def test_av40_each_seat_is_one_person_s_and_the_last_ones_wait() -> None:
    """AV-40, AP-04: five people, four seats in reach: four letters; the fifth when a seat is given back."""
    of, _ = invited(5)
    centre(weeks=3)
    assert vars(reserve(of, at=AT, book_of_rules=BOOK)) == {"written": 4, "without": 1, "booked": 0}
    assert len({each.slot_id for each in taken()}) == 4 and counts(of, AT).waiting == 1
    assert end_lapsed(at=AT + HELD) == 4 and sum(Share.objects.values_list("remaining", flat=True)) == 12
    now = counts(of, AT + HELD)
    assert (now.invited, now.written, now.held, now.given_back) == (5, 4, 0, 4)


def test_av40_a_seat_confirmed_stays_and_is_told() -> None:
    """AV-40: by the link of the letter; the others are given back."""
    of, _ = invited(2)
    centre()
    reserve(of, at=AT, book_of_rules=BOOK)
    kept, lost = taken()
    confirm(kept, by="public", at=AT + timedelta(days=3))
    assert end_lapsed(at=AT + HELD) == 2, "both injections of the other"
    now = counts(of, AT + HELD)
    assert (now.confirmed, now.given_back) == (1, 1)
    lost.refresh_from_db()
    assert lost.ended_as == "expired"


def test_av40_a_letter_never_bears_a_seat_given_back() -> None:
    """AV-40, AV-16: it waited too long, or the place closed: it is dropped with its reason."""
    of, _ = invited()
    centre()
    reserve(of, at=AT, book_of_rules=BOOK)
    end_lapsed(at=AT + HELD)
    assert texts.variables_of(list(Message.objects.all())) == {}


def test_av40_who_has_an_appointment_or_lives_too_far_gets_no_slot() -> None:
    """AV-40: nobody is offered a second appointment, nor one at the other end of the country."""
    of, (here, there) = invited(2)
    far = centre(town=SAINT_DENIS)
    assert reserve(of, at=AT, book_of_rules=BOOK).without == 2
    near = centre(name="Gymnase")
    book(booking(near.slots.order_by("starts_at")[0], here.person), by="test", at=AT)
    done = reserve(of, at=AT, book_of_rules=BOOK)
    assert (done.written, done.booked) == (1, 1) and taken()[0].slot.place == near != far
    assert taken()[0].person == there.person


def test_av40_the_second_injection_is_held_along_with_the_first_where_it_can_be() -> None:
    """AV-40, AP-05: four weeks later, said by the letter and by its voucher; they lapse together; else the place books it."""
    of, (kept, alone) = invited(2)
    at = centre(capacity=1)
    here = {each.starts_at.astimezone(AT.tzinfo).date(): each for each in at.slots.order_by("-starts_at")}
    Share.objects.filter(slot__place=at).exclude(slot__in=[here[date(2021, 8, 30)], here[date(2021, 9, 27)]]).update(remaining=0)
    assert reserve(of, at=AT, book_of_rules=BOOK).written == 1
    (first,), (second,) = taken(), taken(rank=2)
    assert (second.first, second.person, second.held_until) == (first, kept.person, first.held_until)
    letter = Message.objects.get()
    words = texts.variables_of([letter])[letter.pk]
    assert "le 27/09/2021 à 09 h 00" in words["second"]
    assert words["voucher"]["lines"][0].startswith("Valable le 30/08/2021 et le 27/09/2021, aller et retour")
    assert counts(of, AT).held == 1, "persons, not seats"
    assert end_lapsed(at=AT + HELD) == 2
    Share.objects.filter(slot=here[date(2021, 9, 27)]).update(remaining=0)
    assert reserve(of, at=AT + HELD, book_of_rules=BOOK).written == 0, "too late for that Monday"
    Share.objects.filter(slot__starts_at__date=date(2021, 9, 13)).update(remaining=1)
    assert reserve(of, at=AT + HELD, book_of_rules=BOOK).written == 1 and len(taken(rank=2)) == 1
    told = Message.objects.get(cause_id=alone.pk)
    assert "Le lieu prendra" in texts.variables_of([told])[told.pk]["second"]


def test_av40_the_vaccine_is_one_that_the_doctrine_gives_at_that_age(monkeypatch: pytest.MonkeyPatch) -> None:
    """AV-40, AP-03."""
    of, _ = invited()
    of_covid = injections.of("covid19")
    assert of_covid is not None
    monkeypatch.setitem(injections._registered, "covid19", replace(of_covid, allowed=lambda age, on, book: ("spikevax",)))
    centre()
    assert reserve(of, at=AT, book_of_rules=BOOK).without == 1


def test_av40_killed_after_the_seat_nobody_has_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """AV-40, AV-14: the seat and the letter are written together or not at all."""
    of, _ = invited(2)
    centre()
    monkeypatch.setattr(slot_letters, "queue_messages", lambda **said: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        reserve(of, at=AT, book_of_rules=BOOK)
    assert not taken() and not Message.objects.exists()
    monkeypatch.undo()
    assert reserve(of, at=AT, book_of_rules=BOOK).written == 2 and len(taken()) == 2


def test_av40_a_new_code_keeps_the_seat() -> None:
    """AV-40, TG-07: the letter printed again bears the same slot."""
    of, (invitation,) = invited()
    centre()
    reserve(of, at=AT, book_of_rules=BOOK)
    fresh = reissue_code(invitation, by="test", on=DAY)
    message = Message.objects.get(cause_id=fresh.pk)
    assert taken()[0].cause_id == fresh.pk and texts.variables_of([message])[message.pk]["day"] == date(2021, 8, 30)


def test_av40_the_letter_on_paper(tmp_path: Path, settings: Any) -> None:
    """AV-40: slot, date to answer, voucher, taxis; the square leads to the signed page; tagged; printed again the same."""
    settings.ALLANT_TODAY = DAY
    of, _ = invited()
    centre()
    add_taxi(name="Taxis de la Vilaine", phone="0639980011", commune_code="35238", accessible=True, starts_on=DAY, by="test")
    reserve(of, at=AT, book_of_rules=BOOK)
    (batch,) = write_letters(at=AT, by="test", directory=tmp_path)
    pdf = (tmp_path / f"{batch.name}.pdf").read_bytes()
    text = pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text()
    taxi = "Taxis de la Vilaine, 06 39 98 00 11 (fauteuil roulant)"
    for words in ("30/08/2021 à 09 h 00", "2 rue de la Paix", "26/08/2021", taxi, "Bon de transport"):
        assert words in text, words
    assert batch.pages == 1 and "en aucun cas une obligation" in text
    assert list(validate(str(tmp_path / f"{batch.name}.pdf")).findings) == []
    image = pypdfium2.PdfDocument(pdf)[0].render(scale=3).to_pil()
    links = [each.text for each in zxingcpp.read_barcodes(image) if each.text.startswith("http")]
    assert len(links) == 1 and "/rendez-vous/mien/" in links[0]
    number = text.split("Bon de transport n°")[1].split("\n")[0].strip()
    found = read_voucher(number)
    assert found == taken()[0]
    message = Message.objects.get()
    assert message.status == "sent" and "30/08/2021" in _text(reprint(message, tmp_path))


def _text(pdf: bytes | None) -> str:
    assert pdf is not None
    return pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text()


def test_av40_seine_saint_denis_and_vaucluse_are_such_campaigns() -> None:
    """AV-40, TG-14: the ready-made campaigns of seed 001."""
    book_of_rules = rules.as_known_on(date(2021, 10, 1))
    offers = {"covid-courrier-93": "slot", "covid-courrier-75": "slot", "covid-courrier-84": "home"}
    assert {name: plan_named(name, book_of_rules).offers for name in offers} == offers


FILE = """nom;telephone;commune;fauteuil;depuis
Taxi Rance;06 39 98 00 12;35288;oui;2021-01-01
Taxi Vilaine;0639980013;35238;non;
"""


def test_av40_taxis_come_from_a_file_and_are_kept() -> None:
    """AV-40: loaded twice, once; by commune, those for wheelchairs first; ended, no letter names them."""
    assert load_taxis(FILE, on=DAY, by="test").added == 2 and load_taxis(FILE, on=DAY, by="test").known == 2
    add_taxi(name="Autre", phone="0639980014", commune_code="35238", accessible=True, starts_on=DAY, by="test")
    assert [each.name for each in of_communes(["35238"], DAY)["35238"]] == ["Autre", "Taxi Vilaine"]
    end_taxi(Taxi.objects.get(name="Autre"), on=DAY, by="test")
    assert [each.name for each in of_communes(["35238"], DAY)["35238"]] == ["Taxi Vilaine"]
    with pytest.raises(TaxiRefused, match="déjà dans la liste"):
        add_taxi(name="Vilaine", phone="0639980013", commune_code="35238", accessible=False, starts_on=DAY, by="test")


@pytest.mark.parametrize(("line", "message"), [
    ("Taxi;12;35238;oui;", "Numéro de téléphone impossible"),
    (";0639980013;35238;oui;", "de 1 à 100 caractères"),
    ("Taxi;0639980013;99999;oui;", "commune inconnue"),
    ("Taxi;0639980013;35238;oui;hier", "date illisible"),
])  # fmt: skip
def test_av40_a_wrong_line_of_taxis_is_said_and_nothing_is_added(line: str, message: str) -> None:
    """AV-40: with its number."""
    loaded = load_taxis(FILE + line + "\n", on=DAY, by="test")
    assert loaded.wrong[0].startswith("Ligne 4") and message in loaded.wrong[0] and not Taxi.objects.exists()
    with pytest.raises(TaxiRefused, match="Colonnes absentes"):
        load_taxis("a;b\n1;2\n", on=DAY, by="test")
