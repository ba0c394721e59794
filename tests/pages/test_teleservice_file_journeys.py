"""A patient's file in a real browser: the journeys by keyboard with their keys counted, each page without a violation."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from allant.immunizations.models import Dose
from allant.people.models import Person
from tests.accounts.sessions import enter
from tests.pages.dossier import EXPIRED, LOT, TODAY, declare, known_patient, lots, nir, open_file, send
from tests.pages.teleservice import HOME, professional

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Check = Callable[[Page], None]
COUNT_KEYS = """
document.addEventListener("keydown", (event) => {
  if (event.isTrusted) sessionStorage.keys = Number(sessionStorage.keys ?? 0) + 1;
}, true);
"""


@pytest.fixture
def client_of_the_doctor(settings: Settings) -> Client:
    """A doctor signed in, before any browser."""
    settings.ALLANT_TODAY = TODAY
    lots()
    client = Client()
    enter(client, professional())
    return client


@pytest.fixture
def page(browser_page: Page, live_server: LiveServer, client_of_the_doctor: Client) -> Page:
    """The same session in a browser that counts its keys, on the téléservice's home."""
    cookie = client_of_the_doctor.cookies["sessionid"]
    browser_page.context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": live_server.url}])
    browser_page.add_init_script(COUNT_KEYS)
    browser_page.goto(live_server.url + HOME)
    return browser_page


def keys(page: Page) -> int:
    """Keys pressed since the browser opened, whatever the page."""
    return int(page.evaluate("Number(sessionStorage.keys ?? 0)"))


def press(page: Page, *names: str) -> None:
    """Press keys one by one."""
    for name in names:
        page.keyboard.press(name)


def picture(page: Page, name: str) -> None:
    """Keep a picture of the page when a folder for them is given, to be looked at."""
    folder = os.environ.get("ALLANT_PICTURES")
    if folder:
        page.set_viewport_size({"width": 1280, "height": 900})
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
        page.set_viewport_size({"width": 320, "height": 700})
        page.screenshot(path=Path(folder) / f"{name}-320.png", full_page=True)
        page.set_viewport_size({"width": 1280, "height": 800})


def printed(page: Page, name: str) -> None:
    """The same on paper."""
    folder = os.environ.get("ALLANT_PICTURES")
    if folder:
        page.pdf(path=Path(folder) / f"{name}.pdf", format="A4")


def someone_eligible(client: Client, **values: str) -> Person:
    found = known_patient(**values)
    open_file(client, found)
    declare(client, found, source_key=f"6f7b1c1e-0b5e-4c1b-9a51-0000000{found.pk % 100000:05d}")
    return found


def code_of(client: Client, someone: Person) -> str:
    """The code of an invited patient, from the summary of a declaration validated and then forgotten."""
    from allant.vaccination.code import code_text, give_code

    return code_text(give_code(person=someone, by="test", on=TODAY)).replace(" ", "")


def report(journey: str, pressed: int, seconds: float) -> None:
    print(f"{journey} : {pressed} touches, {seconds:.1f} s")


def test_known_nir_and_dose(page: Page, client_of_the_doctor: Client) -> None:
    """VC-30: find, form as proposed, check, done, next patient: the NIR and five keys."""
    send(client_of_the_doctor, someone_eligible(client_of_the_doctor))
    following = someone_eligible(client_of_the_doctor, given_names="Paul")
    start = perf_counter()
    page.keyboard.type(nir(following)[:13])
    press(page, "Enter")
    page.wait_for_url("**/dossiers/*/")
    expect(page.get_by_role("button", name="Vérifier")).to_be_focused()
    press(page, "Enter")
    expect(page.get_by_role("button", name="J’ai vérifié, j’enregistre")).to_be_focused()
    assert page.locator(".allant-check__proposed").count() >= 7
    press(page, "Enter")
    page.wait_for_url("**/doses/*/")
    expect(page.locator(".allant-buttons").get_by_role("link", name="Patient suivant")).to_be_focused()
    press(page, "Enter")
    page.wait_for_url(f"**{HOME}")
    expect(page.get_by_label("Code de ciblage ou numéro")).to_be_focused()
    report("NIR connu et dose", keys(page), perf_counter() - start)
    assert keys(page) <= 13 + 4
    assert Dose.objects.current().get(person=following).lot == LOT


