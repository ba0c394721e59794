"""VC-60 by request: opening a session, one row after another, each with its own answer."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from allant.accounts.models import AccessLogEntry, LoggedAction
from allant.directory.models import Location
from allant.immunizations.models import Dose
from allant.people.models import Person
from allant.vaccination.eligibility import current_declaration
from allant.vaccination.models import EligibilityDeclaration, VaccinationSession
from tests.pages import sitting, teleservice
from tests.pages.sitting import nir, opened, send

pytestmark = pytest.mark.django_db

ROW = UUID("6f0c2d1e-8f5b-4b57-8a63-54f1f6a0c001")


@pytest.fixture(autouse=True)
def day(settings: Settings) -> None:
    """Ten residents, on a day when doctors record."""
    settings.ALLANT_TODAY = sitting.TODAY
    sitting.residents(10)


def test_a_session_is_opened_with_what_is_common(client: Client) -> None:
    """VC-60: vaccine, lot, site, place and day, said once."""
    teleservice.signed_in(client)
    session = opened(client)
    assert (session.vaccine, session.lot, session.site, session.occurred_on) == (
        "comirnaty", "AB1234", "deltoide_gauche", date(2021, 3, 1),
    )  # fmt: skip
    assert session.location == Location.objects.get(name="Les Tamaris", kind="ehpad")
    assert "Les Tamaris" in client.get(f"{sitting.URL}{session.pk}/").content.decode()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"vaccine": ""}, "Vaccin non précisé"),
        ({"lot": ""}, "Numéro de lot absent"),
        ({"lot": "OLD1"}, "Lot périmé"),
        ({"occurred_on": "2021-03-02"}, "Date dans le futur"),
        ({"occurred_on": "2020-12-01"}, "pas encore autorisé"),
        ({"postcode": "99999"}, "Code postal inconnu"),
        ({"place_name": ""}, "Nom du lieu absent"),
        ({"prescribed_on": ""}, "indiquez-la, au format"),
        ({"patient_accepts": ""}, "accepte"),
    ],
)
def test_what_would_refuse_every_patient_is_said_before(client: Client, changes: dict[str, str], says: str) -> None:
    """VC-38, VC-60: nothing is opened."""
    teleservice.signed_in(client)
    answer = client.post(sitting.URL, {**sitting.FORM, **changes})
    assert (answer.status_code, VaccinationSession.objects.count()) == (422, 0)
    assert says in answer.content.decode()


def test_a_row_records_eligibility_and_dose_at_once(client: Client) -> None:
    """VC-19, VC-60: with the session's lot, place, professional and structure."""
    user = teleservice.signed_in(client)
    session = opened(client)
    answer, said = send(client, session, nir(1))
    assert (answer.status_code, said["outcome"], said["person"]) == (201, "recorded", "RÉSIDENT1 Camille")
    assert said["message"] == "1re vaccination enregistrée." and said["next"].startswith("2e dose à partir du ")
    dose = Dose.objects.get()
    assert (dose.person_id, dose.lot, dose.location, dose.practitioner) == (1, "AB1234", session.location, user.practitioner)
    assert current_declaration(dose.person).declarant == user.practitioner


def test_the_same_row_again_is_the_same_dose(client: Client) -> None:
    """VC-39: an answer lost on the way; then the same patient typed a second time."""
    teleservice.signed_in(client)
    session = opened(client)
    first = send(client, session, nir(1), ROW)[1]
    assert send(client, session, nir(1), ROW)[1] == first
    assert send(client, session, nir(1))[1]["outcome"] == "already"
    assert (Dose.objects.count(), EligibilityDeclaration.objects.count()) == (1, 1)


def test_without_declaration_neither_is_written(client: Client) -> None:
    """VC-19: both or neither."""
    teleservice.signed_in(client)
    session = opened(client, declares="")
    answer, said = send(client, session, nir(1))
    assert (answer.status_code, said["outcome"]) == (422, "refused") and "ligibilité" in said["message"]
    assert (Dose.objects.count(), EligibilityDeclaration.objects.count()) == (0, 0)


