"""AV-30, AV-40 in a browser: who calls is found, an hour booked with its origin, a letter's slot confirmed; axe on each page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from playwright.sync_api import Page
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from allant.accounts.roles import Role
from allant.appointments.models import Appointment
from allant.campaigns.proposals.slot_letters import reserve
from allant.people.models import ContactPoint
from allant.vaccination.code import code_text
from tests.accounts.sessions import account_with, enter
from tests.appointments.builders import person
from tests.campaigns import proposal_cases


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(600)
def test_av_30_a_caller_is_found_and_booked_with_the_origin_of_the_call(
    live_server: LiveServer, browser_page: Page, settings: Settings, axe: Callable[[Page], None]
) -> None:
    """AV-30: misspelt and without accents; the page returns to the search once the call is over."""
    settings.ALLANT_TODAY = proposal_cases.DAY + timedelta(1)  # the slots are on Mondays
    of, (invitation,) = proposal_cases.invited()
    proposal_cases.centre()
    reserve(of, at=proposal_cases.AT, book_of_rules=proposal_cases.BOOK)
    maud = person(family_name="Kéraval", given_names="Maud Anne")
    ContactPoint.objects.create(person=maud, kind="mobile", value="0639981234")
    signed = Client()
    enter(signed, account_with(Role.PLATFORM_AGENT))
    cookie = signed.cookies[settings.SESSION_COOKIE_NAME].value
    page = browser_page
    page.set_default_timeout(120_000)  # a busy machine
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    page.goto(f"{live_server.url}/accueil-telephonique/")
    page.keyboard.type("keravale 2 mai 1940")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Maud Anne Kéraval").wait_for()
    axe(page)
    page.get_by_role("button", name="Maud Anne Kéraval").press("Enter")
    page.get_by_role("heading", name="Créneaux libres").wait_for()
    axe(page)
    page.get_by_role("link", name="lundi 23 août 2021 à 09:00").press("Enter")
    page.get_by_label("Appel après un message vocal").press(" ")
    axe(page)
    page.get_by_role("button", name="Prendre ce rendez-vous").press("Enter")
    page.locator("#pris").wait_for()
    axe(page)
    made = Appointment.objects.get(origin="inbound_voicemail", rank=1)
    assert made.person_id == maud.pk and made.chained.count() == 1
    page.get_by_role("button", name="Appel terminé").press("Enter")
    page.wait_for_url(f"{live_server.url}/accueil-telephonique/")
    # AV-40: the code of a letter is read out; three keys confirm the seat that it holds.
    page.keyboard.type(code_text(invitation))
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Keraval0").wait_for()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Confirmer").wait_for()
    axe(page)
    page.keyboard.press("Enter")
    page.get_by_text("relisez à la personne").wait_for()
    assert Appointment.objects.filter(origin="letter", confirmed_at__isnull=False).count() == 2
