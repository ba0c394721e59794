"""AP-01, AP-03, AP-06, AP-10, AP-12, AV-40 in a real browser: the pages of appointments, places and letters, by axe."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache, caches
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from allant.accounts.models import User
from allant.accounts.roles import Role
from allant.accounts.sign_in import SESSION_KEY
from allant.appointments.booking import book
from allant.appointments.models import Place
from allant.campaigns.proposals.home_visits import ask
from allant.campaigns.proposals.slot_letters import reserve
from allant.campaigns.proposals.taxis import add_taxi
from allant.directory.models import Organisation
from allant.vaccination.code import code_text
from tests.accounts.sessions import account_with
from tests.appointments.builders import booking, place
from tests.campaigns.proposal_cases import AT, BOOK, DAY, centre, invited, nurse, somebody
from tests.pages.teleservice import NURSE, professional

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Check = Callable[[Page], None]


@pytest.fixture
def site(live_server: LiveServer, settings: Any) -> str:
    settings.ALLANT_TODAY = DAY
    cache.clear()
    for name in ("papers", "partners"):
        caches[name].clear()
    return live_server.url


def enter(page: Page, site: str, user: User) -> None:
    """A session of this account in the browser, as after a strong sign-in."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session[SESSION_KEY] = {"provider": "agency", "acr": "eidas2", "auth_mode": "CARD", "strong": True}
    session.save()
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}])


@pytest.mark.timeout(300)
def test_ap12_from_the_town_to_both_injections_moved_and_cancelled(browser_page: Page, axe: Check, site: str) -> None:
    """AP-03, AP-05, AP-09, AP-12: with the keyboard's own path; a partner that is down is « inconnu » beside our hours."""
    page = browser_page
    centre(accessible=True)
    place(name="Clinique du partenaire", partner="muet", partner_reference="1", phone="0299000000")
    page.goto(f"{site}/rendez-vous/?town=35000&age=76")
    expect(page.get_by_text("Créneaux inconnus pour l’instant")).to_be_visible()
    axe(page)
    page.get_by_role("link", name="Comirnaty").first.press("Enter")
    expect(page.get_by_role("checkbox", name="seconde injection")).to_be_checked()
    axe(page)
    for label, value in (("Nom", "Nkosi"), ("Prénoms", "Thandi"), ("Date de naissance", "23/05/1945"), ("Mobile", "0639981234")):
        page.get_by_label(label, exact=label == "Nom").first.fill(value)
    page.get_by_role("button", name="Prendre ce rendez-vous").press("Enter")
    expect(page.get_by_role("heading", name="Rendez-vous confirmé")).to_be_visible()
    expect(page.get_by_text("Injection n° 2")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="Annuler ce rendez-vous").press("Enter")
    expect(page.get_by_role("heading", name="Annulé")).to_be_visible()


@pytest.mark.timeout(300)
def test_av40_a_letter_answered_and_a_nurse_asked_for(browser_page: Page, axe: Check, site: str) -> None:
    """AV-40: code and birth date typed, the seat confirmed; the pages of the manager, of the fund and of the nurse."""
    page = browser_page
    of, (invitation,) = invited()
    centre()
    reserve(of, at=AT, book_of_rules=BOOK)
    page.goto(f"{site}/rendez-vous/courrier/")
    axe(page)
    page.get_by_label("Code de votre courrier").fill(code_text(invitation))
    page.get_by_label("Date de naissance").fill("02/05/1940")
    page.get_by_role("button", name="Continuer").press("Enter")
    page.get_by_role("button", name="Confirmer ce rendez-vous").press("Enter")
    expect(page.get_by_text("Votre rendez-vous est confirmé.")).to_be_visible()
    add_taxi(name="Taxi Vilaine", phone="0639980013", commune_code="35238", accessible=True, starts_on=DAY, by="test")
    enter(page, site, account_with(Role.CAMPAIGN_MANAGER, Role.CALL_AGENT))
    nurse()
    visit = ask(person=somebody(), invitation=None, origin="phone", by="t", at=AT, book=BOOK)
    for where in ("courriers/", "courriers/bon/", "taxis/", "domicile/", "domicile/demander/", f"domicile/{visit.pk}/"):
        page.goto(f"{site}/aller-vers/{where}")
        axe(page)
    user = professional(username="psc:infirmiere", profession=NURSE, rpps="99900000777")
    type(visit).objects.update(nurse=user.practitioner)
    enter(page, site, user)
    page.goto(f"{site}/professionnel/domicile/")
    axe(page)
    page.get_by_role("button", name="Ouvrir le dossier").press("Enter")
    page.wait_for_url("**/dossier/**")


@pytest.mark.timeout(300)
def test_ap10_a_place_is_run_by_keyboard(browser_page: Page, axe: Check, site: str) -> None:
    """AP-01, AP-02, AP-10: places, one place, its day, those to call, the feed of partners; arrived, then vaccinated."""
    page = browser_page
    user = professional()
    of: Place = centre(capacity=3)
    of.location.organisation = Organisation.objects.get(code="R900001")
    of.location.save()
    book(booking(of.slots.order_by("starts_at")[0]), by="test", at=AT.replace(hour=7))
    place(name="Clinique du partenaire", partner="muet", partner_reference="1")
    enter(page, site, user)
    own = [f"{of.pk}/{part}" for part in ("", "plages/", "fermetures/", "a-prevenir/", "jour/")]
    for where in ("", "nouveau/", *own):
        page.goto(f"{site}/lieux/{where}")
        axe(page)
    page.get_by_role("button", name="Arrivé").press("Enter")
    expect(page.get_by_text("1 sur place")).to_be_visible()
    page.get_by_role("button", name="Vacciné").press("Enter")
    page.wait_for_url("**/dossier/**")
    enter(page, site, account_with(Role.CAMPAIGN_MANAGER))
    page.goto(f"{site}/lieux/partenaires/")
    axe(page)