def test_a_dose_that_is_refused_leaves_no_declaration(client: Client) -> None:
    """VC-19: the patient is too young for the vaccine: asked why, and nothing is written meanwhile."""
    teleservice.signed_in(client)
    session = opened(client)
    Person.objects.filter(pk=1).update(birth_date=date(2010, 1, 1))
    answer, said = send(client, session, nir(1))
    assert (answer.status_code, said["outcome"]) == (409, "reason") and "âge minimal" in said["message"]
    assert (Dose.objects.count(), EligibilityDeclaration.objects.count()) == (0, 0)


def test_a_written_reason_lets_the_row_in(client: Client) -> None:
    """VC-38: forced in place, marked."""
    teleservice.signed_in(client)
    session = opened(client)
    Person.objects.filter(pk=1).update(birth_date=date(2010, 1, 1))
    said = send(client, session, nir(1), ROW)[1]
    again = send(client, session, nir(1), ROW, person=said["chosen"], reason="Avis spécialisé")[1]
    assert again["outcome"] == "recorded" and "malgré une règle" in again["message"]
    assert Dose.objects.forced().get().forced_reason == "Avis spécialisé"


def test_several_attached_to_a_number_are_offered(client: Client) -> None:
    """VC-11: the row waits for a choice; only those the number leads to may be chosen."""
    teleservice.signed_in(client)
    session = opened(client)
    Person.objects.filter(pk=2).update(policyholder=1)
    answer, said = send(client, session, nir(1), ROW)
    assert (answer.status_code, said["outcome"], [each["person"] for each in said["choices"]]) == (200, "choose", [1, 2])
    assert send(client, session, nir(1), ROW, person=3)[1]["outcome"] == "choose"
    assert send(client, session, nir(1), ROW, person=2)[1]["outcome"] == "recorded"
    assert Dose.objects.get().person_id == 2


@pytest.mark.parametrize(
    ("typed", "status"), [("2 40 05 35 120 001 71", 422), ("23456789ABC", 422), ("240053512999901", 422), ("", 422)]
)
def test_what_cannot_be_read_is_said(client: Client, typed: str, status: int) -> None:
    """VC-12, VC-14."""
    teleservice.signed_in(client)
    answer, said = send(client, opened(client), typed)
    assert (answer.status_code, said["outcome"]) == (status, "refused")


def test_wrong_guesses_wait(client: Client) -> None:
    """VC-15: the row is not lost, it waits."""
    teleservice.signed_in(client)
    session = opened(client)
    outcomes = [send(client, session, nir(n))[1]["outcome"] for n in range(500, 540)]
    assert outcomes[0] == "refused" and outcomes[-1] == "wait"
    answer, said = send(client, session, nir(1))
    assert (answer.status_code, said["outcome"]) == (429, "wait") and said["seconds"] > 0


@pytest.mark.parametrize(
    "body", ["", "[]", "{", '{"row": "x", "typed": "1"}', '{"typed": "1"}', '{"row": null, "typed": "1", "person": "x"}']
)
def test_a_row_that_our_page_would_not_send(client: Client, body: str) -> None:
    teleservice.signed_in(client)
    session = opened(client)
    answer = client.post(f"{sitting.URL}{session.pk}/ligne/", body, content_type="application/json")
    assert (answer.status_code, answer.json()["outcome"]) == (400, "refused")


def test_a_row_taken_back(client: Client) -> None:
    """VC-36: its dose is cancelled, stays readable, and the row cannot come back by itself."""
    teleservice.signed_in(client)
    session = opened(client)
    send(client, session, nir(1), ROW)
    answer = client.post(f"{sitting.URL}{session.pk}/annuler/", {"row": str(ROW), "typed": ""}, content_type="application/json")
    assert answer.json()["outcome"] == "cancelled"
    assert not Dose.objects.current().exists()
    assert send(client, session, nir(1), ROW)[1]["outcome"] == "refused"
    assert send(client, session, nir(1))[1]["outcome"] == "recorded"


def test_a_closed_session_takes_no_row(client: Client) -> None:
    teleservice.signed_in(client)
    session = opened(client)
    client.post(f"{sitting.URL}{session.pk}/fermer/")
    answer, said = send(client, session, nir(1))
    assert (answer.status_code, said["outcome"]) == (410, "refused") and "fermée" in said["message"]


