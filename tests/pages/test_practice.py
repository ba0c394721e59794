"""A doctor's own pages: lists of own patients (VC-52), orders of doses (VC-53), and the allotments of administrators."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from allant.accounts.models import AccessLogEntry, LoggedAction, User
from allant.accounts.roles import Role
from allant.directory.models import Practitioner
from allant.immunizations.models import Dose
from allant.people.models import ContactPoint, Person, Situation
from allant.supply.models import Allotment, DoseOrder, OrderedVials
from tests.accounts.sessions import account_with, enter
from tests.pages.teleservice import PHARMACIST, signed_in
from tests.people.builders import person
from tests.supply.builders import allotment

pytestmark = pytest.mark.django_db

TODAY = date(2021, 3, 1)
PATIENTS, ORDERS = "/professionnel/patients/", "/professionnel/commandes/"
ALLOTMENTS = "/administration/allocations/"


def text(answer: Any, status: int = 200) -> str:
    """The page as a reader sees it."""
    assert answer.status_code == status, answer
    return " ".join(unescape(answer.content.decode()).replace("\u00a0", " ").split())


@pytest.fixture
def doctor(client: Client, settings: Settings) -> User:
    """A doctor of Ille-et-Vilaine signed in by card on 1 March 2021."""
    settings.ALLANT_TODAY = TODAY
    return signed_in(client)


def patient(user: User | None, given: str, **values: Any) -> Person:
    """A patient born in 1950, of this treating doctor."""
    return person(given_names=given, treating_practitioner=user and user.practitioner, **values)


def vaccinate(one: Person) -> None:
    """A first dose."""
    Dose.objects.create(
        person=one, occurred_on=date(2021, 2, 1), vaccine="comirnaty", dose_number=1, series="primary", series_doses=2,
        recorded_at="2021-02-01T10:00Z", recorded_by="test", source="teleservice", source_key=f"t:{one.pk}",
    )  # fmt: skip


def delivered() -> list[tuple[int | None, Any]]:
    """Persons and batches of the deliveries in the access log."""
    return list(AccessLogEntry.objects.filter(action=LoggedAction.BULK).values_list("person_id", "batch_id"))


def test_vc52_a_doctor_receives_the_list_of_own_patients_not_yet_vaccinated(client: Client, doctor: User) -> None:
    """VC-52: own patients only, with how to reach them; the delivery is logged under one batch, with its persons."""
    mine, done, theirs = patient(doctor, "Zoé"), patient(doctor, "Faite"), patient(None, "Autrui")
    ContactPoint.objects.create(person=mine, kind="mobile", value="+33639980021")
    vaccinate(done)
    assert "Zoé" not in text(client.get(PATIENTS)) and not delivered(), "nothing is read before it is asked"
    page = text(client.post(PATIENTS, {"kind": "not_vaccinated"}))
    assert "1 patient au 1er mars 2021" in page and "Martin Zoé" in page and "06 39 98 00 21" in page
    assert "Faite" not in page and "Autrui" not in page and theirs
    ((person_id, batch),) = delivered()
    assert person_id == mine.pk and batch


def test_vc52_the_same_list_as_a_file(client: Client, doctor: User) -> None:
    """VC-52."""
    mine = patient(doctor, "Zoé", family_name="@Durand")
    answer = client.post(PATIENTS, {"kind": "not_vaccinated", "as_file": "1"})
    assert answer["Content-Disposition"] == 'attachment; filename="patients-not_vaccinated-2021-03-01.csv"'
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Nom;Prénoms;Date de naissance") and lines[1].startswith("'@Durand;Zoé;01/05/1950;70;")
    assert [entry[0] for entry in delivered()] == [mine.pk]


def test_vc52_patients_with_an_ald_by_age(client: Client, doctor: User) -> None:
    """VC-52: seed 001, « liste de leurs patients en ALD par âge »."""
    young, old = patient(doctor, "Jeune", birth_date=date(1980, 1, 1)), patient(doctor, "Ancienne", birth_date=date(1940, 1, 1))
    patient(doctor, "Sans")
    for one in (young, old):
        Situation.objects.create(person=one, kind="ald", code="8", starts_on=date(2010, 1, 1))
    page = text(client.post(PATIENTS, {"kind": "ald"}))
    assert page.index("Ancienne") < page.index("Jeune") and "Sans" not in page
    assert "8 – Diabète de type 1 et diabète de type 2" in page


def test_vc52_no_patient_and_no_choice_are_told(client: Client, doctor: User) -> None:
    """VC-52."""
    assert "Aucun de vos patients" in text(client.post(PATIENTS, {"kind": "ald"}))
    assert "Aucune liste choisie" in text(client.post(PATIENTS, {}), 422)


def test_vc52_another_profession_receives_no_list(client: Client, settings: Settings) -> None:
    """VC-52: a pharmacist is nobody's treating physician."""
    settings.ALLANT_TODAY = date(2021, 4, 1)
    signed_in(client, profession=PHARMACIST)
    for address in (PATIENTS, ORDERS):
        assert "réservée aux médecins" in text(client.get(address), 403)
    assert client.post(PATIENTS, {"kind": "ald"}).status_code == 403 and not delivered()


