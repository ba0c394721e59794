"""Finding a patient in a real browser: by keyboard alone, by card, and each page without an accessibility violation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import pyarrow as pa
import pytest
import requests
import yaml
from django.core.cache import cache
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from allant.cli.processes import free_port
from allant.people.actions import load_matricules, load_persons
from allant.people.matricule import key
from allant.people.models import Person
from tests.pages.small_country import matricule
from tests.pages.teleservice import HOME
from tests.pages.test_journeys import sign_in
from tests.simulators.processes import simulator

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Check = Callable[[Page], None]
PARENT, CHILD, TWIN = 1, 2, 3
UNKNOWN = f"2480535238004{key('2480535238004'):02d}"


@pytest.fixture
def site(live_server: LiveServer, settings: Settings, sign_in_services: None) -> str:
    """The site on a day of February 2021 with one family; its address."""
    settings.ALLANT_TODAY = date(2021, 2, 18)
    cache.clear()
    load_persons(
        pa.table({
            "person_id": [PARENT, CHILD, TWIN],
            "family_name": ["Keraval"] * 3,
            "given_names": ["Maud", "Lise", "Tom"],
            "birth_date": pa.array([date(1980, 5, 2), date(2010, 3, 4), date(2010, 3, 4)]),
            "sex": ["F", "F", "M"],
            "policyholder_id": pa.array([None, PARENT, PARENT], pa.int64()),
        }),
        by="test",
    )  # fmt: skip
    Person.objects.filter(pk=TWIN).update(birth_rank=2)
    load_matricules(
        pa.table({
            "person_id": [PARENT], "value": [matricule(PARENT)[:13]], "kind": ["NIR"], "starts_on": pa.array([date(2000, 1, 1)]),
        }),
        by="test",
    )  # fmt: skip
    return live_server.url


@pytest.fixture
def reader(site: str, settings: Settings, tmp_path: Path) -> Iterator[str]:
    """The card reader as its own process, with a family card, a child's card and a dead one; its address."""
    lise = {"family_name": "Keraval", "given_names": "Lise", "birth_date": "2010-03-04", "birth_rank": 1}
    tom = {**lise, "given_names": "Tom", "birth_rank": 2}
    cards = [
        {"serial": "famille", "nir": matricule(PARENT), "beneficiaries": [lise, tom]},
        {"serial": "tom", "nir": matricule(PARENT), "beneficiaries": [tom]},
        {"serial": "muette", "nir": "0" * 15, "readable": False, "beneficiaries": []},
    ]
    path = tmp_path / "cartes.yaml"
    path.write_text(yaml.safe_dump({"cards": cards}))
    with simulator("vitale_reader", "--cards", str(path), "--origin", site) as address:
        settings.ALLANT_READER_URL = address
        yield address


def enter(page: Page, site: str) -> None:
    """A doctor with a card, on the téléservice's page."""
    sign_in(page, site, "pro-sante-connect", "Médecin, carte CPS")
    page.goto(site + HOME)


def path_of(page: Page) -> str:
    return urlsplit(page.url).path


def typed(page: Page, text: str) -> None:
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def insert(reader: str, serial: str) -> None:
    requests.post(f"{reader}/insert", data={"serial": serial}, timeout=10)


def test_vc11_a_dependant_is_opened_with_a_number_enter_and_one_digit(browser_page: Page, site: str) -> None:
    """VC-10, VC-11: the field has the focus; 15 characters, Enter, a digit: seventeen keys."""
    page = browser_page
    enter(page, site)
    assert page.evaluate("document.activeElement.id") == "patient"
    typed(page, matricule(PARENT))
    page.wait_for_url("**/choisir/")
    expect(page.get_by_role("button", name="Keraval Lise")).to_be_visible()
    page.keyboard.press("3")
    page.wait_for_url(f"**/dossiers/{TWIN}/**")
    expect(page.get_by_role("heading", name="Tom").or_(page.get_by_text("Tom").first).first).to_be_visible()


