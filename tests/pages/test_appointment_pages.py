"""Booking without account, and one's own appointment by its signed link (AP-08, AP-09, AP-12)."""

from __future__ import annotations

import re
import uuid
from datetime import date, timedelta
from typing import Any

import icalendar
import pytest
from django.core.cache import caches
from django.test import Client
from django.urls import reverse

from allant import clock
from allant.accounts.models import AccessLogEntry
from allant.appointments.booking import book
from allant.appointments.calendar import make_slots
from allant.appointments.links import token_of
from allant.appointments.models import Appointment, Slot
from allant.appointments.online import glance
from allant.vaccination.code import code_text, give_code
from tests.appointments.builders import MONDAY, SAINT_MALO, booking, person, place, schedule, slots

pytestmark = pytest.mark.django_db
TODAY = date(2021, 4, 8)


@pytest.fixture(autouse=True)
def day(settings: Any) -> None:
    """The same day for all, and nobody's hour of bookings used up."""
    settings.ALLANT_TODAY = TODAY
    caches["papers"].clear()


@pytest.fixture
def free() -> list[Slot]:
    """Four slots of one seat at Rennes, on the Monday after."""
    return slots(place(address="2 rue de la Paix", accessible=True), capacity=1)


def entry(**values: str) -> dict[str, str]:
    usual = {
        "family_name": "Nkosi", "given_names": "Thandi", "birth_date": "23/05/1945", "email": "t.nkosi@example.org",
        "mobile": "", "code": "", "key": str(uuid.uuid4()), "origin": "",
    }  # fmt: skip
    return {**usual, **values}


def send(client: Client, slot: Slot, **values: str) -> Any:
    return client.post(reverse("book_slot", args=[slot.pk]), entry(**values))


def test_ap12_from_a_town_to_a_booked_seat(client: Client, free: list[Slot]) -> None:
    """AP-12: no account; the nearest place, its hours, a form, the appointment by its link."""
    page = client.get(reverse("appointments"), {"town": "35000", "age": "76"}).content.decode()
    assert "lundi 12 avril 2021 à 09:00, Comirnaty" in page and "à moins d’un kilomètre" in page
    assert re.findall(r"/rendez-vous/creneaux/(\d+)/", page) == [str(slot.pk) for slot in free]
    form = client.get(reverse("book_slot", args=[free[0].pk]))
    assert form.status_code == 200 and b"2 rue de la Paix" in form.content
    answer = send(client, free[0])
    own = client.get(answer["Location"]).content.decode()
    assert "Rendez-vous confirmé" in own and "Nkosi" not in own and "Nkosi" not in answer["Location"]
    made = Appointment.objects.get()
    assert (made.origin, made.guest.family_name, made.person) == ("self", "Nkosi", None)
    assert "Créneaux libres" in (page := client.get(reverse("appointments"), {"town": "35000"}).content.decode())
    assert f"/creneaux/{free[0].pk}/" not in page


def test_ap12_the_same_form_sent_twice_is_one_appointment(client: Client, free: list[Slot]) -> None:
    """AP-12, AP-04: a double click gives the same link."""
    key = str(uuid.uuid4())
    assert send(client, free[0], key=key)["Location"] == send(client, free[0], key=key)["Location"]
    assert Appointment.objects.count() == 1


def test_ap05_both_injections_are_booked_online_or_the_place_books_the_second(client: Client) -> None:
    """AP-05: the hour of the second is on the form; once changed it is read again; unticked, the first alone."""
    of = place()
    schedule(of, capacity=1)
    make_slots(of, MONDAY, MONDAY + timedelta(weeks=7))
    hours = list(of.slots.order_by("starts_at"))
    page = client.get(reverse("book_slot", args=[hours[0].pk])).content.decode()
    second = next(each for each in hours if f'name="second" value="{each.pk}"' in page)
    assert 21 <= (second.starts_at - hours[0].starts_at).days <= 49 and "Prendre aussi la seconde injection" in page
    both = {"both": "on", "second": str(second.pk)}
    changed = send(client, hours[0], **{**both, "second": str(hours[1].pk)})
    assert changed.status_code == 409 and f'value="{second.pk}"' in changed.content.decode() and not Appointment.objects.exists()
    key = str(uuid.uuid4())
    link = send(client, hours[0], key=key, **both)["Location"]
    assert send(client, hours[0], key=key, **both)["Location"] == link, "sent twice, booked once"
    first, other = Appointment.objects.order_by("rank")
    assert (first.slot, other.slot, other.first, other.guest.family_name) == (hours[0], second, first, "Nkosi")
    assert "Injection n° 2" in client.get(link).content.decode()
    seen = glance(hours[1].pk, key="other", addresses=["t.nkosi@example.org"], at=clock.now())
    assert seen is not None and seen.open_at_address == 1, "both injections of one person count once"
    client.post(link + "annuler/")
    assert not Appointment.objects.open().exists()
    assert send(client, hours[1], email="other@example.org").status_code == 302 and Appointment.objects.open().get().rank == 1
    alone = slots(place(name="Gymnase", books_second=False))[0]
    assert "Le lieu prendra avec vous" in client.get(reverse("book_slot", args=[alone.pk])).content.decode()


