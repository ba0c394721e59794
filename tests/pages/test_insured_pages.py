"""The space of an insured person (VC-62): own record, attestation, who opened the file; and how an account finds its record."""

from __future__ import annotations

import io
from datetime import date
from html import unescape
from typing import Any

import pypdf
import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from allant import clock
from allant.accounts.actors import Actor
from allant.accounts.log import log_access
from allant.accounts.models import AccessLogEntry, LoggedAction, User
from allant.accounts.roles import Role
from allant.directory.models import Location
from allant.immunizations.actions import cancel_dose, record_doses_in_bulk
from allant.immunizations.models import Dose, Infection
from allant.pages.insured.identity import PIVOT_KEY
from allant.people.actions import merge
from allant.people.models import Matricule, Person
from allant.vaccination.recording import correct_vaccination
from tests.accounts.sessions import account_with, enter
from tests.immunizations.builders import rows
from tests.vaccination.papers.bedside import BY, FIRST, SECOND, declared, entry, patient, practice, vaccinated

pytestmark = pytest.mark.django_db

TODAY = date(2021, 6, 1)
NIR = "2400335238001"
PIVOT = ["MERCIER", "Suzanne", "1940-03-12", "F", "35238"]


@pytest.fixture(autouse=True)
def on_that_day(settings: Settings) -> None:
    settings.ALLANT_TODAY = TODAY


def insured(client: Client, person: Person | None = None, pivot: list[str] | None = None) -> User:
    """Sign in an insured person, tied to `person`, or with a pivot that was not recognised."""
    user = account_with(Role.INSURED, username=f"france-connect:{person and person.pk}", structures=("",))
    if person:
        user.person = person
        user.save()
    enter(client, user)
    if pivot:
        session = client.session
        session[PIVOT_KEY] = pivot
        session.save()
    return user


