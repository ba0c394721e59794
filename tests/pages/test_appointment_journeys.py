"""AP-01, AP-03, AP-05, AP-06, AP-09, AP-10, AP-12, AV-40 in a real browser, by keyboard; axe on each page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache, caches
from django.test import Client
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from allant.accounts.models import User
from allant.accounts.roles import Role
from allant.appointments.booking import book
from allant.appointments.models import Place
from allant.campaigns.proposals.home_visits import ask
from allant.campaigns.proposals.slot_letters import reserve
from allant.campaigns.proposals.taxis import add_taxi
from allant.directory.models import Organisation
from allant.vaccination.code import code_text
from tests.accounts.sessions import account_with, enter
from tests.appointments.builders import booking, place
from tests.campaigns.proposal_cases import AT, BOOK, DAY, centre, invited, nurse, somebody
from tests.pages.teleservice import NURSE, professional

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]
Check = Callable[[Page], None]


@pytest.fixture
def site(live_server: LiveServer, settings: Any, browser_page: Page) -> str:
    """Monday 16 August 2021, nobody's hour of bookings used up."""
    browser_page.set_default_timeout(120_000)  # a busy machine
    settings.ALLANT_TODAY = DAY
    cache.clear()
    for name in ("papers", "partners"):
        caches[name].clear()
    return str(live_server.url)


def become(page: Page, site: str, user: User) -> None:
    """A session of this account in the browser."""
    signed = Client()
    enter(signed, user)
    page.context.add_cookies([{"name": "sessionid", "value": signed.cookies["sessionid"].value, "url": site}])


def test_ap12_from_the_town_to_both_injections_then_a_letter_answered(browser_page: Page, axe: Check, site: str) -> None:
    """AP-03, AP-05, AP-06, AP-09, AP-12: searched, booked, cancelled by the link; a partner that is down is « inconnu »; then
    AV-40: code and birth date typed, the seats of the letter confirmed.
    """
    page = browser_page
    of, (invitation,) = invited()
    centre(accessible=True)
    reserve(of, at=AT, book_of_rules=BOOK)
    place(name="Clinique du partenaire", partner="muet", partner_reference="1", phone="0299000000")
    page.goto(f"{site}/rendez-vous/?town=35000&age=76")
    page.get_by_text("Créneaux inconnus pour l’instant").wait_for()
    axe(page)
    page.get_by_role("link", name="Comirnaty").first.press("Enter")
    assert page.get_by_role("checkbox", name="seconde injection").is_checked()
    axe(page)
    for label, value in (("Nom", "Nkosi"), ("Prénoms", "Thandi"), ("Date de naissance", "23/05/1945"), ("Mobile", "0639981234")):
        page.get_by_label(label, exact=label == "Nom").first.fill(value)
    page.get_by_role("button", name="Prendre ce rendez-vous").press("Enter")
    page.get_by_role("heading", name="Rendez-vous confirmé").wait_for()
    page.get_by_text("Injection n° 2").wait_for()
    axe(page)
    page.get_by_role("button", name="Annuler ce rendez-vous").press("Enter")
    page.get_by_role("heading", name="Annulé").wait_for()
    page.goto(f"{site}/rendez-vous/courrier/")
    axe(page)
    page.get_by_label("Code de votre courrier").fill(code_text(invitation))
    page.get_by_label("Date de naissance").fill("02/05/1940")
    page.get_by_role("button", name="Continuer").press("Enter")
    page.get_by_role("button", name="Confirmer ce rendez-vous").press("Enter")
    page.get_by_text("Votre rendez-vous est confirmé.").wait_for()


def test_ap10_a_place_its_day_the_letters_and_the_visits_at_home(browser_page: Page, axe: Check, site: str) -> None:
    """AP-01, AP-02, AP-10: a place and its day, arrived by keyboard; AV-40: letters, vouchers, taxis, visits."""
    page = browser_page
    user = professional(profession=NURSE)
    of: Place = centre(capacity=3)
    of.location.organisation = Organisation.objects.get(code="R900001")
    of.location.save()
    book(booking(of.slots.order_by("starts_at")[0]), by="test", at=AT.replace(hour=7))
    add_taxi(name="Taxi Vilaine", phone="0639980013", commune_code="35238", accessible=True, starts_on=DAY, by="test")
    nurse()
    visit = ask(person=somebody(), invitation=None, origin="phone", by="t", at=AT, book=BOOK)
    type(visit).objects.update(nurse=user.practitioner)
    become(page, site, account_with(Role.CAMPAIGN_MANAGER, Role.CALL_AGENT))
    for where in ("courriers/", "courriers/bon/", "taxis/", "domicile/", "domicile/demander/", f"domicile/{visit.pk}/"):
        page.goto(f"{site}/aller-vers/{where}")
        axe(page)
    page.goto(f"{site}/lieux/partenaires/")
    axe(page)
    become(page, site, user)
    page.goto(f"{site}/professionnel/domicile/")
    axe(page)
    own = [f"{of.pk}/{part}" for part in ("", "plages/", "fermetures/", "a-prevenir/", "jour/")]
    for where in ("", "nouveau/", *own):
        page.goto(f"{site}/lieux/{where}")
        axe(page)
    page.get_by_role("button", name="Arrivé").press("Enter")
    page.get_by_text("1 sur place").wait_for()
    # What « Vacciné » opens is shown by test_ap10_vaccinated_leads_to_the_file_of_that_patient.
    assert page.get_by_role("button", name="Vacciné").is_enabled()