def test_code_eligibility_and_dose(page: Page, client_of_the_doctor: Client) -> None:
    """VC-20 to VC-24, VC-30: from a code to the next patient, eligibility and dose."""
    send(client_of_the_doctor, someone_eligible(client_of_the_doctor))
    following = known_patient(given_names="Paul")
    code = code_of(client_of_the_doctor, following)
    start = perf_counter()
    page.keyboard.type(code)
    press(page, "Enter")
    page.wait_for_url("**/dossiers/*/")
    expect(page.get_by_label("Date de l’ordonnance")).to_be_focused()
    press(page, "j", "Tab", "Space", "Tab", "Space", "Enter")
    page.wait_for_url("**/eligibilite/*/")
    expect(page.get_by_role("link", name="Enregistrer la vaccination")).to_be_focused()
    press(page, "Enter")
    page.wait_for_url("**/dossiers/*/")
    expect(page.get_by_role("button", name="Vérifier")).to_be_focused()
    press(page, "Enter")
    expect(page.get_by_role("button", name="J’ai vérifié, j’enregistre")).to_be_focused()
    press(page, "Enter")
    page.wait_for_url("**/doses/*/")
    press(page, "Enter")
    page.wait_for_url(f"**{HOME}")
    report("code, éligibilité et dose", keys(page), perf_counter() - start)
    assert keys(page) <= 12 + 11
    assert Dose.objects.current().filter(person=following).count() == 1


def test_a_first_entry_with_completion(page: Page, client_of_the_doctor: Client) -> None:
    """VC-30, VC-31: nothing to propose yet: the lot and the place complete as one types, without a mouse."""
    someone = someone_eligible(client_of_the_doctor)
    page.keyboard.type(nir(someone)[:13])
    press(page, "Enter")
    page.wait_for_url("**/dossiers/*/")
    expect(page.get_by_label("Nom du vaccin")).to_be_focused()
    page.keyboard.type("Com")
    press(page, "Tab")
    page.keyboard.type("ek")
    expect(page.get_by_role("option", name=LOT)).to_be_visible()
    press(page, "ArrowDown", "Enter", "Tab")
    assert page.get_by_label("Numéro de lot").input_value() == LOT
    page.keyboard.type("Bras g")
    page.get_by_label("Lieu de vaccination").select_option("ehpad")
    page.get_by_label("Nom du lieu").focus()
    page.get_by_label("Nom du lieu").fill("")
    page.keyboard.type("Ren")
    expect(page.get_by_role("option", name="35000 Rennes")).to_be_visible()
    picture(page, "completion")
    page.get_by_role("option", name="35000 Rennes").click()
    assert page.get_by_label("Code postal").input_value() == "35000"
    assert page.get_by_label("Nom du lieu").input_value() == ""
    page.get_by_label("Code postal").fill("")
    page.get_by_label("Code postal").press_sequentially("3520")
    expect(page.get_by_role("option", name="35200 Rennes")).to_be_visible()
    press(page, "ArrowDown", "Enter")
    assert page.get_by_label("Code postal").input_value() == "35200"
    page.get_by_label("Nom du lieu").fill("EHPAD Les Tamaris")
    press(page, "Enter")
    page.get_by_role("button", name="J’ai vérifié, j’enregistre").click()
    page.wait_for_url("**/doses/*/")
    dose = Dose.objects.get()
    assert (dose.vaccine, dose.lot, dose.site, dose.location.name) == ("comirnaty", LOT, "deltoide_gauche", "EHPAD Les Tamaris")


