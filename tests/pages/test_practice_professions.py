"""Which professions order doses and ask for lists (VC-52, VC-53): what the doctrine of the day says, for each of them."""

from __future__ import annotations

import shutil
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.test import Client
from pytest_django import Settings

from allant.doctrine import Rules, rules
from allant.pages.professional import practice_access
from allant.supply.models import DoseOrder
from tests.pages.teleservice import DENTIST, DOCTOR, MIDWIFE, NURSE, PHARMACIST, signed_in
from tests.pages.test_practice import ORDERS, PATIENTS, order, text
from tests.supply.builders import allotment

pytestmark = pytest.mark.django_db

BEFORE, OPEN = date(2021, 2, 1), date(2021, 4, 1)
OTHERS = (PHARMACIST, NURSE, MIDWIFE, DENTIST)
ONLY_DOCTORS, NOT_YOURS = "réservée aux médecins", "Votre profession ne commande pas de doses à ce jour."


@cache
def opened_to_pharmacists() -> Rules:
    """The shipped doctrine, but that pharmacists order doses too."""
    with TemporaryDirectory() as folder:
        books = Path(shutil.copytree(rules.folder, f"{folder}/books"))
        page = books / "supply" / "orders.yaml"
        page.write_text(page.read_text("utf-8").replace("[medecin]", "[medecin, pharmacien]"), "utf-8")
        changed = Rules(books)
        assert changed.check()
    return changed


@pytest.mark.parametrize("profession", OTHERS)
def test_vc53_only_doctors_order_and_ask_for_lists(client: Client, settings: Settings, profession: str) -> None:
    """VC-52, VC-53: each other profession that the téléservice lets in is told so, and nothing is ordered."""
    settings.ALLANT_TODAY = OPEN
    signed_in(client, profession=profession)
    for address in (ORDERS, f"{ORDERS}commandes.csv", PATIENTS):
        page = text(client.get(address), 403)
        assert ONLY_DOCTORS in page or "Accès non encore ouvert à votre profession" in page, page
    assert client.post(ORDERS, {"vials": "1"}).status_code == 403 and not DoseOrder.objects.exists()


def test_vc53_before_orders_open_a_doctor_sees_that_nothing_is_open(client: Client, settings: Settings) -> None:
    """VC-53: the page is there before the doctrine opens orders, for doctors as afterwards."""
    settings.ALLANT_TODAY = BEFORE
    signed_in(client, profession=DOCTOR)
    assert "Aucune commande n’est ouverte" in text(client.get(ORDERS))


@pytest.mark.parametrize(
    ("profession", "status"), [(DOCTOR, 200), (PHARMACIST, 200), (NURSE, 403), (MIDWIFE, 403), (DENTIST, 403)]
)
def test_vc53_opened_to_another_profession_by_the_doctrine(
    client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch, profession: str, status: int
) -> None:
    """VC-53: who orders is data: a profession added to the rule orders, the others read that theirs does not."""
    settings.ALLANT_TODAY = OPEN
    monkeypatch.setattr(practice_access, "rules", opened_to_pharmacists())
    signed_in(client, profession=profession)
    of = allotment(3, week=date(2021, 4, 12))
    page = text(client.get(ORDERS), status)
    assert (NOT_YOURS in page) is (status == 403)
    order(client, of)
    assert DoseOrder.objects.count() == (status == 200)
    assert client.get(PATIENTS).status_code == (200 if profession == DOCTOR else 403)


def test_vc53_without_an_rpps_number_nothing_is_ordered(client: Client, settings: Settings) -> None:
    """VC-53: an account whose number was not received is told to sign in again."""
    settings.ALLANT_TODAY = OPEN
    user = signed_in(client, profession=DOCTOR)
    user.practitioner = None
    user.save()
    for address in (ORDERS, PATIENTS):
        assert "Aucun numéro RPPS" in text(client.get(address), 404)