def test_vc52_a_list_costs_the_same_for_many_patients(
    client: Client, doctor: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """VC-52."""
    for count in (1, 30):
        for rank in range(count):
            patient(doctor, f"Zoé{rank}")
        with django_assert_num_queries(6):  # session, account with its professional, memberships, campaigns, list, access log
            client.post(PATIENTS, {"kind": "not_vaccinated"})


# Orders


def order(client: Client, of: Allotment | None = None, **values: Any) -> Any:
    """Fill the form as it was served, and send it."""
    page = client.get(ORDERS).content.decode()
    key = re.search(r'name="key" value="([^"]+)"', page)
    typed = {
        "key": key[1] if key else "", "allotment": of.pk if of else "", "vials": 2, "pharmacy": "Pharmacie du Marché",
        "postcode": "35000 Rennes", **values,
    }  # fmt: skip
    return client.post(ORDERS, typed, follow=True)


def test_vc53_a_doctor_orders_within_the_allotment_and_sees_the_state(client: Client, doctor: User) -> None:
    """VC-53: vials, doses, place of delivery and state; the pharmacy used last is proposed and marked as such."""
    of = allotment(3)
    page = text(client.get(ORDERS))
    assert "3 sur 3" in page and "03/03/2021" in page and "Proposée" not in page
    page = text(order(client, of))
    assert "2 flacon(s) commandé(s)" in page and "1 sur 3" in page and "Passée" in page and "20" in page
    assert "Proposée" in page and 'value="35000 Rennes"' in page
    assert "1 disponible(s) pour vous sur 3" in text(order(client, of), 422)
    placed = DoseOrder.objects.get()
    assert (placed.pharmacy.kind, placed.pharmacy.commune_code) == ("officine", "35238")


def test_vc53_the_form_sent_twice_is_one_order(client: Client, doctor: User) -> None:
    """VC-53: double click, or back and send again."""
    of = allotment(4)
    for _ in range(2):
        order(client, of, key="7d5b1a4e-1f1c-4a57-9d0e-3c5f1f0f9a11")
    assert DoseOrder.objects.count() == 1 and OrderedVials.objects.get().vials == 2


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"vials": "0"}, "supérieure ou égale à 1"),
        ({"vials": "deux"}, "nombre entier"),
        ({"postcode": "Nulle-Part-sur-Rien"}, "Commune inconnue"),
        ({"postcode": "Saint-Denis"}, "Plusieurs communes"),
        ({"pharmacy": ""}, "obligatoire"),
        ({"allotment": "999"}, "n'est pas ouverte"),
        ({"key": "x"}, "UUID valide"),
    ],
)
def test_vc53_an_order_typed_wrong_is_told(client: Client, doctor: User, typed: dict[str, str], message: str) -> None:
    """VC-53."""
    page = text(order(client, allotment(3), **typed), 422)
    assert message in page or typed.get("key") == "x"
    assert not DoseOrder.objects.exists()


def test_vc53_an_order_is_cancelled_by_its_doctor_alone_and_before_its_confirmation(client: Client, doctor: User) -> None:
    """VC-53."""
    order(client, allotment(3))
    placed = DoseOrder.objects.get()
    address = f"{ORDERS}{placed.pk}/annuler/"
    other = Client()
    signed_in(other, username="pro-sante-connect:autre", rpps="99900000222")
    assert other.post(address, {"reason": "x"}).status_code == 404
    assert "sans motif" in text(client.post(address, {}, follow=True))
    page = text(client.post(address, {"reason": "Trop de flacons"}, follow=True))
    assert "de nouveau disponibles" in page and "Annulée" in page and "3 sur 3" in page
    order(client, Allotment.objects.get())
    confirmed = DoseOrder.objects.latest("pk")
    confirmed.events.create(kind="confirmed", at="2021-03-02T10:00Z", by="admin")
    page = text(client.post(f"{ORDERS}{confirmed.pk}/annuler/", {"reason": "x"}, follow=True))
    assert "appelez l'assistance" in page