def test_another_vaccine_never_keeps_the_lot_of_the_former(page: Page, client_of_the_doctor: Client) -> None:
    """VC-30: the proposed lot goes with its vaccine; a value touched loses its mark."""
    send(client_of_the_doctor, someone_eligible(client_of_the_doctor))
    following = someone_eligible(client_of_the_doctor, given_names="Paul")
    page.goto(page.url.removesuffix(HOME) + reverse("teleservice_file", args=[following.pk]))
    assert page.get_by_label("Numéro de lot").input_value() == LOT
    page.get_by_label("Nom du vaccin").select_option("spikevax")
    assert page.get_by_label("Numéro de lot").input_value() == ""
    expect(page.locator("label[for=id_vaccine] .allant-proposed")).to_have_count(0)
    page.get_by_label("Nom du vaccin").select_option("comirnaty")
    assert page.get_by_label("Numéro de lot").input_value() == LOT
    expect(page.locator("label[for=id_lot] .allant-proposed")).to_have_count(1)


def test_a_double_click_is_one_dose(page: Page, client_of_the_doctor: Client) -> None:
    """VC-39: in the browser."""
    send(client_of_the_doctor, someone_eligible(client_of_the_doctor))
    following = someone_eligible(client_of_the_doctor, given_names="Paul")
    page.goto(page.url.removesuffix(HOME) + reverse("teleservice_file", args=[following.pk]))
    page.get_by_role("button", name="Vérifier").click()
    page.get_by_role("button", name="J’ai vérifié, j’enregistre").dblclick()
    page.wait_for_url("**/doses/*/")
    expect(page.get_by_role("heading", name="Synthèse de la 1re vaccination")).to_be_visible()
    assert Dose.objects.filter(person=following).count() == 1


def test_a_correction(page: Page, client_of_the_doctor: Client, axe: Check) -> None:
    """VC-36: from the summary to the « Rectificatif », the former version readable."""
    someone = someone_eligible(client_of_the_doctor)
    done = send(client_of_the_doctor, someone).url
    page.goto(page.url.removesuffix(HOME) + done)
    start = perf_counter()
    press(page, "Tab", "Tab", "Tab", "Tab", "Enter")
    page.wait_for_url("**/rectifier/")
    expect(page.get_by_label("Motif")).to_be_focused()
    page.keyboard.type("lot mal lu")
    press(page, "Tab", "Tab")
    page.keyboard.type("EM0477")
    press(page, "Enter")
    expect(page.get_by_role("heading", name="Vérifier avant d’enregistrer")).to_be_visible()
    axe(page)
    picture(page, "rectification-a-verifier")
    press(page, "Enter")
    page.wait_for_url(lambda url: url.rstrip("/") != done.rstrip("/") and "/doses/" in url and "rectifier" not in url)
    expect(page.get_by_role("heading", name="Rectificatif des données télétransmises")).to_be_visible()
    report("rectification", keys(page), perf_counter() - start)
    assert keys(page) <= 25
    axe(page)
    picture(page, "rectificatif")
    page.goto(page.url + "rectifier/")
    axe(page)
    picture(page, "rectifier")
    page.go_back()
    page.get_by_role("link", name="Version 1", exact=True).click()
    expect(page.get_by_text("ne vaut plus").first).to_be_visible()
    axe(page)
    picture(page, "version-remplacee")


