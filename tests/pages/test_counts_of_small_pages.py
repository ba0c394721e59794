"""PF-12: the pages of the téléservice and of its administration that no other test counts ask a fixed number of questions."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from allant.accounts.roles import Role
from allant.immunizations.models import Dose, Lot, VolumeAlert
from allant.people.models import Person
from allant.vaccination.models import EligibilityDeclaration
from tests.accounts.sessions import account_with, enter
from tests.pages.dossier import TODAY, declare, known_patient, lots, open_file, send
from tests.pages.teleservice import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def someday(settings: Settings) -> None:
    settings.ALLANT_TODAY = TODAY
    lots()


def count(client: Client, name: str, *args: int) -> int:
    """Queries of one page, the second time it is asked for."""
    address = reverse(name, args=args)
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address)
    assert answer.status_code == 200, (name, answer.status_code)
    b"".join(answer.streaming_content) if answer.streaming else None
    return len(queries)


PROFESSIONAL = {
    "professional_home": 4, "teleservice_am_number": 4, "teleservice_declaration_csv": 11, "teleservice_dose_cancel": 11,
    "teleservice_paper_declaration": 11, "teleservice_declaration_correct": 10, "teleservice_paper_dose": 11,
    "teleservice_today_csv": 6,
}  # fmt: skip


@pytest.mark.parametrize("doses", [1, 2])
def test_pages_of_the_professional(client: Client, doses: int) -> None:
    """PF-12: the same for one entry of the day and for several patients."""
    signed_in(client)
    for number in range(doses):
        someone = known_patient(given_names=f"Paul{number}")
        open_file(client, someone)
        declare(client, someone, source_key=str(uuid4()))
        waiting = EligibilityDeclaration.objects.latest("pk")
        if number == doses - 1:
            correcting = count(client, "teleservice_declaration_correct", someone.pk, waiting.pk)
        send(client, someone, source_key=str(uuid4()))
    dose = Dose.objects.latest("pk")
    act, tab = (someone.pk, dose.pk), (someone.pk, waiting.pk)
    found = {"teleservice_declaration_correct": correcting}
    for name in ("professional_home", "teleservice_am_number", "teleservice_today_csv"):
        found[name] = count(client, name)
    for name in ("teleservice_declaration_csv", "teleservice_paper_declaration"):
        found[name] = count(client, name, *tab)
    for name in ("teleservice_paper_dose", "teleservice_dose_cancel"):
        found[name] = count(client, name, *act)
    assert found == PROFESSIONAL


ADMINISTRATION = {
    "administration_lot_add": 4, "administration_lot_file": 4, "administration_lot": 6, "administration_alerts": 6,
    "administration_cancellations": 6, "administration_cancel_dose": 5,
}  # fmt: skip


@pytest.mark.parametrize("alerts", [1, 5])
def test_pages_of_the_administrator(client: Client, alerts: int) -> None:
    """PF-12: the same for one alert and for five."""
    signed_in(client)
    someone: Person = known_patient()
    open_file(client, someone)
    declare(client, someone)
    send(client, someone)
    enter(client, account_with(Role.ADMINISTRATOR))
    for number in range(alerts):
        VolumeAlert.objects.create(
            actor=f"compte:{number}", source="csv", window_start="2021-02-20T00:00Z", window_end="2021-02-21T00:00Z", recorded=3,
            threshold=2, raised_at="2021-02-20T10:00Z",
        )  # fmt: skip
    about = {"administration_lot": (Lot.objects.earliest("pk").pk,), "administration_cancel_dose": (Dose.objects.get().pk,)}
    found = {name: count(client, name, *about.get(name, ())) for name in ADMINISTRATION}
    assert found == ADMINISTRATION
