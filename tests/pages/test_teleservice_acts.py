"""The téléservice says only what it did: acts sent again after a cancellation, the access log, who may act, query counts."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from allant.accounts.models import AccessLogEntry, LoggedAction
from allant.immunizations.actions import cancel_dose
from allant.immunizations.models import Dose
from allant.people.models import Person
from allant.vaccination.models import EligibilityDeclaration, VaccinationSession
from tests.pages import sitting
from tests.pages.dossier import (
    LOT,
    TODAY,
    declare,
    dose_values,
    eligibility_values,
    hidden,
    known_patient,
    lots,
    open_file,
    send,
    text_of,
)
from tests.pages.teleservice import signed_in

pytestmark = pytest.mark.django_db
HISTORY = {
    "source_key": "6f7b1c1e-0b5e-4c1b-9a51-0000000000a8", "vaccine": "comirnaty", "occurred_on": "2021-01-20", "dose_number": "1",
    "lot": "", "proof": "certificat allemand", "origin": "etranger", "country": "Allemagne", "step": "record",
}  # fmt: skip


@pytest.fixture(autouse=True)
def on_the_day(settings: Settings) -> None:
    settings.ALLANT_TODAY = TODAY
    lots()


@pytest.fixture
def someone(client: Client) -> Person:
    """A patient whose file a doctor opened."""
    signed_in(client)
    found = known_patient()
    open_file(client, found)
    return found


def url(name: str, *args: int) -> str:
    return reverse(f"teleservice_{name}", args=args)


def writes() -> int:
    return AccessLogEntry.objects.filter(action=LoggedAction.WRITE).count()


def cancel() -> None:
    dose = Dose.objects.get()
    cancel_dose(dose=dose, by=dose.recorded_by, reason="mauvais patient")


@pytest.mark.parametrize("step", ["record", "check"])
def test_a_cancelled_dose_sent_again_is_said_to_be_cancelled(client: Client, someone: Person, step: str) -> None:
    """VC-36, VC-39: nothing is recorded, the page says so, the file opens on a new sending, no write is logged."""
    declare(client, someone)
    send(client, someone)
    cancel()
    before = writes()
    answer = send(client, someone, step=step)
    assert answer.url == url("file", someone.pk)
    page = client.get(answer.url)
    assert "a été annulée depuis : rien n’est enregistré" in text_of(page)
    assert hidden(page)["source_key"] != dose_values()["source_key"]
    assert writes() == before and not Dose.objects.current().exists()


def test_a_cancelled_history_sent_again_is_said_to_be_cancelled(client: Client, someone: Person) -> None:
    """VC-42, VC-39: the same for a dose read from a proof; one that was there already is not called recorded."""
    assert "enregistrée, avec son justificatif" in text_of(client.post(url("history", someone.pk), HISTORY, follow=True))
    before = writes()
    other = {**HISTORY, "source_key": "6f7b1c1e-0b5e-4c1b-9a51-0000000000a9"}
    for values in (HISTORY, other):
        page = text_of(client.post(url("history", someone.pk), values, follow=True))
        assert "était déjà enregistrée" in page and "avec son justificatif." not in page
    cancel()
    assert "a été annulée depuis" in text_of(client.post(url("history", someone.pk), HISTORY, follow=True))
    assert writes() == before and Dose.objects.count() == 1


def test_an_act_without_its_entry_of_the_access_log_is_no_act(client: Client, someone: Person) -> None:
    """VC-32, VC-39: when the access log cannot be written, the dose is not there either."""
    declare(client, someone)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_accesslogentry ADD CONSTRAINT no_write CHECK (action <> 'write') NOT VALID")
    with pytest.raises(IntegrityError), transaction.atomic():
        send(client, someone)
    assert not Dose.objects.exists()


def test_the_priority_follows_what_is_ticked(client: Client, someone: Person) -> None:
    """VC-23: recomputed before validation, nothing lost, nothing refused, nothing declared."""
    young = known_patient(born="1990-01-01", given_names="Zoé")
    open_file(client, young)
    assert "Hors des catégories" in text_of(client.get(url("file", young.pk)))
    values = eligibility_values(declared_situations=["immunodepressed"], prescribed_on="n’importe quoi", step="priority")
    page = client.post(url("eligibility", young.pk), values)
    assert page.status_code == 200 and "Priorité : Personnes à très haut risque" in text_of(page)
    body = page.content.decode()
    assert "n’importe quoi" in body and body.count(" checked") == 4 and "à revoir" not in body
    assert hidden(page)["source_key"] == values["source_key"]
    assert not EligibilityDeclaration.objects.exists()


def test_without_rpps_no_dose_and_no_session(client: Client, someone: Person) -> None:
    """VC-30, VC-60: an account whose RPPS number was not received is told so, as on tab 1."""
    declare(client, someone)
    known_before = VaccinationSession.objects.count()
    other = Client()
    user = signed_in(other, username="pro-sante-connect:sans-rpps", rpps="99900000222")
    user.practitioner = None
    user.save()
    open_file(other, someone)
    for answer in (
        send(other, someone), send(other, someone, step="check"), other.post(url("history", someone.pk), HISTORY),
        other.post(sitting.URL, {**sitting.FORM, "occurred_on": "2021-02-21", "prescribed_on": "2021-02-21", "lot": LOT}),
    ):  # fmt: skip
        assert answer.status_code == 422 and "Votre numéro RPPS n'a pas été reçu" in text_of(answer)
    assert not Dose.objects.exists() and VaccinationSession.objects.count() == known_before


def test_a_french_dose_since_the_opening_is_not_history(client: Client, someone: Person) -> None:
    """VC-42: abroad or before the téléservice opened; otherwise the way to record it is said."""
    here = {**HISTORY, "origin": "avant", "country": ""}
    for day, status in (("2021-01-04", 422), ("2021-01-03", 302)):
        answer = client.post(url("history", someone.pk), {**here, "occurred_on": day})
        assert answer.status_code == status, text_of(answer)
        assert status == 302 or "s'enregistre dans l'onglet de vaccination" in text_of(answer)
    assert Dose.objects.get().occurred_on == date(2021, 1, 3)


def count(client: Client, address: str, values: dict[str, Any] | None = None) -> int:
    """Queries of one request that succeeds."""
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address) if values is None else client.post(address, values)
    assert answer.status_code in (200, 302), text_of(answer)
    return len(queries)


def test_query_counts(client: Client, someone: Person) -> None:
    """PF-12: a fixed number of questions to the database for each page and each act, savepoints of the tests included."""
    found = {"eligibility": count(client, url("eligibility", someone.pk))}
    found["declare"] = count(client, url("eligibility", someone.pk), eligibility_values())
    found["declaration"] = count(client, url("declaration", someone.pk, EligibilityDeclaration.objects.get().pk))
    found["history"] = count(client, url("history", someone.pk))
    found["infection"] = count(client, url("infection", someone.pk))
    send(client, someone)
    dose = Dose.objects.get()
    correction = {**dose_values(lot="EM0477"), "pourquoi-reason": "lot mal lu", "step": "record"}
    found["correct"] = count(client, url("dose_correct", someone.pk, dose.pk), correction)
    found["infected"] = count(client, url("infection", someone.pk), {"occurred_on": "2020-10-05"})
    other = known_patient(given_names="Paul")
    open_file(client, other)
    found["history recorded"] = count(client, url("history", other.pk), HISTORY)
    found["opening"] = count(client, sitting.URL)
    session = {**sitting.FORM, "occurred_on": "2021-02-21", "prescribed_on": "2021-02-21", "lot": LOT}
    found["opened"] = count(client, sitting.URL, session)
    assert {name: asked for name, asked in found.items() if name in PAGES} == PAGES
    assert {name for name, most in ACTS.items() if found[name] > most} == set(), found


PAGES = {"eligibility": 10, "declaration": 14, "history": 10, "infection": 10, "opening": 7}
# Bounds: the statements of an action belong to its own room.
ACTS = {"declare": 52, "correct": 34, "infected": 16, "history recorded": 16, "opened": 18}
