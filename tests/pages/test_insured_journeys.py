"""An insured person in a real browser: FranceConnect, own record, attestation, control of a paper; accessible at both widths."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pypdf
import pytest
import yaml
from django.core.cache import cache, caches
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from allant import clock
from allant.people.models import Matricule, Person
from allant.site import providers
from allant.vaccination.papers.marks import Mark, PaperKind, write_mark
from allant.vaccination.recording import correct_vaccination
from tests.pages.test_journeys import path_of, sign_in, tab_to
from tests.simulators.processes import simulator
from tests.vaccination.papers.bedside import BY, FIRST, SECOND, declared, entry, patient, vaccinated

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Check = Callable[[Page], None]


@pytest.fixture
def person() -> Person:
    """Suzanne, vaccinated twice, her first dose corrected."""
    found = patient()
    Matricule.objects.create(person=found, value="2400335238001", kind="NIR", starts_on=date(2000, 1, 1))
    declared(found)
    first = vaccinated(found, FIRST)
    with clock.moved_to(date(2021, 2, 4)):
        correct_vaccination(dose=first, entry=entry(lot="EL0739"), by=BY, reason="Lot mal lu")
    vaccinated(found, SECOND)
    return found


@pytest.fixture
def site(live_server: LiveServer, settings: Settings, person: Person, tmp_path: Path) -> Iterator[str]:
    """The site, and FranceConnect vouching for Suzanne as the register knows her, or under a name it does not hold."""
    settings.ALLANT_TODAY = date(2021, 6, 1)
    cache.clear()
    caches["papers"].clear()
    pivot = {
        "acr": "eidas1", "given_name": "Suzanne Élodie", "family_name": "MERCIER", "gender": "female",
        "birthdate": "1940-03-12", "birthplace": "35238", "birthcountry": "99100",
    }  # fmt: skip
    accounts = [
        {"sub": "fc-1", "name": "Suzanne Mercier", "label": "Suzanne, connue", "claims": pivot},
        {"sub": "fc-2", "name": "Suzanne Autre", "label": "Suzanne, autre nom", "claims": {**pivot, "family_name": "AUTREFOIS"}},
    ]
    file = tmp_path / "comptes.yaml"
    file.write_text(yaml.safe_dump({"title": "FranceConnect", "service": "Simulateur", "accounts": accounts}))
    with simulator("france_connect", "--accounts", str(file)) as address:
        found = {"ALLANT_FRANCE_CONNECT_URL": address}
        settings.SOCIALACCOUNT_PROVIDERS = providers.social_apps(found)
        settings.SIGN_IN_ORIGINS = providers.origins(found)
        yield live_server.url


def test_vc62_from_the_door_to_the_attestation_by_keyboard(browser_page: Page, axe: Check, site: str) -> None:
    """VC-62: home, FranceConnect, own record, the file; no mouse."""
    page = browser_page
    page.goto(f"{site}/")
    tab_to(page, "Ouvrir mon espace")
    page.keyboard.press("Enter")
    page.wait_for_url("**/connexion/**")
    sign_in(page, site, "france-connect", "Suzanne, connue")
    assert path_of(page) == "/assure/"
    expect(page.get_by_text("Suzanne Mercier").first).to_be_visible()
    axe(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    tab_to(page, "Télécharger mon attestation")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert "EL0739" in pypdf.PdfReader(download.value.path()).pages[0].extract_text()


def test_vc62_own_record_and_accesses_are_accessible(browser_page: Page, axe: Check, site: str) -> None:
    """VC-62."""
    page = browser_page
    sign_in(page, site, "france-connect", "Suzanne, connue")
    for path in ("/assure/vaccination/", "/assure/acces/"):
        page.goto(site + path)
        axe(page)


def test_vc62_an_unknown_identity_gives_the_number_once(browser_page: Page, axe: Check, site: str) -> None:
    """VC-62: the second sign-in opens the record at once."""
    page = browser_page
    sign_in(page, site, "france-connect", "Suzanne, autre nom")
    assert path_of(page) == "/assure/identite/"
    page.get_by_label("Votre numéro de sécurité sociale").fill("2 40 03 35 238 001 99")
    page.keyboard.press("Enter")
    expect(page.get_by_text("ne correspond pas aux 13 premiers")).to_be_visible()
    axe(page)
    page.get_by_label("Votre numéro de sécurité sociale").fill("2 40 03 35 238 001")
    page.keyboard.press("Enter")
    page.wait_for_url("**/assure/")
    expect(page.get_by_text("Votre identité est reconnue")).to_be_visible()
    page.set_viewport_size({"width": 1280, "height": 800})
    page.get_by_role("button", name="Se déconnecter").first.click()
    sign_in(page, site, "france-connect", "Suzanne, autre nom")
    assert path_of(page) == "/assure/"


def test_a_paper_is_controlled_without_an_account(browser_page: Page, axe: Check, site: str, person: Person) -> None:
    """VC-36: the older version is told replaced; the page is accessible empty, wrong and answered."""
    page = browser_page
    former = person.doses.get(version=1, dose_number=1)
    page.goto(f"{site}/papier/")
    axe(page)
    page.get_by_label("Code de contrôle").fill("abcd")
    page.keyboard.press("Enter")
    expect(page.get_by_text("4 ont été saisis")).to_be_visible()
    axe(page)
    page.get_by_label("Code de contrôle").fill(write_mark(Mark(PaperKind.DOSE, former.pk, 1)).lower())
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Remplacée le 4 février 2021")).to_be_visible()
    axe(page)
