"""Journeys in a real browser: each page at 1280 and 320 px without an accessibility violation, main paths by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from tests.pages import small_country

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Check = Callable[[Page], None]


@pytest.fixture
def site(live_server: LiveServer, settings: Settings, sign_in_services: None) -> str:
    """The site on the small country's day; its address."""
    settings.ALLANT_TODAY = small_country.TODAY
    cache.clear()
    small_country.settle()
    return live_server.url


def path_of(page: Page) -> str:
    """Where the browser is."""
    return urlsplit(page.url).path


def sign_in(page: Page, site: str, door: str, account: str) -> None:
    """Through the provider's own process."""
    page.goto(f"{site}/connexion/")
    page.locator(f"form[action='/connexion/{door}/'] button").click()
    page.get_by_role("button", name=account).click()
    page.wait_for_url(f"{site}/**")


def tab_to(page: Page, name: str, limit: int = 60) -> None:
    """Press Tab until the element with this text has the focus."""
    for _ in range(limit):
        page.keyboard.press("Tab")
        focused = page.evaluate("(document.activeElement.innerText || document.activeElement.name || '').trim()")
        if str(focused).startswith(name):
            return
    raise AssertionError(f"« {name} » n'est pas atteint au clavier depuis {page.url}")


def test_public_pages_are_accessible(browser_page: Page, axe: Check, site: str) -> None:
    for path in (
        "/", "/chiffres/", "/chiffres/?le=hier", "/chiffres/definitions/", "/chiffres/fichiers/",
        "/connexion/?next=/campagnes/", "/accessibilite/", "/mentions-legales/", "/nulle-part/",
    ):  # fmt: skip
        browser_page.goto(site + path)
        axe(browser_page)


def test_the_opened_table_of_departements_is_accessible(browser_page: Page, axe: Check, site: str) -> None:
    browser_page.goto(f"{site}/chiffres/")
    browser_page.get_by_text("Tableau des").click()
    axe(browser_page)


def test_the_charts_are_seen_under_the_content_policy(browser_page: Page, site: str) -> None:
    browser_page.goto(f"{site}/chiffres/")
    for picture in browser_page.locator("main img").all():
        assert picture.evaluate("image => image.complete && image.naturalWidth > 0")


def test_a_week_earlier_by_keyboard(browser_page: Page, site: str) -> None:
    """FG-01: any date, without a mouse; the first Tab leads to the content."""
    browser_page.goto(f"{site}/chiffres/?le=2021-02-10")
    browser_page.keyboard.press("Tab")
    browser_page.keyboard.press("Enter")
    assert browser_page.evaluate("document.activeElement.id") == "contenu"
    tab_to(browser_page, "Semaine précédente", limit=3)
    browser_page.keyboard.press("Enter")
    browser_page.wait_for_url("**/chiffres/?le=2021-02-03")
    expect(browser_page.get_by_text("mercredi 3 février 2021")).to_be_visible()


def test_a_campaign_manager_by_keyboard_from_the_door_to_why(browser_page: Page, site: str) -> None:
    """TG-06: home, sign-in at the agency, campaign, « Pourquoi ? », without a mouse."""
    page = browser_page
    page.goto(f"{site}/")
    tab_to(page, "Ouvrir les campagnes")
    page.keyboard.press("Enter")
    page.wait_for_url("**/connexion/**")
    tab_to(page, "S’identifier")
    page.keyboard.press("Enter")
    page.wait_for_url("**/oauth2/authorize**")
    tab_to(page, "Responsable de campagne nationale")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site}/campagnes/")
    tab_to(page, "Soixante ans et plus")
    page.keyboard.press("Enter")
    page.wait_for_url("**/campagnes/essai/")
    tab_to(page, "Pourquoi cette personne")
    page.keyboard.press("Enter")
    page.wait_for_url("**/pourquoi/")
    tab_to(page, "value")
    page.keyboard.type(small_country.matricule(small_country.an_invitation().person_id))
    page.keyboard.press("Enter")
    page.wait_for_url("**/personnes/*/pourquoi/")
    expect(page.get_by_role("heading", name="Cette personne est dans la cible")).to_be_visible()


def test_campaign_pages_are_accessible(browser_page: Page, axe: Check, site: str) -> None:
    page = browser_page
    sign_in(page, site, "agency", "Responsable de campagne nationale")
    assert path_of(page) == "/campagnes/"
    invitation = small_country.an_invitation()
    for path in ("/campagnes/", "/campagnes/essai/", "/compte/", f"/campagnes/essai/personnes/{invitation.pk}/pourquoi/"):
        page.goto(site + path)
        axe(page)
    page.goto(f"{site}/campagnes/essai/pourquoi/")
    page.get_by_label("Matricule ou code de ciblage").fill("12")
    page.get_by_role("button", name="Chercher").click()
    expect(page.get_by_text("2 caractères lus")).to_be_visible()
    axe(page)
    page.goto(f"{site}/professionnel/")
    axe(page)


def test_vc01_the_banner_of_a_password_sign_in_is_accessible(browser_page: Page, axe: Check, site: str) -> None:
    """VC-01."""
    sign_in(browser_page, site, "pro-sante-connect", "Médecin, identifiant et mot de passe seulement")
    expect(browser_page.get_by_role("heading", name="Identification par carte CPS nécessaire")).to_be_visible()
    axe(browser_page)


def test_vc03_choosing_a_place_of_activity(browser_page: Page, axe: Check, site: str) -> None:
    """VC-03."""
    page = browser_page
    sign_in(page, site, "pro-sante-connect", "Médecin, trois structures")
    assert path_of(page) == "/professionnel/lieu/"
    page.get_by_role("button", name="Exercer depuis ce lieu").click()
    expect(page.get_by_text("Aucun lieu choisi")).to_be_visible()
    axe(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.get_by_text("EHPAD Les Tamaris").click()
    page.get_by_role("button", name="Exercer depuis ce lieu").click()
    expect(page.get_by_text("EHPAD Les Tamaris")).to_be_visible()
    axe(page)


def test_signing_out_here_then_at_the_provider(browser_page: Page, axe: Check, site: str) -> None:
    page = browser_page
    sign_in(page, site, "agency", "Administrateur")
    page.get_by_role("button", name="Se déconnecter").first.click()
    axe(page)
    page.get_by_role("button", name="Fermer la session chez mon fournisseur").click()
    page.get_by_role("button", name="Fermer la session", exact=True).click()
    page.wait_for_url(f"{site}/")


def test_the_menu_opens_on_a_small_screen(browser_page: Page, site: str) -> None:
    browser_page.set_viewport_size({"width": 320, "height": 700})
    browser_page.goto(f"{site}/")
    browser_page.get_by_role("button", name="Menu").click()
    browser_page.get_by_role("link", name="Chiffres", exact=True).first.click()
    browser_page.wait_for_url("**/chiffres/")


def test_the_simulators_page_is_accessible(browser_page: Page, axe: Check, site: str) -> None:
    browser_page.goto(f"{site}/connexion/")
    browser_page.locator("form[action='/connexion/agency/'] button").click()
    browser_page.wait_for_url("**/oauth2/authorize**")
    axe(browser_page)