def test_ap12_a_seat_taken_meanwhile_is_said(client: Client, free: list[Slot]) -> None:
    """AP-04: with a way on, and nothing half-written."""
    send(client, free[0])
    answer = send(client, free[0], email="other@example.org")
    page = answer.content.decode().replace("&#x27;", "’")
    assert answer.status_code == 409 and "vient d’être pris" in page
    assert Appointment.objects.count() == 1
    # What was typed is in the page, and each key of it takes another hour of the same place.
    typed = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    others = re.findall(r'formaction="([^"]+)"', page)
    assert others == [reverse("book_slot", args=[slot.pk]) for slot in free[1:]]
    assert (typed["family_name"], typed["birth_date"], typed["email"]) == ("Nkosi", "23/05/1945", "other@example.org")
    assert client.post(others[0], typed).status_code == 302
    assert Appointment.objects.get(slot=free[1]).told_at.get().value == "other@example.org"


def test_ap12_a_place_with_nothing_left_says_so(client: Client) -> None:
    """AP-04: no key that could only be refused; a closed slot is not found."""
    slot, *rest = slots(capacity=1)
    Slot.objects.filter(pk__in=[each.pk for each in rest]).update(closed_at=clock.now())
    send(client, slot)
    page = send(client, slot, email="other@example.org").content.decode()
    assert "Plus rien n’est libre dans ce lieu" in page and "formaction" not in page
    assert send(client, rest[0], email="other@example.org").status_code == 404


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"email": ""}, "Indiquez un courriel ou un mobile"),
        ({"birth_date": "12/13/1945"}, "Date illisible"),
        ({"birth_date": "01/01/2030"}, "n’est pas possible"),
        ({"family_name": " "}, "Nom : à remplir"),
        ({"email": "nkosi"}, "Adresse illisible"),
        ({"mobile": "12"}, "Numéro de téléphone impossible"),
        ({"code": "AAAA AAAA AAAA"}, "n’est pas reconnu"),
        ({"key": "x"}, ""),
    ],
)
def test_ap12_what_is_wrong_is_said(client: Client, free: list[Slot], values: dict[str, str], message: str) -> None:
    """AP-12: in French, a 400, no seat taken."""
    answer = send(client, free[0], **values)
    assert answer.status_code == 400 and message in answer.content.decode().replace("&#x27;", "’")
    assert not Appointment.objects.exists()


def test_ap03_a_vaccine_not_given_at_that_age_is_neither_offered_nor_booked(client: Client) -> None:
    """AP-03: Vaxzevria is recommended from 55 years on in April 2021."""
    slot = slots(place(), vaccine="vaxzevria")[0]
    offered = {age: "/creneaux/" in client.get(reverse("appointments"), {"town": "35000", "age": age}).content.decode()
               for age in ("40", "76")}  # fmt: skip
    assert offered == {"40": False, "76": True}
    assert send(client, slot, birth_date="01/01/1981").status_code == 409


def test_ap12_a_code_ties_the_appointment_to_the_person_and_the_campaign(client: Client, free: list[Slot]) -> None:
    """AP-12: with the name and birth date of its person only; origin and access are recorded."""
    who = person(family_name="Le Goff", birth_date=date(1940, 5, 2))
    invitation = give_code(person=who, by="test", on=TODAY)
    typed = code_text(invitation).lower()
    assert send(client, free[0], code=typed, family_name="Martin", birth_date="02/05/1940").status_code == 400
    assert send(client, free[0], code=typed, family_name="LE GOFF", birth_date="03/05/1940").status_code == 400
    send(client, free[0], code=typed, family_name="LE GOFF", birth_date="02/05/1940", origin="sms")
    made = Appointment.objects.get()
    assert (made.person, made.origin, made.cause_kind, made.cause_id) == (who, "sms", "invitation", invitation.pk)
    assert AccessLogEntry.objects.filter(purpose__contains="rendez-vous pris en ligne").count() == 1


def test_ap12_one_address_does_not_empty_a_centre(client: Client) -> None:
    """AP-12: six open appointments for one e-mail, thirty bookings an hour from one address."""
    hours = slots(capacity=40)
    for number in range(6):
        assert send(client, hours[number % 4]).status_code == 302
    assert "Trop de rendez-vous sont déjà pris" in send(client, hours[0]).content.decode()
    answers = [send(client, hours[0], email=f"n{number}@example.org").status_code for number in range(30)]
    assert answers.count(302) == 23 and answers[-1] == 429


def test_ap02_reserved_seats_are_not_offered_to_everybody(client: Client) -> None:
    """AP-02, AP-12: until they are released."""
    slot = slots(capacity=1, quotas={"assurance_maladie": 1}, release_days=1)[0]
    assert "Aucun créneau libre" in client.get(reverse("appointments"), {"town": "35000"}).content.decode()
    assert send(client, slot).status_code == 409 and not Appointment.objects.exists()