def test_vc53_orders_as_a_file(client: Client, doctor: User) -> None:
    """VC-53."""
    order(client, allotment(3), pharmacy="=Pharmacie")
    lines = client.get(f"{ORDERS}commandes.csv").content.decode("utf-8-sig").splitlines()
    assert lines[1].startswith("08/03/2021;Vaxzevria (AstraZeneca);2;20;'=Pharmacie;35000;Passée;01/03/2021")


def test_vc53_without_an_allotment_nothing_is_open(client: Client, doctor: User) -> None:
    """VC-53: also the week closed, and another département's."""
    allotment(3, week=date(2021, 3, 1)), allotment(3, departement_code="75")
    assert "Aucune commande n’est ouverte" in text(client.get(ORDERS))


def test_vc53_the_orders_page_costs_the_same_for_many_orders(
    client: Client, doctor: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """VC-53."""
    of = allotment(40)
    for count in (1, 10):
        for _ in range(count):
            order(client, of, vials=1)
        with django_assert_num_queries(7):  # session, account and professional, memberships, allotments, pharmacy, orders, log
            client.get(ORDERS)


# Allotments and the orders of everybody, for administrators


@pytest.fixture
def administrator(settings: Settings) -> Client:
    """A national administrator."""
    settings.ALLANT_TODAY = TODAY
    client = Client()
    enter(client, account_with(Role.ADMINISTRATOR, username="agency:admin", structures=("CNAM",)))
    return client


def test_vc53_allotments_are_entered_on_a_page(administrator: Client) -> None:
    """VC-53: any day of the week is its Monday; entered again, the allotment changes."""
    typed = {"vaccine": "vaxzevria", "week": "2021-03-10", "departement_code": "", "vials_per_doctor": "1"}
    assert "Allocation enregistrée" in text(administrator.post(ALLOTMENTS, typed, follow=True))
    administrator.post(ALLOTMENTS, {**typed, "vials_per_doctor": "3"})
    entered = Allotment.objects.get()
    assert (entered.week, entered.vials_per_doctor, entered.set_by) == (date(2021, 3, 8), 3, "agency:admin")
    administrator.post(ALLOTMENTS, {**typed, "departement_code": "35"})
    assert Allotment.objects.get(departement_code="35").vials_per_doctor == 1
    wrong = {**typed, "week": "demain", "vials_per_doctor": "-1", "departement_code": "00"}
    page = text(administrator.post(ALLOTMENTS, wrong, follow=True), 422)
    assert "date valide" in page and "supérieure ou égale à 0" in page and "Sélectionnez un choix valide" in page


def test_vc53_orders_are_confirmed_delivered_and_written_to_a_file(client: Client, doctor: User, administrator: Client) -> None:
    """VC-53."""
    of = allotment(3)
    for _ in range(2):
        order(client, of, vials=1)
    address = f"{ALLOTMENTS}{of.pk}/commandes/"
    first = DoseOrder.objects.earliest("pk")
    assert "une par une" in text(administrator.post(f"{address}etape/", {"step": "cancelled"}, follow=True))
    assert "sans motif" in text(administrator.post(f"{address}etape/", {"step": "cancelled", "order": first.pk}, follow=True))
    assert "2 commande(s) : « confirmée »" in text(administrator.post(f"{address}etape/", {"step": "confirmed"}, follow=True))
    administrator.post(f"{address}etape/", {"step": "cancelled", "order": first.pk, "reason": "Rupture"})
    assert "1 commande(s) : « livrée »" in text(administrator.post(f"{address}etape/", {"step": "delivered"}, follow=True))
    states = DoseOrder.objects.with_state().order_by("pk").values_list("state", flat=True)
    assert list(states) == ["cancelled", "delivered"]
    assert "Étape non comprise" in text(administrator.post(f"{address}etape/", {"step": "x"}, follow=True))
    lines = administrator.get(f"{ALLOTMENTS}{of.pk}/commandes.csv").content.decode("utf-8-sig").splitlines()
    assert "99900000111;Anne Delmas;35;1;10;Pharmacie du Marché;35000;Annulée" in lines[1]
    assert Practitioner.objects.count() == 1


def test_vc53_administrators_pages_cost_the_same_for_many_orders(
    client: Client, doctor: User, administrator: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """VC-53."""
    of = allotment(40)
    for count in (1, 10):
        for _ in range(count):
            order(client, of, vials=1)
        with django_assert_num_queries(7):  # session, account, memberships, allotment, count, orders, log
            administrator.get(f"{ALLOTMENTS}{of.pk}/commandes/")
        with django_assert_num_queries(6):
            administrator.get(ALLOTMENTS)