def test_nobody_reads_or_feeds_the_session_of_another(client: Client) -> None:
    teleservice.signed_in(client)
    session = opened(client)
    teleservice.signed_in(client, username="pro-sante-connect:autre", rpps="99900000222")
    address = f"{sitting.URL}{session.pk}/"
    assert {client.get(address).status_code, client.get(f"{address}liste.csv").status_code} == {404}
    for action in ("ligne/", "annuler/", "fermer/"):
        said = {"row": str(uuid4()), "typed": nir(1)}
        assert client.post(f"{address}{action}", said, content_type="application/json").status_code == 404
    assert not Dose.objects.exists()


def test_the_list_of_the_session(client: Client) -> None:
    """VC-60: on the page and as a CSV file that no spreadsheet computes."""
    teleservice.signed_in(client)
    session = opened(client)
    Person.objects.filter(pk=2).update(family_name="=1+1")
    for number in (1, 2):
        send(client, session, nir(number))
    page = client.get(f"{sitting.URL}{session.pk}/").content.decode()
    assert "2 doses enregistrées" in page and "RÉSIDENT1 Camille" in page
    listed = client.get(f"{sitting.URL}{session.pk}/liste.csv").content.decode("utf-8-sig").splitlines()
    assert len(listed) == 3 and ";'=1+1;Camille;17/05/1940;1re vaccination;" in listed[1]


def test_the_page_records_without_a_script(client: Client) -> None:
    """The same form, posted: one row, its result on the page."""
    teleservice.signed_in(client)
    session = opened(client)
    address = f"{sitting.URL}{session.pk}/"
    answer = client.post(address, {"row": str(ROW), "typed": nir(1)}, follow=True)
    assert "RÉSIDENT1 Camille : 1re vaccination enregistrée." in answer.content.decode()
    wrong = client.post(address, {"row": str(uuid4()), "typed": nir(1)[:-1] + "1"}, follow=True)
    assert "Clé" in wrong.content.decode()
    assert Dose.objects.count() == 1


def test_every_row_is_in_the_access_log(client: Client) -> None:
    """With the person, from the structure, without what was typed."""
    teleservice.signed_in(client)
    session = opened(client)
    send(client, session, nir(1))
    entries = AccessLogEntry.objects.filter(person_id=1).order_by("pk")
    assert [entry.action for entry in entries] == [LoggedAction.SEARCH, LoggedAction.WRITE]
    assert {entry.structure for entry in entries} == {"R900001"}
    assert nir(1)[:13] not in "".join(f"{entry.purpose}{entry.path}" for entry in AccessLogEntry.objects.all())


def test_who_may_not_declare_is_not_asked_to(client: Client, settings: Settings) -> None:
    """VC-02: a dentist records and does not declare."""
    settings.ALLANT_TODAY = date(2021, 4, 1)
    teleservice.signed_in(client, profession=teleservice.DENTIST)
    assert 'name="declares"' not in client.get(sitting.URL).content.decode()
    assert opened(client).eligibility is None


def test_queries_of_a_row(client: Client, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    """The same number whatever the session holds already."""
    teleservice.signed_in(client)
    session = opened(client)
    send(client, session, nir(1))
    with django_assert_max_num_queries(48):
        send(client, session, nir(2))
    for number in range(3, 9):
        send(client, session, nir(number))
    with django_assert_max_num_queries(48):
        send(client, session, nir(9))


def test_queries_of_the_page(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    teleservice.signed_in(client)
    session = opened(client)
    for number in range(1, 6):
        send(client, session, nir(number))
    with django_assert_num_queries(7):
        client.get(f"{sitting.URL}{session.pk}/")
    with django_assert_num_queries(6):
        client.get(f"{sitting.URL}{session.pk}/liste.csv")


def test_the_last_dose_says_that_the_schedule_is_complete(client: Client, settings: Settings) -> None:
    """VC-34: as the summary of the dose says it."""
    teleservice.signed_in(client)
    send(client, opened(client), nir(1))
    VaccinationSession.objects.all().delete()
    settings.ALLANT_TODAY = date(2021, 3, 29)
    second = opened(client, occurred_on="2021-03-29", prescribed_on="2021-03-29")
    said = send(client, second, nir(1))[1]
    assert (said["message"], said["next"]) == ("2e vaccination enregistrée.", "Schéma complet")