def test_vc13_an_unknown_patient_is_entered_by_keyboard_alone(browser_page: Page, axe: Check, site: str) -> None:
    """VC-12, VC-13: a wrong key, corrected; the link; the locality from its list; the file. Every page passes axe."""
    page = browser_page
    enter(page, site)
    axe(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.locator("#patient").focus()
    typed(page, UNKNOWN[:13] + f"{int(UNKNOWN[13:]) % 97 + 1:02d}")
    expect(page.get_by_text("Clé :")).to_be_visible()
    axe(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    assert page.evaluate("document.activeElement.id") == "patient"
    page.keyboard.press("Control+a")
    typed(page, UNKNOWN)
    expect(page.get_by_text("inconnu :")).to_be_visible()
    page.get_by_role("link", name="via ce lien").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/nouveau-patient/")
    page.get_by_label("Nom de naissance").focus()
    for text in ("Le Goff", "Anne", "11051948"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Tab")  # the rank is proposed
    page.keyboard.press("Tab")  # the sex is proposed from the number
    page.keyboard.type("renn")
    first = page.get_by_role("option").first
    expect(first).to_have_text("35000 Rennes")
    axe(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.getAttribute('aria-activedescendant')")
    page.keyboard.press("Enter")
    assert page.get_by_label("Code postal ou localité").input_value() == "35000 Rennes"
    assert page.locator("[name=commune_code]").input_value() == "35238"
    page.keyboard.press("Enter")
    page.wait_for_url("**/dossiers/**")
    assert Person.objects.get(family_name="Le Goff").commune_code == "35238"


def test_vc13_errors_of_an_entry_are_accessible(browser_page: Page, axe: Check, site: str) -> None:
    """VC-13: the summary leads to the fields."""
    page = browser_page
    enter(page, site)
    typed(page, UNKNOWN)
    page.get_by_role("link", name="via ce lien").click()
    page.get_by_label("Code postal ou localité").fill("saint-denis")
    page.get_by_role("button", name="Enregistrer le patient").click()
    expect(page.get_by_role("heading", name="Le patient n’est pas encore enregistré")).to_be_visible()
    page.locator("#erreurs").get_by_role("link", name="Nom de naissance").click()
    assert page.evaluate("document.activeElement.name") == "family_name"
    axe(page)


def test_the_locality_survives_a_list_left_by_escape_and_a_second_choice(browser_page: Page, site: str) -> None:
    """The list: arrows wrap, Escape closes and keeps what was typed, typing again forgets the former choice, a click chooses."""
    page = browser_page
    enter(page, site)
    typed(page, UNKNOWN)
    page.get_by_role("link", name="via ce lien").click()
    field = page.get_by_label("Code postal ou localité")
    field.press_sequentially("35000")
    expect(page.get_by_role("option").first).to_be_visible()
    field.press("ArrowUp")
    expect(page.get_by_role("option").last).to_have_attribute("aria-selected", "true")
    field.press("Escape")
    expect(page.get_by_role("option").first).to_be_hidden()
    assert field.input_value() == "35000" and field.get_attribute("aria-expanded") == "false"
    field.press_sequentially(" ren")
    page.get_by_role("option", name="35000 Rennes").click()
    assert page.locator("[name=commune_code]").input_value() == "35238"
    field.press("Backspace")
    assert page.locator("[name=commune_code]").input_value() == ""
    field.fill("zzzz")
    field.press_sequentially("z")
    expect(page.get_by_text("Aucune localité de ce nom")).to_be_attached()


def test_vc05_the_card_fills_the_search(browser_page: Page, site: str, reader: str) -> None:
    """VC-05: one button; a family card asks who, a card of one person opens their file."""
    page = browser_page
    enter(page, site)
    insert(reader, "famille")
    page.get_by_role("button", name="Lire la carte Vitale").click()
    page.wait_for_url("**/choisir/")
    insert(reader, "tom")
    page.goto(site + HOME)
    page.get_by_role("button", name="Lire la carte Vitale").press("Enter")
    page.wait_for_url(f"**/dossiers/{TWIN}/**")


def test_vc05_what_the_reader_cannot_do_is_said(browser_page: Page, axe: Check, site: str, reader: str) -> None:
    """VC-05: no card, a card that cannot be read; the number can still be typed."""
    page = browser_page
    enter(page, site)
    button = page.get_by_role("button", name="Lire la carte Vitale")
    button.click()
    expect(page.get_by_text("Aucune carte dans le lecteur")).to_be_visible()
    insert(reader, "muette")
    button.click()
    expect(page.get_by_text("Carte illisible")).to_be_visible()
    axe(page)


def test_vc05_no_reader(browser: Browser, site: str, settings: Settings) -> None:
    """VC-05: nothing listens at the port; the number is typed instead. (The browser's console reports the refused connection.)"""
    settings.ALLANT_READER_URL = f"http://127.0.0.1:{free_port(20_000)}"
    page = browser.new_context(locale="fr-FR").new_page()
    enter(page, site)
    page.get_by_role("button", name="Lire la carte Vitale").click()
    expect(page.get_by_text("Le lecteur ne répond pas")).to_be_visible()
    page.locator("#patient").fill(matricule(PARENT))
    page.locator("#patient").press("Enter")
    page.wait_for_url("**/choisir/")
    page.context.close()


def test_the_readers_page_is_accessible(browser_page: Page, axe: Check, reader: str) -> None:
    browser_page.goto(reader)
    axe(browser_page)
    browser_page.get_by_role("button", name="Carte illisible").click()
    expect(browser_page.get_by_text("elle ne peut pas être lue")).to_be_visible()
    browser_page.get_by_role("button", name="Retirer la carte").click()
    expect(browser_page.get_by_text("Aucune carte dans le lecteur")).to_be_visible()


def test_the_other_pages_are_accessible(browser_page: Page, axe: Check, site: str, settings: Settings) -> None:
    """VC-02, VC-11, VC-31, VC-50, VC-51."""
    page = browser_page
    enter(page, site)
    typed(page, matricule(PARENT))
    page.wait_for_url("**/choisir/")
    axe(page)
    for name in ("assistance", "professions", "numero-am"):
        page.goto(f"{site}{HOME}{name}/")
        axe(page)
    page.goto(f"{site}/professionnel/")
    axe(page)
    settings.ALLANT_TODAY = date(2021, 1, 3)  # the day before the opening: nobody may
    page.goto(site + HOME)
    expect(page.get_by_role("heading", name="Accès non encore ouvert")).to_be_visible()
    axe(page)