def test_ap03_the_town_is_asked_when_several_bear_the_name(client: Client, free: list[Slot]) -> None:
    """AP-03: a choice, then the places of that one; an unknown word is said."""
    page = client.get(reverse("appointments"), {"town": "Saint-Denis"}).content.decode()
    assert "Quelle commune ?" in page and "(93200)" in page and "(97400)" in page
    assert "Commune inconnue" in client.get(reverse("appointments"), {"town": "Xyzzy"}).content.decode()
    assert client.get(reverse("appointments"), {"town": "35000", "day": "hier"}).status_code == 200


def own_link(client: Client, slot: Slot) -> str:
    return str(send(client, slot)["Location"])


def test_ap09_the_link_shows_moves_and_cancels(client: Client, free: list[Slot]) -> None:
    """AP-08, AP-09: moved to another hour, then cancelled; each seat is free again."""
    link = own_link(client, free[0])
    page = client.get(link).content.decode()
    assert "Déplacer" in page
    token = link.split("/")[-2]
    chosen = reverse("move_own_appointment", args=[token, free[2].pk])
    assert "Garder l’actuel" in client.get(chosen).content.decode()
    moved = client.post(chosen)["Location"]
    assert client.post(chosen)["Location"] == moved, "sent twice, moved once"
    assert [slot.shares.get().remaining for slot in free] == [1, 1, 0, 1]
    assert "Déplacé" in client.get(link).content.decode()
    client.post(reverse("cancel_own_appointment", args=[moved.split("/")[-2]]))
    assert "Annulé" in client.get(moved).content.decode()
    assert [slot.shares.get().remaining for slot in free] == [1, 1, 1, 1]


def test_ap09_moving_to_a_seat_just_taken_changes_nothing(client: Client, free: list[Slot]) -> None:
    """AP-08."""
    link = own_link(client, free[0])
    book(booking(free[1]), by="test", at=clock.now())
    answer = client.post(reverse("move_own_appointment", args=[link.split("/")[-2], free[1].pk]))
    assert answer.status_code == 409 and "n’a pas changé" in answer.content.decode()
    assert Appointment.objects.open().filter(slot=free[0]).count() == 1


def test_ap08_one_moves_to_a_seat_of_the_same_use_and_of_a_vaccine_of_one_s_age(client: Client, free: list[Slot]) -> None:
    """AP-08, AP-03: the rules of booking are those of moving; what is for something else has no key to move."""
    link = str(send(client, free[0], birth_date="01/01/1981")["Location"])
    for other, why in (({"vaccine": "vaxzevria"}, "âge de la personne"), ({"service": "reception", "vaccine": ""}, "même usage")):
        chosen = slots(place(name=why), **other)[0]
        answer = client.post(reverse("move_own_appointment", args=[link.split("/")[-2], chosen.pk]))
        assert answer.status_code == 409 and why in answer.content.decode()
    assert Appointment.objects.open().get().slot == free[0]
    reception = book(booking(chosen, person()), by="test", at=clock.now())
    assert "Déplacer" not in client.get(reverse("own_appointment", args=[token_of(reception)])).content.decode()


def test_ap09_a_link_is_signed(client: Client, free: list[Slot]) -> None:
    """AP-09: neither guessed, nor altered, nor kept for ever."""
    link = own_link(client, free[0])
    number, signature = link.split("/")[-2].split("~")
    for forged in (f"{int(number) + 1}~{signature}", f"{number}~{signature[:-1]}", number, "x~y"):
        assert client.get(reverse("own_appointment", args=[forged])).status_code == 404
    Slot.objects.filter(pk=free[0].pk).update(starts_at=clock.now() - timedelta(days=40))
    assert client.get(link).status_code == 404


def test_ap09_a_past_appointment_is_not_cancelled(client: Client, free: list[Slot]) -> None:
    """AP-09."""
    link = own_link(client, free[0])
    Slot.objects.filter(pk=free[0].pk).update(starts_at=clock.now() - timedelta(hours=1))
    answer = client.post(link + "annuler/", follow=True)
    assert "passé" in answer.content.decode() and Appointment.objects.open().count() == 1


def test_ap09_an_agenda_reads_the_file(client: Client) -> None:
    """AP-09: read back with a library: the hour of the place, where, the reminder; cancelled, it says so."""
    link = own_link(client, slots(place(SAINT_MALO, address="Quai Saint-Louis"))[0])
    answer = client.get(link + "agenda.ics")
    assert answer["Content-Type"].startswith("text/calendar")
    (event,) = icalendar.Calendar.from_ical(answer.content).walk("VEVENT")
    assert event.decoded("dtstart").isoformat() == "2021-04-12T09:00:00+02:00"
    assert event.decoded("dtend") - event.decoded("dtstart") == timedelta(minutes=15)
    assert "Quai Saint-Louis" in event["location"] and event["status"] == "CONFIRMED" and event.walk("VALARM")
    client.post(link + "annuler/")
    (event,) = icalendar.Calendar.from_ical(client.get(link + "agenda.ics").content).walk("VEVENT")
    assert event["status"] == "CANCELLED"
