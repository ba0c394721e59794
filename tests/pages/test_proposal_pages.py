"""AV-40 on pages: the letter answered by code, taxis kept, vouchers checked, visits at home for the fund and for the nurse."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.cache import caches
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from allant.accounts.models import AccessLogEntry
from allant.accounts.roles import Role
from allant.appointments.ending import end_lapsed
from allant.appointments.models import Appointment
from allant.campaigns.models import HomeVisit, Invitation, Taxi
from allant.campaigns.proposals.home_visits import ask
from allant.campaigns.proposals.slot_letters import reserve
from allant.campaigns.proposals.words import voucher
from allant.outreach.models import Message
from allant.people.models import ContactPoint
from allant.vaccination.code import code_text
from tests.accounts.sessions import account_with, enter
from tests.campaigns.proposal_cases import AT, BOOK, DAY, centre, invited, nurse, somebody
from tests.pages.teleservice import NURSE, signed_in

pytestmark = pytest.mark.django_db
BIRTH = "02/05/1940"


@pytest.fixture(autouse=True)
def day(settings: Any) -> None:
    settings.ALLANT_TODAY = DAY
    caches["papers"].clear()


def answer(client: Client, invitation: Invitation, birth_date: str = BIRTH) -> Any:
    return client.post(reverse("answer_letter"), {"code": code_text(invitation).lower(), "birth_date": birth_date})


def test_av40_the_code_of_the_letter_leads_to_the_seat_and_confirms_it(client: Client) -> None:
    """AV-40: code and birth date; no name in the address; confirmed once; the confirmation is a message."""
    of, (invitation,) = invited()
    centre()
    ContactPoint.objects.create(person=invitation.person, kind="mobile", value="0639981234")
    reserve(of, at=AT, book_of_rules=BOOK)
    assert answer(client, invitation, "03/05/1940").status_code == 400
    link = answer(client, invitation)["Location"]
    page = client.get(link).content.decode()
    assert "Cette place est gardée pour vous" in page and "Keraval" not in page + link
    client.post(link + "confirmer/")
    assert not Appointment.objects.filter(confirmed_at=None).exists(), "both injections"
    assert Message.objects.filter(cause_kind="appointment_booked", channel="sms").count() == 1
    assert AccessLogEntry.objects.filter(purpose__contains="réponse à un courrier").count() == 1


def test_av40_a_seat_given_back_is_said_with_a_way_on(client: Client) -> None:
    """AV-40: never « confirmed »."""
    of, (invitation,) = invited()
    centre()
    reserve(of, at=AT, book_of_rules=BOOK)
    end_lapsed(at=AT + timedelta(days=10))
    page = answer(client, invitation).content.decode()
    assert "n’est plus gardé" in page.replace("&#x27;", "’") and "Chercher un créneau" in page


def test_av40_codes_are_not_guessed(client: Client, settings: Any) -> None:
    """AV-40: so many tries an hour; a wrong code is a 400 that says so."""
    settings.ALLANT_BOOKINGS_AN_HOUR = 3
    wrong = {"code": "AAAA AAAA AAAA", "birth_date": BIRTH}
    answers = [client.post(reverse("answer_letter"), wrong) for _ in range(4)]
    assert [each.status_code for each in answers] == [400, 400, 400, 429]
    assert "n’est pas reconnu" in answers[0].content.decode().replace("&#x27;", "’")


def test_av40_the_letter_of_vaucluse_asks_for_a_nurse(client: Client) -> None:
    """AV-40: asked twice by the page is once; the person knows by when."""
    _, (invitation,) = invited(offers="home")
    who = nurse()
    for _ in range(2):
        assert "Votre demande est enregistrée" in answer(client, invitation).content.decode()
    visit = HomeVisit.objects.get()
    assert (visit.nurse, visit.origin, visit.invitation) == (who, "letter", invitation)


def test_av40_a_manager_follows_the_letters_and_reserves_now(client: Client) -> None:
    """AV-40: counts by state, a few queries whatever the number of letters."""
    of, _ = invited(3)
    enter(client, account_with(Role.CAMPAIGN_MANAGER))
    page = client.get(reverse("slot_letters")).content.decode()
    assert "Attendent un créneau assez proche</dt><dd>3" in page
    centre()
    said = client.post(reverse("reserve_slot_letters", args=[of.slug]), follow=True).content.decode()
    assert "Courriers écrits : 3" in said and "Créneaux gardés, sans réponse encore</dt><dd>3" in said
    assert client.post(reverse("reserve_slot_letters", args=["aucune"])).status_code == 404


def test_av40_a_voucher_is_checked_by_its_number(client: Client) -> None:
    """AV-40: good once the appointment is confirmed; mistyped, it is said; no name is shown."""
    of, _ = invited()
    centre()
    reserve(of, at=AT, book_of_rules=BOOK)
    seat = Appointment.objects.get(rank=1)
    number = voucher(seat, [date(2021, 8, 30)], "")["number"]
    enter(client, account_with(Role.FRONT_DESK_AGENT))
    where = reverse("voucher_check")
    assert "pas encore confirmé" in client.post(where, {"number": number}).content.decode()
    Appointment.objects.update(confirmed_at=AT)
    page = client.post(where, {"number": number.lower()}).content.decode()
    assert "Bon valable" in page and "Keraval" not in page
    assert "lundi 30 août 2021 à 09:00 et lundi 27 septembre 2021" in page, "the second injection too"
    last = "A" if number[-1] != "A" else "B"
    assert "mal recopié" in client.post(where, {"number": number[:-1] + last}).content.decode()


def test_av40_taxis_are_kept_on_a_page(client: Client) -> None:
    """AV-40: added, filtered, loaded, refused line by line, withdrawn."""
    enter(client, account_with(Role.CAMPAIGN_MANAGER))
    where, entry = reverse("taxis"), {"name": "Taxi Vilaine", "phone": "06 39 98 00 13", "town": "Rennes"}
    assert "ajoutez le premier" in client.get(where).content.decode()
    assert client.post(where, entry).status_code == 302
    assert "déjà dans la liste" in client.post(where, entry).content.decode()
    assert "Commune inconnue" in client.post(where, {**entry, "town": "Xyzzy"}).content.decode()
    assert "Taxi Vilaine" in client.get(where, {"commune": "Rennes"}).content.decode()
    assert "Taxi Vilaine" not in client.get(where, {"commune": "Saint-Malo"}).content.decode()
    file = SimpleUploadedFile("taxis.csv", b"nom;telephone;commune;fauteuil;depuis\nTaxi Rance;0639980012;35288;oui;\n")
    assert "1 taxis ajoutés" in client.post(reverse("load_taxis"), {"file": file}, follow=True).content.decode()
    wrong = SimpleUploadedFile("taxis.csv", b"nom;telephone;commune\nTaxi;12;35288\n")
    refused = client.post(reverse("load_taxis"), {"file": wrong})
    assert refused.status_code == 400 and "Ligne 2" in refused.content.decode()
    assert "UTF-8" in client.post(reverse("load_taxis"), {"file": SimpleUploadedFile("t.csv", b"\xff\xfe")}).content.decode()
    client.post(reverse("end_taxi", args=[Taxi.objects.get(name="Taxi Vilaine").pk]))
    assert "Taxi Vilaine" not in client.get(where).content.decode()


def visit(**values: Any) -> HomeVisit:
    usual = {"person": somebody(), "invitation": None, "origin": "phone", "by": "t", "at": AT, "book": BOOK}
    return ask(**{**usual, **values})


def test_av40_the_fund_sees_its_territory_what_is_late_and_changes_hands(client: Client) -> None:
    """AV-40: list, overdue list, file; another territory's request is not found; each person shown is logged."""
    first, second = nurse(1), nurse(2)
    late, soon = visit(at=AT - timedelta(days=30)), visit()
    enter(client, account_with(Role.CALL_AGENT, departement="35"))
    page = client.get(reverse("home_visits")).content.decode()
    assert "1 demande en retard" in page and page.index(f"/domicile/{late.pk}/") < page.index(f"/domicile/{soon.pk}/")
    assert f"/domicile/{soon.pk}/" not in client.get(reverse("home_visits"), {"etat": "retard"}).content.decode()
    assert client.get(reverse("home_visits_csv")).content.decode("utf-8-sig").count("Keraval") == 2
    other = second if late.nurse == first else first
    client.post(reverse("home_visit", args=[late.pk]), {"nurse": other.pk})
    late.refresh_from_db()
    assert late.nurse == other
    client.post(reverse("home_visit", args=[soon.pk]), {"end": "elsewhere"})
    soon.refresh_from_db()
    assert soon.ended_as == "elsewhere" and soon.ended_by == "agency:test"
    shown = AccessLogEntry.objects.filter(purpose="vaccinations à domicile").values_list("person_id", flat=True)
    assert set(shown) == {late.person_id, soon.person_id}
    far = Client()
    enter(far, account_with(Role.CALL_AGENT, username="agency:loin", departement="84"))
    assert "Aucune demande ouverte" in far.get(reverse("home_visits")).content.decode()
    assert far.get(reverse("home_visit", args=[late.pk])).status_code == 404