def read(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.status_code
    return " ".join(unescape(answer.content.decode()).split())


def two_doses(**values: Any) -> Person:
    person = patient(**values)
    declared(person)
    for on in (FIRST, SECOND):
        place = Location.objects.create(kind="centre", name=f"Centre {person.pk} du {on}", postcode="35000", commune_code="35238")
        vaccinated(person, on, location=place, place_kind="centre")
    return person


def test_vc62_the_first_page_says_what_comes_next(client: Client) -> None:
    """VC-62: after one dose, the date to book from; without any dose, no attestation is offered."""
    person = patient()
    declared(person)
    insured(client, person)
    assert client.get("/espace/")["Location"] == "/assure/"
    page = read(client, "/assure/")
    assert "Votre première injection" in page and "Aucune injection n’est enregistrée" in page and "Télécharger" not in page
    vaccinated(person, FIRST)
    page = read(client, "/assure/")
    assert "Prenez rendez-vous à partir du 3 mars 2021" in page and "1 injection enregistrée" in page
    assert "Télécharger mon attestation" in page


def test_vc62_the_record_shows_every_dose_and_what_became_of_it(client: Client) -> None:
    """VC-62, VC-36: a correction and a cancellation stay readable, apart; infections are shown."""
    person = patient()
    declared(person)
    first = vaccinated(person, FIRST)
    with clock.moved_to(date(2021, 2, 4)):
        correct_vaccination(dose=first, entry=entry(lot="EL0739"), by=BY, reason="Lot mal lu")
    second = vaccinated(person, SECOND)
    with clock.moved_to(SECOND):
        cancel_dose(dose=second, by=BY, reason="Erreur de patient")
    Infection.objects.create(person=person, occurred_on=date(2020, 4, 1))
    insured(client, person)
    page = read(client, "/assure/vaccination/")
    current, _, ended = page.partition("Versions rectifiées ou annulées</h2>")
    assert "EL0739" in current and "rectifiée, version 2" in current and "EJ6797" not in current
    assert "version 1 rectifiée" in ended and "annulée par le professionnel" in ended and "1er avril 2020" in current


def test_vc62_an_empty_record_says_what_to_do(client: Client) -> None:
    """VC-62."""
    insured(client, patient())
    assert "Si vous avez été vacciné, demandez" in read(client, "/assure/vaccination/")


def test_vc62_the_attestation_is_a_file_that_names_nobody_in_its_name(client: Client) -> None:
    """VC-62: the person's own doses, downloaded, logged."""
    person = two_doses()
    insured(client, person)
    answer = client.get("/assure/vaccination/attestation/")
    assert answer["Content-Type"] == "application/pdf" and "no-store" in answer["Cache-Control"]
    assert answer["Content-Disposition"] == 'attachment; filename="attestation-vaccination-covid-19.pdf"'
    text = pypdf.PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()
    assert "Suzanne Mercier" in text and "03/03/2021" in text
    assert AccessLogEntry.objects.about(person.pk).first().purpose == "attestation de vaccination remise à la personne"  # type: ignore[union-attr]


def test_vc62_the_record_is_a_file_too(client: Client) -> None:
    """VC-62: every line of the page, its former versions told as such; logged, and named after nobody."""
    person = two_doses()
    with clock.moved_to(SECOND):
        cancel_dose(dose=Dose.objects.get(occurred_on=SECOND), by=BY, reason="Erreur de patient")
    insured(client, person)
    assert "/assure/vaccination/dossier.csv" in read(client, "/assure/vaccination/")
    answer = client.get("/assure/vaccination/dossier.csv")
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert answer["Content-Disposition"] == 'attachment; filename="dossier-vaccination-covid-19.csv"'
    assert answer["Cache-Control"] == "no-store" and len(lines) == 3 and "Mercier" not in answer.content.decode()
    assert any("en vigueur;03/02/2021" in line and "EJ6797" in line for line in lines)
    assert any("annulée" in line and "03/03/2021" in line for line in lines)
    assert AccessLogEntry.objects.about(person.pk).first().purpose == "dossier de vaccination remis à la personne"  # type: ignore[union-attr]


def test_vc62_no_dose_no_attestation(client: Client) -> None:
    """VC-62: a page that says so, not an empty file."""
    insured(client, patient())
    answer = client.get("/assure/vaccination/attestation/")
    assert answer.status_code == 404 and "rien à attester" in unescape(answer.content.decode())


def test_vc62_only_ones_own_record_is_ever_shown(client: Client) -> None:
    """VC-62: no address names a person, so none can be changed for another's; the account decides."""
    mine, other = two_doses(), two_doses(given_names="Odette")
    insured(client, mine)
    for path in ("/assure/", "/assure/vaccination/"):
        page = read(client, f"{path}?person={other.pk}&person_id={other.pk}")
        assert "Suzanne" in page and "Odette" not in page
    assert set(AccessLogEntry.objects.exclude(person_id=None).values_list("person_id", flat=True)) == {mine.pk}


def test_vc62_a_merged_record_is_shown_under_the_survivor(client: Client) -> None:
    """VC-62, VC-63."""
    duplicate, survivor = two_doses(), patient(given_names="Suzanne Élodie")
    insured(client, duplicate)
    merge(duplicate=duplicate, into=survivor, by="test", reason="doublon")
    assert "Suzanne Élodie" in read(client, "/assure/") and "EJ6797" in read(client, "/assure/vaccination/")


def test_vc62_who_opened_my_file_by_role_and_structure(client: Client) -> None:
    """VC-62: the structure answers for its agents: no account and no name of an agent is shown."""
    person, other = patient(), patient()
    practice()
    doctor = Actor("pro-sante-connect:899700000001", 987_654, Role.HEALTH_PROFESSIONAL, "R1")
    log_access(by=doctor, action=LoggedAction.READ, purpose="ouverture du dossier", person_ids=[person.pk])
    log_access(by=Actor("fhir:logiciel-secret"), action=LoggedAction.WRITE, purpose="dose reçue", person_ids=[person.pk])
    log_access(by=Actor.system("replay"), action=LoggedAction.WRITE, purpose="rejeu", person_ids=[person.pk])
    log_access(by=doctor, action=LoggedAction.READ, purpose="autre patient", person_ids=[other.pk])
    insured(client, person)
    page = read(client, "/assure/acces/")
    for expected in (
        "Professionnel de santé", "Cabinet des Tilleuls", "ouverture du dossier", "Logiciel d'un établissement",
        "Traitement automatique", "Vous-même",
    ):  # fmt: skip
        assert expected in page, expected
    assert not any(secret in page for secret in ("899700000001", "logiciel-secret", "987654", "autre patient"))


def test_vc62_doses_received_in_bulk_are_told_apart(client: Client) -> None:
    """VC-62: a bulk recording is one entry of the log; the person finds it by their dose."""
    person = patient()
    table = rows(f"k1 {person.pk} 2021-03-01 comirnaty 1 primary 2")
    record_doses_in_bulk(table, source="csv", batch_key="lot-1", by="test", today=TODAY)
    insured(client, person)
    assert "Fichier CSV, 1 injection" in read(client, "/assure/acces/")


def test_vc62_a_long_log_is_paged(client: Client) -> None:
    """VC-62."""
    person = patient()
    log_access(by=Actor.system("essai"), action=LoggedAction.READ, purpose="lecture", person_ids=[person.pk] * 60)
    insured(client, person)
    assert read(client, "/assure/acces/").count("<tr>") == 26 and "page=2" in read(client, "/assure/acces/")
    assert "lecture" in read(client, "/assure/acces/?page=3")


@pytest.mark.parametrize(
    ("path", "queries"),
    [("/assure/", 11), ("/assure/vaccination/", 10), ("/assure/acces/", 9), ("/assure/vaccination/attestation/", 10)],
)
def test_vc62_query_counts(client: Client, django_assert_num_queries: DjangoAssertNumQueries, path: str, queries: int) -> None:
    """VC-62: session, account, roles, the person, the log, the page (its messages, certificates); not one more a dose."""
    insured(client, two_doses())
    client.get(path)
    with django_assert_num_queries(queries):
        assert client.get(path).status_code == 200


def test_vc62_an_identity_not_found_asks_for_the_number(client: Client) -> None:
    """VC-62: every page leads there; the right number opens the record, for the next sign-ins too."""
    person = patient(family_name="Dubois")
    Matricule.objects.create(person=person, value=NIR, kind="NIR", starts_on=date(2000, 1, 1))
    user = insured(client, pivot=PIVOT)
    for path in ("/assure/", "/assure/vaccination/", "/assure/vaccination/attestation/", "/assure/acces/"):
        assert client.get(path)["Location"] == "/assure/identite/"
    assert "n'a pas été reconnue" in read(client, "/assure/identite/")
    assert client.post("/assure/identite/", {"number": NIR})["Location"] == "/assure/"
    assert "Votre identité est reconnue" in read(client, "/assure/") and PIVOT_KEY not in client.session
    user.refresh_from_db()
    assert user.person_id == person.pk
    assert AccessLogEntry.objects.about(person.pk).filter(purpose="rattachement du compte à son dossier").count() == 1
    assert client.get("/assure/identite/")["Location"] == "/assure/"


@pytest.mark.parametrize(
    ("number", "message"),
    [("", "Aucun numéro saisi"), ("12", "2 caractères lus"), ("2400335238001 11", "Clé"), ("2400335238999", "ne désignent pas")],
)
def test_vc62_a_wrong_number_is_explained(client: Client, number: str, message: str) -> None:
    """VC-62."""
    user = insured(client, pivot=PIVOT)
    answer = client.post("/assure/identite/", {"number": number})
    assert answer.status_code == 400 and message in unescape(answer.content.decode())
    user.refresh_from_db()
    assert user.person_id is None


def test_vc62_guesses_of_a_number_are_limited_and_logged(client: Client) -> None:
    """VC-62: five an hour, then not even the right one."""
    person = patient()
    Matricule.objects.create(person=person, value=NIR, kind="NIR", starts_on=date(2000, 1, 1))
    user = insured(client, pivot=PIVOT)
    for order in range(2, 7):
        answer = client.post("/assure/identite/", {"number": f"240033523800{order}"})
        assert "ne désignent pas" in unescape(answer.content.decode())
    answer = client.post("/assure/identite/", {"number": NIR})
    assert answer.status_code == 400 and "Trop d'essais" in unescape(answer.content.decode())
    assert AccessLogEntry.objects.done_by(user).filter(action=LoggedAction.REFUSED).count() == 6
    assert not AccessLogEntry.objects.filter(purpose__contains="2400335").exists()


def test_vc62_without_the_identity_of_the_sign_in_the_number_proves_nothing(client: Client) -> None:
    """VC-62."""
    person = patient()
    Matricule.objects.create(person=person, value=NIR, kind="NIR", starts_on=date(2000, 1, 1))
    insured(client)
    answer = client.post("/assure/identite/", {"number": NIR})
    assert answer.status_code == 400 and "Reconnectez-vous" in unescape(answer.content.decode())
