"""The flu page in a real browser, by keyboard, from the voucher to the injection, without a violation (RP-22 to RP-27)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.cache import cache
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from allant.flu.models import Delivery
from allant.people.models import Person
from tests.flu.people import DAY, aged, code_of, voucher_of, wave
from tests.pages.test_journeys import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def maud(settings: Settings) -> Person:
    """Seventeen, diabetic, with a voucher: the page with the most to say."""
    settings.ALLANT_TODAY = DAY
    cache.clear()
    person = aged(17, "ald:8", sex="F")
    wave()
    return person


def test_rp_24_a_voucher_is_checked_delivered_and_injected_by_keyboard(
    browser_page: Page, live_server: LiveServer, sign_in_services: None, maud: Person, axe: Callable[[Page], None]
) -> None:
    """RP-22, RP-24, RP-25, RP-27: a pharmacist types the voucher, delivers on an ordonnance, then injects."""
    page = browser_page
    sign_in(page, live_server.url, "pro-sante-connect", "Pharmacien")
    page.goto(f"{live_server.url}/professionnel/grippe/")
    axe(page)
    expect(page.get_by_label("Numéro du bon, ou numéro de sécurité sociale (NIR)")).to_be_focused()
    page.keyboard.type("ABCDEFGHJKMN")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Numéro de bon mal saisi")).to_be_visible()
    axe(page)
    page.get_by_label("Numéro du bon, ou numéro de sécurité sociale (NIR)").fill(code_of(voucher_of(maud)))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Délivrer le vaccin")).to_be_visible()
    expect(page.locator("#parts")).to_contain_text("70 % par l’Assurance Maladie, 30 % par la complémentaire santé")
    page.get_by_label("Vaccin", exact=True).select_option("vaxigrip_tetra")
    page.get_by_label("Numéro de lot").fill("U3J921V")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("3 points à revoir")
    axe(page)
    page.get_by_label("Nom du prescripteur").fill("Anne Durand")
    page.get_by_label("Profession du prescripteur").select_option("medecin")
    page.get_by_label("Date de l’ordonnance").fill("02/11/2021")
    page.keyboard.press("Enter")
    expect(page.get_by_text("le bon ne peut plus servir")).to_be_visible()
    expect(page.locator("#etat-texte")).to_have_text("Vaccin délivré en pharmacie, à injecter le 05/11/2021.")
    page.get_by_label("Date de l’injection").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#etat-texte")).to_have_text("Vaccin injecté le 05/11/2021.")
    axe(page)
    assert Delivery.objects.injected().count() == 1


def test_rp_23_a_voucher_is_handed_over_and_printed(
    browser_page: Page, live_server: LiveServer, sign_in_services: None, maud: Person, axe: Callable[[Page], None]
) -> None:
    """RP-23, RP-28: the eligibility is checked, the new voucher printed; and the public page of the coverage."""
    page = browser_page
    sign_in(page, live_server.url, "pro-sante-connect", "Pharmacien")
    page.goto(f"{live_server.url}/professionnel/grippe/")
    page.get_by_label("Numéro du bon, ou numéro de sécurité sociale (NIR)").fill(code_of(voucher_of(maud)))
    page.keyboard.press("Enter")
    page.get_by_text("Femmes enceintes").click()
    page.get_by_role("button", name="Remettre un nouveau bon").click()
    page.get_by_role("link", name="Imprimer le bon remis aujourd’hui").click()
    expect(page.get_by_role("button", name="Imprimer")).to_be_visible()
    code = code_of(voucher_of(maud))
    expect(page.get_by_role("definition").nth(1)).to_have_text(f"{code[:4]} {code[4:8]} {code[8:]}")
    axe(page)
    page.goto(f"{live_server.url}/chiffres/grippe/")
    axe(page)