def test_av40_an_agent_asks_for_somebody_on_the_telephone(client: Client) -> None:
    """AV-40: with the code of the letter and the birth date, else a 400 that says what to read again."""
    _, (invitation,) = invited(offers="home")
    enter(client, account_with(Role.CALL_AGENT))
    where, entry = reverse("ask_home_visit"), {"code": code_text(invitation), "birth_date": BIRTH}
    assert client.post(where, {**entry, "birth_date": "01/01/1940"}).status_code == 400
    assert client.post(where, entry).status_code == 302
    assert HomeVisit.objects.get().person == invitation.person


def test_av40_the_list_asks_a_few_queries(client: Client, django_assert_max_num_queries: Any) -> None:
    """AV-40: whatever the number of requests."""
    nurse()
    for _ in range(5):
        visit()
    enter(client, account_with(Role.CALL_AGENT))
    client.get(reverse("home_visits"))
    with django_assert_max_num_queries(12):
        client.get(reverse("home_visits"))


def test_av40_the_nurse_dates_the_visit_and_opens_the_file(client: Client) -> None:
    """AV-40: only what is given to them; the file opened there is the téléservice's; the telephone is shown."""
    user = signed_in(client, username="psc:infirmiere", profession=NURSE, rpps="99900000777")
    mine = visit()
    ContactPoint.objects.create(person=mine.person, kind="landline", value="0299000001")
    nurse(1)
    theirs = visit()
    HomeVisit.objects.filter(pk=theirs.pk).exclude(nurse=user.practitioner).update(planned_on=None)
    HomeVisit.objects.filter(pk=theirs.pk).update(nurse=nurse(3))
    page = client.get(reverse("own_home_visits")).content.decode()
    assert "0299000001" in page and f"visite-{mine.pk}" in page and f"visite-{theirs.pk}" not in page
    where = reverse("plan_home_visit", args=[mine.pk])
    client.post(where, {"day": "2021-08-18"})
    mine.refresh_from_db()
    assert mine.planned_on == date(2021, 8, 18)
    assert "Indiquez le jour" in client.post(where, {"day": ""}, follow=True).content.decode()
    assert "est passé" in client.post(where, {"day": "2021-01-01"}, follow=True).content.decode()
    assert client.post(reverse("plan_home_visit", args=[theirs.pk]), {"day": "2021-08-18"}).status_code == 404
    opened = client.post(reverse("open_home_visit", args=[mine.pk]))
    assert opened["Location"] == reverse("teleservice_file", args=[mine.person_id])
    assert client.get(opened["Location"]).status_code == 200
    assert client.post(reverse("open_home_visit", args=[theirs.pk])).status_code == 404