def test_every_page_of_the_file_is_accessible(page: Page, client_of_the_doctor: Client, axe: Check) -> None:
    """Each page at 1280 and 320 px."""
    client, site = client_of_the_doctor, page.url.removesuffix(HOME)
    new = known_patient()
    open_file(client, new)
    page.goto(site + reverse("teleservice_file", args=[new.pk]))
    axe(page)
    picture(page, "eligibilite")
    page.get_by_label("Non", exact=True).check(force=True)
    page.get_by_role("button", name="Valider l’éligibilité").click()
    axe(page)
    picture(page, "eligibilite-refusee")
    page.goto(site + declare(client, new).url)
    axe(page)
    picture(page, "eligibilite-synthese")
    page.goto(site + reverse("teleservice_file", args=[new.pk]))
    axe(page)
    picture(page, "dose-vide")
    given = send(client, new)
    page.goto(site + given.url)
    axe(page)
    picture(page, "dose-synthese")
    printed(page, "dose-imprimee")
    following = someone_eligible(client, given_names="Paul")
    page.goto(site + reverse("teleservice_file", args=[following.pk]))
    axe(page)
    picture(page, "dose-proposee")
    page.get_by_label("Numéro de lot").fill(EXPIRED)
    press(page, "Escape")
    page.get_by_role("button", name="Vérifier").click()
    expect(page.get_by_role("heading", name="point à revoir")).to_be_visible()
    axe(page)
    picture(page, "dose-refusee")
    page.get_by_label("Je confirme malgré").fill("prolongation écrite du fabricant")
    page.get_by_role("button", name="Vérifier").click()
    expect(page.get_by_role("button", name="J’ai vérifié")).to_be_visible()
    axe(page)
    picture(page, "verification")
    for name in ("history", "infection"):
        page.goto(site + reverse(f"teleservice_{name}", args=[new.pk]))
        axe(page)
        picture(page, name)
    page.goto(site + reverse("teleservice_dose_cancel", args=[new.pk, Dose.objects.get().pk]))
    axe(page)
    picture(page, "annuler")
    page.goto(site + reverse("teleservice_today"))
    axe(page)
    picture(page, "mes-saisies")


def test_it_all_works_without_scripts(browser: Browser, live_server: LiveServer, client_of_the_doctor: Client) -> None:
    """VC-30, VC-31: plain fields, the same journey."""
    someone = someone_eligible(client_of_the_doctor)
    context = browser.new_context(locale="fr-FR", java_script_enabled=False)
    cookie = client_of_the_doctor.cookies["sessionid"]
    context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": live_server.url}])
    page = context.new_page()
    page.goto(live_server.url + reverse("teleservice_file", args=[someone.pk]))
    page.get_by_label("Nom du vaccin").select_option("comirnaty")
    page.get_by_label("Numéro de lot").fill(LOT)
    page.get_by_label("Site d’injection").select_option("deltoide_droit")
    page.get_by_label("Lieu de vaccination").select_option("centre")
    page.get_by_label("Nom du lieu").fill("Centre de la Piscine")
    page.get_by_label("Code postal").fill("01400")
    page.get_by_role("button", name="Vérifier").click()
    page.get_by_label("Commune", exact=True).select_option(index=1)
    page.get_by_role("button", name="Vérifier").click()
    page.get_by_role("button", name="J’ai vérifié, j’enregistre").click()
    assert "/doses/" in page.url
    context.close()
    assert Dose.objects.get().location.postcode == "01400"


def test_the_priority_follows_the_ticks(page: Page, client_of_the_doctor: Client) -> None:
    """VC-23: the box changes as a condition is ticked, announced, with what was typed kept and no address that names anybody."""
    young = known_patient(born="1990-01-01", given_names="Zoé")
    open_file(client_of_the_doctor, young)
    page.goto(page.url.removesuffix(HOME) + reverse("teleservice_file", args=[young.pk]))
    box = page.locator("[data-priority][aria-live=polite]")
    expect(box).to_contain_text("Hors des catégories de priorité")
    expect(page.get_by_role("button", name="Recalculer la priorité")).to_be_hidden()
    page.get_by_label("Date de l’ordonnance").fill("j")
    page.locator("label", has_text="Immunodépression sévère").click()
    expect(box).to_contain_text("Priorité : Personnes à très haut risque")
    assert page.get_by_label("Date de l’ordonnance").input_value() == "j"
