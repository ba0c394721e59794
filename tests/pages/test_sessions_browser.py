"""VC-60, VC-61 in a real browser: by keyboard alone, the network cut, answers lost, the page closed and reopened."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from time import monotonic

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, Route, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from allant.immunizations.models import Dose
from allant.people.models import Person
from allant.vaccination.models import EligibilityDeclaration, VaccinationSession
from tests.pages import sitting, teleservice
from tests.pages.sitting import nir

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Check = Callable[[Page], None]
SENDING = re.compile("/ligne/$")
COUNT_KEYS = """
    sessionStorage.keys ??= "0";
    addEventListener("keydown", () => { sessionStorage.keys = Number(sessionStorage.keys) + 1; }, true);
"""
KEYS_TO_OPEN, KEYS_A_ROW = 110, 16
"""Upper bounds: a session opened from nothing, all in keys; a row is the fifteen characters of a number and Enter."""


@pytest.fixture
def browser_page(browser: Browser) -> Iterator[Page]:
    """As everywhere, but that the network may fail: that is the point. A script error fails the test."""
    context = browser.new_context(locale="fr-FR", timezone_id="Europe/Paris", viewport={"width": 1280, "height": 800})
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    assert [text for text in wrong if "status of 4" not in text and "net::ERR_" not in text] == []


@pytest.fixture
def site(live_server: LiveServer, settings: Settings, browser_page: Page) -> str:
    """Sixty residents; a doctor signed in by card in the browser; the address of the sessions."""
    settings.ALLANT_TODAY = sitting.TODAY
    sitting.residents(60)
    client = Client()
    teleservice.signed_in(client)
    name = settings.SESSION_COOKIE_NAME
    browser_page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
    browser_page.on("dialog", lambda dialog: dialog.accept())
    browser_page.set_default_timeout(30_000)
    return f"{live_server.url}{sitting.URL}"


@pytest.fixture
def opened(site: str, browser_page: Page) -> Page:
    """A session, opened by request, with its page in the browser."""
    client = Client()
    client.cookies.load({cookie["name"]: cookie["value"] for cookie in browser_page.context.cookies()})  # type: ignore[typeddict-item]
    session = sitting.opened(client)
    browser_page.goto(f"{site}{session.pk}/")
    return browser_page


def type_patient(page: Page, typed: str) -> None:
    """As a scanner does: the characters, then Enter."""
    page.keyboard.insert_text(typed)
    page.keyboard.press("Enter")


def count(page: Page, name: str, expected: int) -> None:
    """Wait for a counter."""
    expect(page.locator(f"[data-count={name}]")).to_have_text(str(expected), timeout=60_000)


def fill(page: Page, **changes: str) -> None:
    """The form, by its fields."""
    values = {**sitting.FORM, **changes}
    for name in ("vaccine", "site", "place_kind"):
        page.select_option(f"[name={name}]", values[name])
    for name in ("lot", "place_name", "postcode"):
        page.fill(f"[name={name}]", values[name])
        page.keyboard.press("Escape")


def test_fifty_patients_with_the_network_cut_in_the_middle(opened: Page) -> None:
    """VC-39, VC-60: offline, answers lost after the server recorded, page closed with rows waiting: fifty doses, none doubled."""
    page = opened
    for number in range(1, 16):
        type_patient(page, nir(number))
    count(page, "recorded", 15)
    page.context.set_offline(True)
    for number in range(16, 31):
        type_patient(page, nir(number))
    count(page, "waiting", 15)
    expect(page.get_by_text("La connexion est coupée. 15 lignes en attente, gardées sur ce poste")).to_be_visible()
    page.context.set_offline(False)
    count(page, "recorded", 30)

    lost: list[str] = []

    def lose(route: Route) -> None:
        if len(lost) < 5:
            route.fetch()  # the server records
            lost.append(route.request.post_data or "")
            return route.abort()  # and its answer never arrives
        return route.continue_()

    page.route(SENDING, lose)
    for number in range(31, 41):
        type_patient(page, nir(number))
    count(page, "recorded", 40)
    assert len(lost) == 5
    page.unroute(SENDING)

    page.context.set_offline(True)
    for number in range(41, 51):
        type_patient(page, nir(number))
    count(page, "waiting", 10)
    address, context = page.url, page.context
    page.wait_for_function("Object.keys(localStorage).some((name) => name.startsWith('allant:seance:'))")
    stored = page.evaluate("JSON.stringify(localStorage)")
    assert nir(45)[:13] not in stored, "un numéro est lisible sur le poste"
    page.close()
    context.set_offline(False)
    again = context.new_page()
    again.goto(address)
    count(again, "recorded", 10)
    assert again.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('allant:seance:')).length") == 0
    assert sorted(Dose.objects.values_list("person_id", flat=True)) == list(range(1, 51))
    assert EligibilityDeclaration.objects.count() == 50


def test_a_session_of_thirty_by_keyboard_alone(
    site: str, browser_page: Page, record_property: Callable[[str, object], None]
) -> None:
    """VC-60: keys counted by the page itself; the focus never leaves the field."""
    page = browser_page
    page.add_init_script(COUNT_KEYS)
    page.goto(site)
    started = monotonic()
    page.locator("[name=vaccine]").focus()
    keys = page.keyboard
    keys.type("Com")
    for typed in ("ab1234", "Bras g", "", "EHPAD", "Les Tamaris"):
        keys.press("Tab")
        if typed:
            keys.type(typed)
    while page.evaluate("document.activeElement.name") != "postcode":
        keys.press("Tab")
    keys.type("35000")
    while page.evaluate("document.activeElement.name") != "declares":
        keys.press("Tab")
    keys.press("Space")
    for name in ("prescribed_on", "patient_accepts", "patient_informed"):
        while page.evaluate("document.activeElement.name") != name:
            keys.press("Tab")
        keys.type("01032021") if name == "prescribed_on" else keys.press("Space")
    keys.press("Enter")
    page.wait_for_url(f"{site}*/")
    opening = int(page.evaluate("sessionStorage.keys"))
    for number in range(1, 31):
        keys.type(nir(number))
        keys.press("Enter")
    count(page, "recorded", 30)
    assert page.evaluate("document.activeElement.id") == "patient"
    total = int(page.evaluate("sessionStorage.keys"))
    seconds = monotonic() - started
    record_property("keystrokes", {"opening": opening, "rows": total - opening, "seconds": round(seconds, 1)})
    print(f"opening {opening} keys, rows {total - opening} keys, {seconds:.1f} s")
    assert Dose.objects.count() == 30
    assert opening <= KEYS_TO_OPEN and total - opening == 30 * KEYS_A_ROW


def test_rows_that_ask_something_are_answered_by_keyboard(opened: Page, axe: Check) -> None:
    """VC-11, VC-38, VC-60: a digit chooses among several; F2 reaches the reason; a refused row is corrected."""
    Person.objects.filter(pk__in=[2, 3]).update(policyholder=1)
    Person.objects.filter(pk=4).update(birth_date=date(2010, 1, 1))
    page = opened
    type_patient(page, nir(1))
    count(page, "todo", 1)
    type_patient(page, "2")
    count(page, "recorded", 1)
    type_patient(page, nir(4))
    count(page, "todo", 1)
    type_patient(page, nir(5)[:-2] + "99")
    count(page, "refused", 1)
    axe(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.keyboard.press("F2")
    page.keyboard.type("Avis spécialisé")
    page.keyboard.press("Enter")
    count(page, "recorded", 2)
    assert page.evaluate("document.activeElement.id") == "patient"
    assert dict(Dose.objects.values_list("person_id", "forced_reason")) == {2: "", 4: "Avis spécialisé"}
    page.get_by_role("button", name="Corriger la saisie").click()
    expect(page.locator("#patient")).to_have_value(nir(5)[:-2] + "99")
    page.get_by_role("button", name="Annuler cette dose (RÉSIDENT2 Camille)").click()
    expect(page.locator("[data-rows]").get_by_text("Dose annulée.")).to_be_visible()
    assert list(Dose.objects.current().values_list("person_id", flat=True)) == [4]


def test_an_expired_session_keeps_its_rows(opened: Page) -> None:
    """VC-60: signed out meanwhile, the rows wait on the machine for the same account, and leave after signing in again."""
    page = opened
    cookies = page.context.cookies()
    page.context.clear_cookies(name="sessionid")
    type_patient(page, nir(1))
    expect(page.get_by_text("Votre session a expiré. Gardé sur ce poste, envoyé à votre retour : 1 ligne.")).to_be_visible()
    assert "/connexion/?next=" in (page.get_by_role("link", name="Se reconnecter").get_attribute("href") or "")
    page.context.add_cookies(cookies)  # type: ignore[arg-type]
    page.reload()
    count(page, "recorded", 1)
    assert Dose.objects.count() == 1


def test_signing_out_leaves_nothing_on_the_machine(opened: Page) -> None:
    """Unsent rows are named before, and erased after."""
    page = opened
    page.route(SENDING, lambda route: route.abort())
    type_patient(page, nir(1))
    count(page, "waiting", 1)
    page.wait_for_function("Object.keys(localStorage).some((name) => name.startsWith('allant:seance:'))")
    page.get_by_role("button", name="Se déconnecter").first.click()
    page.wait_for_url("**/connexion/**")
    assert page.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('allant:seance:')).length") == 0


def test_signing_out_of_any_page_leaves_nothing_on_the_machine(opened: Page, site: str) -> None:
    """VC-60: rows kept by a session left open in one tab are erased by a sign-out in another, and are not kept again."""
    page = opened
    page.route(SENDING, lambda route: route.abort())
    type_patient(page, nir(1))
    page.wait_for_function("Object.keys(localStorage).some((name) => name.startsWith('allant:seance:'))")
    other = page.context.new_page()
    asked: list[str] = []
    other.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.accept()))
    other.goto(site.replace("seances/", ""))
    other.get_by_role("button", name="Se déconnecter").first.click()
    other.wait_for_url("**/connexion/fin/")
    assert len(asked) == 1 and "ne sont pas enregistrées" in asked[0]
    expect(page.get_by_text("Vous vous êtes déconnecté dans un autre onglet")).to_be_visible()
    type_patient(page, nir(2))
    count(page, "waiting", 1)
    assert other.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('allant:seance:')).length") == 0


def test_pages_are_accessible(site: str, browser_page: Page, axe: Check, tmp_path: Path) -> None:
    """At 1280 and 320 px: the form and its refusals, the rows, the closed session, the import and its report."""
    page = browser_page
    page.goto(site)
    axe(page)
    page.get_by_role("button", name="Ouvrir la séance").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    axe(page)
    fill(page)
    page.get_by_role("button", name="Ouvrir la séance").click()
    page.wait_for_url(f"{site}*/")
    axe(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.locator("#patient").focus()
    type_patient(page, nir(1))  # nothing is declared in this session
    count(page, "refused", 1)
    page.get_by_role("button", name="Fermer la séance").click()
    expect(page.get_by_text("Séance fermée le")).to_be_visible()
    axe(page)
    assert VaccinationSession.objects.get().closed_at is not None
    imports = site.replace("seances", "imports")
    page.goto(imports)
    axe(page)
    file = tmp_path / "doses.csv"
    file.write_text("nir;nom;date_naissance;vaccin;date\n1;Martin;31/02/1940;Cominarty;\n", "utf-8")
    page.set_input_files("#fichier", str(file))
    page.get_by_role("button", name="Envoyer le fichier").click()
    expect(page.get_by_role("heading", name="Ce qu’il faut corriger")).to_be_visible()
    axe(page)
