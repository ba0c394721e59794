"""Running a place: entered on pages, its openings and closures, its list of a day (AP-01, AP-02, AP-10)."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta
from typing import Any

import pypdf
import pytest
from django.test import Client
from django.urls import reverse

from allant.accounts.models import AccessLogEntry
from allant.accounts.roles import Role
from allant.appointments.booking import book
from allant.appointments.calendar import local_start
from allant.appointments.models import Appointment, End, Guest, Place, Schedule, Share, Slot
from allant.appointments.telling import Address
from allant.directory.models import Organisation
from allant.doctrine import rules
from allant.vaccination.products import given_in
from tests.accounts.sessions import account_with, enter
from tests.appointments.builders import AT, MONDAY, booking, person, slots
from tests.pages.teleservice import signed_in

pytestmark = pytest.mark.django_db
THURSDAY = date(2021, 4, 8)


@pytest.fixture(autouse=True)
def day(settings: Any) -> None:
    """The Thursday before, unless a test says the Monday itself."""
    settings.ALLANT_TODAY = THURSDAY


def entry(**values: Any) -> dict[str, Any]:
    usual = {
        "kind": "centre", "name": "Centre du Liberté", "town": "35000 Rennes", "address": "1 esplanade", "latitude": "",
        "longitude": "", "phone": "", "opening": "", "accessible": "on", "books_second": "on",
    }  # fmt: skip
    return {**usual, **values}


def opening(**values: Any) -> dict[str, Any]:
    usual = {
        "service": "vaccination", "vaccine": "comirnaty", "weekday": "1", "opens_at": "09:00", "closes_at": "10:00",
        "minutes": "15", "capacity": "2", "starts_on": "2021-04-01", "ends_on": "",
    }  # fmt: skip
    return {**usual, **values}


def new_place(client: Client, **values: Any) -> Place:
    assert client.post(reverse("new_place"), entry(**values)).status_code == 302
    return Place.objects.get()


def centre(client: Client, **values: Any) -> tuple[Place, list[Slot]]:
    """A centre of the professional signed in, with the four slots of the Monday."""
    organisation = Organisation.objects.get(code="R900001")
    place = slots(**values)[0].place
    place.location.organisation = organisation
    place.location.save()
    return place, list(place.slots.order_by("starts_at"))


def test_ap01_a_centre_enters_its_place_and_its_opening(client: Client) -> None:
    """AP-01, AP-02: the coordinates are those of the commune; six weeks of slots stand at once, holidays left out."""
    signed_in(client)
    place = new_place(client)
    assert (place.location.commune_code, place.location.organisation.code, place.accessible) == ("35238", "R900001", True)
    assert round(place.latitude) == 48 and round(place.longitude) == -2
    client.post(reverse("new_opening", args=[place.pk]), opening())
    days = sorted({local_start(slot).date() for slot in Slot.objects.select_related("place__location")})
    assert days == [date(2021, 4, 12) + timedelta(weeks=n) for n in range(6)]
    page = client.get(reverse("place", args=[place.pk])).content.decode()
    assert "Lundi de 09:00 à 10:00" in page and "8 places libres sur 8" in page and "réserver" not in page.lower()
    client.post(reverse("make_slots", args=[place.pk]))
    assert Slot.objects.count() == 24


@pytest.mark.parametrize(("on", "centre", "cabinet"), [
    (date(2021, 3, 30), "comirnaty spikevax vaxzevria janssen", "comirnaty spikevax vaxzevria janssen"),
    (date(2021, 3, 31), "comirnaty spikevax", "vaxzevria"),
    (date(2021, 5, 28), "comirnaty spikevax vaxzevria janssen", "comirnaty spikevax vaxzevria janssen"),
])  # fmt: skip
def test_ap01_the_vaccines_of_a_place_are_those_of_its_kind_that_day(on: date, centre: str, cabinet: str) -> None:
    """AP-01: in centres Pfizer or Moderna, in town AstraZeneca, « à ce stade » (seed 000)."""
    book = rules.as_known_on(on)
    assert [" ".join(row["code"] for row in given_in(kind, on, book)) for kind in ("centre", "cabinet")] == [centre, cabinet]


def test_ap01_a_centre_is_not_opened_for_the_vaccine_of_the_town(client: Client) -> None:
    """AP-01: said on the form, a 400, nothing written."""
    signed_in(client)
    place = new_place(client)
    answer = client.post(reverse("new_opening", args=[place.pk]), opening(vaccine="vaxzevria"))
    assert answer.status_code == 400 and "pas donné dans cette sorte de lieu" in answer.content.decode()
    assert not Schedule.objects.exists()


def test_ap02_a_public_holiday_makes_no_slots(client: Client, settings: Any) -> None:
    """AP-02: Monday 5 April 2021 is Easter Monday; in Alsace, 26 December too."""
    settings.ALLANT_TODAY = date(2021, 4, 1)
    signed_in(client)
    place = new_place(client)
    client.post(reverse("new_opening", args=[place.pk]), opening())
    assert min(local_start(slot).date() for slot in Slot.objects.select_related("place__location")) == date(2021, 4, 12)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": " "}, "Nom du lieu : à remplir"),
        ({"town": "Xyzzy"}, "Commune inconnue"),
        ({"town": "Saint-Denis"}, "Plusieurs communes"),
        ({"latitude": "48,1"}, "latitude et la longitude, ou aucune"),
        ({"latitude": "95", "longitude": "1"}, "degrés décimaux"),
        ({"phone": "12"}, "Numéro de téléphone impossible"),
        ({"kind": "caverne"}, "Choisissez la nature"),
    ],
)
def test_ap01_what_is_wrong_with_a_place_is_said(client: Client, values: dict[str, str], message: str) -> None:
    """AP-01: in French, a 400, nothing written."""
    signed_in(client)
    answer = client.post(reverse("new_place"), entry(**values))
    assert answer.status_code == 400 and message in answer.content.decode()
    assert not Place.objects.exists()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"vaccine": ""}, "Choisissez le vaccin"),
        ({"service": "reception"}, "ne se choisit que pour une vaccination"),
        ({"closes_at": "09:10"}, "plus courte qu&#x27;un créneau"),
        ({"minutes": "0"}, "un nombre de 5 à 240"),
        ({"ends_on": "2021-03-01"}, "finit avant de commencer"),
        ({"opens_at": "9 h"}, "Heure illisible"),
    ],
)
def test_ap02_what_is_wrong_with_an_opening_is_said(client: Client, values: dict[str, str], message: str) -> None:
    """AP-02: in French, a 400, nothing written."""
    signed_in(client)
    place = new_place(client)
    answer = client.post(reverse("new_opening", args=[place.pk]), opening(**values))
    assert answer.status_code == 400 and message in answer.content.decode()
    assert not Schedule.objects.exists()


def test_ap02_two_openings_do_not_cover_the_same_hours(client: Client) -> None:
    """AP-02: for the same use; another vaccine beside it is fine."""
    signed_in(client)
    place = new_place(client)
    where = reverse("new_opening", args=[place.pk])
    assert client.post(where, opening()).status_code == 302
    assert "couvre déjà ces heures" in client.post(where, opening(opens_at="09:30", closes_at="11:00")).content.decode()
    assert client.post(where, opening(vaccine="spikevax")).status_code == 302


def test_ap02_a_manager_reserves_seats_and_booked_slots_keep_theirs(client: Client) -> None:
    """AP-02: two seats of three for the Assurance Maladie, until two days before, in every slot that nobody booked."""
    place, (first, *_) = slots(capacity=3)[0].place, list(Slot.objects.all())
    book(booking(first), by="test", at=AT)
    enter(client, account_with(Role.CAMPAIGN_MANAGER))
    where = reverse("reserve_seats", args=[place.pk, place.schedules.get().pk])
    too_many = client.post(where, {"for_assurance_maladie": 3, "for_partner": 1, "for_professionals": 0, "release_days": 2})
    assert too_many.status_code == 400 and "Plus de places réservées" in too_many.content.decode()
    client.post(where, {"for_assurance_maladie": 2, "for_partner": 0, "for_professionals": 0, "release_days": 2})
    seats = Share.objects.filter(slot__place=place).exclude(slot=first)
    assert set(seats.values_list("audience", "capacity", "released_on")) == {
        ("", 1, None), ("assurance_maladie", 2, MONDAY - timedelta(days=2)),
    }  # fmt: skip
    assert list(first.shares.values_list("audience", "remaining")) == [("", 2)] and Slot.objects.count() == 4
    assert "Assurance Maladie (appels et accueil) 2" in client.get(reverse("place", args=[place.pk])).content.decode()


def test_ap02_closing_days_counts_the_appointments_first(client: Client) -> None:
    """AP-02: nothing is cancelled before the second press; then the seats cannot be booked."""
    signed_in(client)
    place, (first, *_) = centre(client)
    made = book(booking(first), by="test", at=AT)
    where, asked = reverse("new_closure", args=[place.pk]), {"first": "2021-04-12", "last": "2021-04-12", "reason": "Travaux"}
    warned = client.post(where, asked).content.decode()
    assert "1 personne a déjà rendez-vous" in warned and Appointment.objects.open().count() == 1
    client.post(where, {**asked, "confirm": "oui"})
    made.refresh_from_db()
    assert made.ended_as == End.CLOSED and not Slot.objects.filter(closed_at=None).exists()
    assert AccessLogEntry.objects.filter(person_id=made.person_id, purpose__contains="fermeture").count() == 1


def test_ap02_an_opening_that_ends_closes_its_later_slots(client: Client) -> None:
    """AP-02: those before the day stay."""
    signed_in(client)
    place = new_place(client)
    client.post(reverse("new_opening", args=[place.pk]), opening())
    where = reverse("stop_opening", args=[place.pk, place.schedules.get().pk])
    client.post(where, {"on": "2021-04-26", "reason": "Fin de mission"})
    left = {local_start(slot).date() for slot in Slot.objects.filter(closed_at=None).select_related("place__location")}
    assert left == {date(2021, 4, 12), date(2021, 4, 19)}
    assert client.post(reverse("make_slots", args=[place.pk])).status_code == 302 and Slot.objects.count() == 24


def test_ap10_another_structure_sees_nothing(client: Client) -> None:
    """AP-10: neither the place nor its list; a manager of the territory sees the place, never who comes."""
    signed_in(client)
    place, (first, *_) = centre(client)
    made = book(booking(first), by="test", at=AT)
    other = Client()
    signed_in(other, username="psc:autre", rpps="99900000222", structures=("R900002",))
    for name in ("place", "place_day", "place_day_pdf", "place_day_csv"):
        assert other.get(reverse(name, args=[place.pk])).status_code == 404
    assert other.post(reverse("mark_appointment", args=[place.pk, made.pk]), {"mark": "done"}).status_code == 404
    assert other.post(reverse("teleservice_appointment", args=[made.pk])).status_code == 404
    manager = Client()
    enter(manager, account_with(Role.CAMPAIGN_MANAGER, departement="35"))
    assert manager.get(reverse("place", args=[place.pk])).status_code == 200
    assert manager.get(reverse("place_day", args=[place.pk])).status_code == 403
    elsewhere = Client()
    enter(elsewhere, account_with(Role.CAMPAIGN_MANAGER, username="agency:loin", departement="13"))
    assert elsewhere.get(reverse("place", args=[place.pk])).status_code == 404


def guest_at(slot: Slot, **values: Any) -> Appointment:
    guest = Guest(family_name="=SOMME(A1)", given_names="Thandi", birth_date=date(1945, 5, 23), **values)
    told_at = (Address("mobile", "0639981234"),)
    return book(booking(slot, person=None, guest=guest, told_at=told_at), by="test", at=AT)


def the_list(client: Client, place: Place, name: str = "place_day") -> Any:
    return client.get(reverse(name, args=[place.pk]), {"le": "2021-04-12"})


def test_ap10_the_day_list_on_screen_on_paper_and_in_a_file(client: Client) -> None:
    """AP-10: in the order of hours, cancelled ones left out; each person shown is in the access log; cells are harmless."""
    signed_in(client)
    place, hours = centre(client)
    late = book(booking(hours[2], person(family_name="Zola")), by="test", at=AT)
    early = book(booking(hours[0], person(family_name="Abadie")), by="test", at=AT)
    gone = book(booking(hours[1], person(family_name="Parti")), by="test", at=AT)
    guest_at(hours[3])
    client.post(reverse("new_closure", args=[place.pk]), {"first": "2022-01-01", "last": "2022-01-01", "reason": "x"})
    Appointment.objects.filter(pk=gone.pk).update(ended_at=AT, ended_as=End.CANCELLED)
    page = the_list(client, place).content.decode()
    assert re.findall(r"Abadie|Zola|Parti|Thandi(?= *<|<br)", page)[0] == "Abadie" and "Parti" not in page
    assert page.index("Abadie") < page.index("Zola") and "4 attendues" not in page and "3 attendues" in page
    logged = AccessLogEntry.objects.filter(purpose="liste des rendez-vous d'un lieu")
    assert set(logged.values_list("person_id", flat=True)) == {early.person_id, late.person_id}
    rows = list(csv.reader(io.StringIO(the_list(client, place, "place_day_csv").content.decode("utf-8-sig")), delimiter=";"))
    assert rows[1][:4] == ["09:00", "Abadie", "Maud", "02/05/1940"] and rows[3][1] == "'=SOMME(A1)"
    pdf = pypdf.PdfReader(io.BytesIO(the_list(client, place, "place_day_pdf").content))
    text = pdf.pages[0].extract_text()
    assert "Abadie" in text and "09:30" in text and pdf.trailer["/Root"]["/MarkInfo"]["/Marked"]


def press(client: Client, made: Appointment, key: str) -> Appointment:
    client.post(reverse("mark_appointment", args=[made.slot.place_id, made.pk]), {"mark": key})
    made.refresh_from_db()
    return made


def test_ap10_arrived_absent_and_taken_back_in_one_click_each(client: Client, settings: Any) -> None:
    """AP-10, AP-08: a no-show keeps the seat; a mistake is taken back; twice is once; not before the day."""
    signed_in(client)
    place, hours = centre(client)
    made = book(booking(hours[0]), by="test", at=AT)
    assert press(client, made, "absent").ended_at is None, "four days before"
    settings.ALLANT_TODAY = MONDAY
    assert press(client, made, "arrived").arrived_at is not None
    assert "1 sur place" in the_list(client, place).content.decode()
    assert press(client, made, "undo").arrived_at is None
    assert press(client, made, "absent").ended_as == End.ABSENT
    assert press(client, made, "done").ended_as == End.ABSENT, "over already"
    assert hours[0].shares.get().remaining == 1
    assert press(client, made, "undo").ended_as == ""
    assert press(client, made, "rien").ended_as == ""
    kinds = list(made.events.values_list("kind", flat=True))
    assert kinds == ["booked", "arrived", "unmarked", "absent", "unmarked"]


def test_ap10_vaccinated_leads_to_the_file_of_that_patient(client: Client, settings: Any) -> None:
    """AP-10: one click from the list; the file is open, and the opening is logged; the day after it is not."""
    settings.ALLANT_TODAY = MONDAY
    signed_in(client)
    place, hours = centre(client)
    made = book(booking(hours[0]), by="test", at=AT)
    where = reverse("teleservice_appointment", args=[made.pk])
    assert f'formaction="{where}"' in the_list(client, place).content.decode()
    answer = client.post(where)
    assert answer["Location"] == reverse("teleservice_file", args=[made.person_id])
    assert client.get(answer["Location"]).status_code == 200
    made.refresh_from_db()
    assert made.ended_as == End.DONE and made.arrived_at is not None
    assert AccessLogEntry.objects.filter(person_id=made.person_id, purpose__contains="ouvert par un rendez-vous").count() == 1
    settings.ALLANT_TODAY = MONDAY + timedelta(days=1)
    assert client.post(where).status_code == 404


def test_ap10_a_guest_is_marked_and_searched_by_number(client: Client, settings: Any) -> None:
    """AP-10: no file is opened for somebody whom no code tied to a record."""
    settings.ALLANT_TODAY = MONDAY
    signed_in(client)
    _, hours = centre(client)
    made = guest_at(hours[0])
    answer = client.post(reverse("teleservice_appointment", args=[made.pk]), follow=True)
    made.refresh_from_db()
    assert made.ended_as == End.DONE and "Cherchez son dossier" in answer.content.decode()
