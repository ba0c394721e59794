"""Pages of administrators and of a doctor's practice in a real browser: accessible at 1280 and 320 px, by keyboard alone."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.conf import settings as site_settings
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from allant.accounts.models import User
from allant.accounts.roles import Role
from allant.immunizations.actions import save_lot
from allant.immunizations.models import Dose, Lot, VolumeAlert
from allant.people import duplicates
from allant.people.models import ContactPoint, DuplicateCandidate, Person
from tests.accounts.sessions import account_with, enter
from tests.pages.teleservice import professional
from tests.people.builders import person
from tests.supply.builders import allotment, order, pharmacy

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Check = Callable[[Page], None]
TODAY = date(2021, 3, 1)
NOON = datetime(2021, 3, 1, 11, tzinfo=UTC)
THIEF = "pro-sante-connect:899700000001"


def enter_in(page: Page, site: str, user: User) -> None:
    """A session opened for `user`, in the browser."""
    client = Client()
    enter(client, user)
    value = client.cookies[site_settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": site_settings.SESSION_COOKIE_NAME, "value": value, "url": site}])


def dose(owner: Person, number: str, at: datetime = NOON) -> Dose:
    """A dose recorded by the stolen session."""
    return Dose.objects.create(
        person=owner, occurred_on=date(2021, 2, 28), vaccine="comirnaty", dose_number=1, series="primary", series_doses=2,
        lot=number, recorded_at=at, recorded_by=THIEF, source="teleservice", source_key=f"t:{owner.pk}",
    )  # fmt: skip


@pytest.fixture
def administration(browser_page: Page, live_server: LiveServer, settings: Settings) -> str:
    """Something in each rubric, and a national administrator signed in; the address of the site."""
    settings.ALLANT_TODAY = TODAY
    lot = save_lot(vaccine="comirnaty", number="EX1234", expires_on=date(2021, 6, 30), recalled_on=None, by="test")
    for rank in range(3):
        dose(person(given_names=f"Patient {rank}", birth_date=date(1960, 1, 1 + rank)), lot.number)
    dose(person(given_names="Hors liste"), "UNKNOWN-9")
    VolumeAlert.objects.create(
        actor=THIEF, source="teleservice", window_start=NOON - timedelta(hours=1), window_end=NOON + timedelta(hours=1),
        recorded=4, threshold=3, raised_at=NOON,
    )  # fmt: skip
    person(family_name="Le Goff", sex="F"), person(family_name="Le-Goff", sex="F")
    duplicates.find(at=NOON)
    of = allotment(3)
    order(professional(username="pro-sante-connect:autre", rpps="99900000222").practitioner, of, to=pharmacy())
    enter_in(browser_page, live_server.url, account_with(Role.ADMINISTRATOR, username="agency:admin", structures=("CNAM",)))
    return live_server.url


def pictured(page: Page, name: str) -> None:
    """A picture of the page at both widths, where ALLANT_PICTURES names a folder; left at the wide one."""
    if folder := os.environ.get("ALLANT_PICTURES"):
        for width in (320, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)


def tab_to(page: Page, name: str, limit: int = 80) -> None:
    """Press Tab until the element with this text, name or id has the focus."""
    for _ in range(limit):
        page.keyboard.press("Tab")
        found = page.evaluate("[document.activeElement.innerText, document.activeElement.name, document.activeElement.id]")
        if any(str(text or "").strip().startswith(name) for text in found):
            return
    raise AssertionError(f"« {name} » n'est pas atteint au clavier depuis {page.url}")


def test_administration_pages_are_accessible(browser_page: Page, axe: Check, administration: str) -> None:
    lot, alert, pair = Lot.objects.get(), VolumeAlert.objects.get(), DuplicateCandidate.objects.get()
    addresses = [
        "", "lots/", "lots/ajouter/", "lots/fichier/", "lots/hors-liste/", f"lots/{lot.pk}/", f"lots/{lot.pk}/doses/",
        "volumes/", "volumes/?etat=clos", f"volumes/{alert.pk}/", f"annulations/?alerte={alert.pk}",
        f"annulations/doses/{Dose.objects.earliest('pk').pk}/", "doublons/", f"doublons/{pair.pk}/", "allocations/",
        f"allocations/{order_week()}/commandes/",
    ]  # fmt: skip
    for address in addresses:
        browser_page.goto(f"{administration}/administration/{address}")
        expect(browser_page.locator("h1")).to_be_visible()
        axe(browser_page)


def order_week() -> int:
    """The allotment with an order."""
    from allant.supply.models import Allotment

    return int(Allotment.objects.get().pk)


def test_wrong_forms_stay_accessible(browser_page: Page, axe: Check, administration: str) -> None:
    page = browser_page
    pair = DuplicateCandidate.objects.get()
    for address, button in (
        ("lots/ajouter/", "Ajouter le lot"), ("lots/fichier/", "Charger le fichier"), ("annulations/", "Relire les doses"),
        ("allocations/", "Enregistrer l’allocation"), (f"doublons/{pair.pk}/", "Enregistrer la décision"),
    ):  # fmt: skip
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(f"{administration}/administration/{address}")
        page.get_by_role("button", name=button).click()
        expect(page.locator(".fr-message--error").first).to_be_visible()
        axe(page)


def test_vc30_a_recall_by_keyboard(browser_page: Page, administration: str) -> None:
    """VC-30: from the list to the persons to warn, without a mouse."""
    page = browser_page
    page.goto(f"{administration}/administration/lots/")
    tab_to(page, "EX1234")
    page.keyboard.press("Enter")
    page.wait_for_url("**/lots/*/")
    tab_to(page, "recalled_on")
    page.locator(":focus").fill("2021-03-01")  # the order of typed digits is that of the browser's own language
    tab_to(page, "Rappeler ce lot")
    page.keyboard.press("Enter")
    page.wait_for_url("**/doses/")
    expect(page.get_by_text("Patient 2")).to_be_visible()
    assert Lot.objects.get().recalled_on == TODAY


def test_a_stolen_session_is_undone_by_keyboard(browser_page: Page, axe: Check, administration: str) -> None:
    """From the alert to the doses cancelled, two steps, without a mouse."""
    page = browser_page
    page.goto(f"{administration}/administration/volumes/{VolumeAlert.objects.get().pk}/")
    tab_to(page, "Annuler toutes")
    page.keyboard.press("Enter")
    page.wait_for_url("**/annulations/**")
    tab_to(page, "reason")
    page.keyboard.type("Session volée")
    tab_to(page, "Relire les doses")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="4 doses vont être annulées")).to_be_visible()
    axe(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    tab_to(page, "agreed")
    page.keyboard.press("Space")
    tab_to(page, "Annuler 4 doses")
    page.keyboard.press("Enter")
    expect(page.get_by_text("4 dose(s) annulée(s)")).to_be_visible()
    assert not Dose.objects.current().exists()


def test_vc63_two_records_are_merged_by_keyboard(browser_page: Page, axe: Check, administration: str) -> None:
    """VC-63, ID-09: the list, the pair with what each clue weighs, the decision; without a mouse."""
    page = browser_page
    pair = DuplicateCandidate.objects.get()
    levels = {"family_name": "same_words", "given_names": "same", "birth_date": "same", "sex": "same"}
    DuplicateCandidate.objects.filter(pk=pair.pk).update(weight=14.2, levels=levels)
    page.goto(f"{administration}/administration/doublons/")
    axe(page)
    pictured(page, "doublons")
    tab_to(page, "Comparer")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/doublons/{pair.pk}/")
    axe(page)
    pictured(page, "paire")
    tab_to(page, "decision")
    page.keyboard.press("Space")
    tab_to(page, "reason")
    page.keyboard.type("Même personne")
    tab_to(page, "Enregistrer la décision")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Fusionnées")).to_be_visible()
    axe(page)


@pytest.fixture
def practice(browser_page: Page, live_server: LiveServer, settings: Settings) -> str:
    """A doctor signed in, with patients and an allotment; the address of the site."""
    settings.ALLANT_TODAY = TODAY
    user = professional()
    for rank in range(3):
        one = person(given_names=f"Patient {rank}", treating_practitioner=user.practitioner)
        ContactPoint.objects.create(person=one, kind="mobile", value=f"+3363998002{rank}")
    order(user.practitioner, allotment(3), to=pharmacy())
    enter_in(browser_page, live_server.url, user)
    return live_server.url


def test_vc52_a_list_is_asked_by_keyboard(browser_page: Page, axe: Check, practice: str) -> None:
    """VC-52."""
    page = browser_page
    page.goto(f"{practice}/professionnel/patients/")
    axe(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    tab_to(page, "Demander la liste")
    page.keyboard.press("Enter")
    expect(page.get_by_text("3 patients au 1er mars 2021")).to_be_visible()
    expect(page.get_by_role("button", name="Imprimer")).to_be_visible()
    axe(page)


def test_vc53_an_order_is_placed_by_keyboard(browser_page: Page, axe: Check, practice: str) -> None:
    """VC-53: the pharmacy of the last order is proposed and said to be; another completes as one types."""
    page = browser_page
    page.goto(f"{practice}/professionnel/commandes/")
    expect(page.get_by_text("Proposée", exact=True)).to_be_visible()
    axe(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    tab_to(page, "vials")
    page.keyboard.type("2")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+A")
    page.keyboard.type("march")
    expect(page.get_by_role("option", name="Pharmacie du Marché")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 flacon(s) commandé(s)")).to_be_visible()
    expect(page.get_by_text("0 sur 3")).to_be_visible()
