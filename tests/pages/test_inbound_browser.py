"""AV-30 in a browser: who calls is found, an hour is booked with where the call came from; axe on each page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client
from playwright.sync_api import Page
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from allant.accounts.roles import Role
from allant.appointments.models import Appointment
from allant.people.models import ContactPoint
from tests.accounts.sessions import account_with, enter
from tests.appointments.builders import person, place, slots


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_av_30_a_caller_is_found_and_booked_with_the_origin_of_the_call(
    live_server: LiveServer, browser_page: Page, settings: Settings, axe: Callable[[Page], None]
) -> None:
    """AV-30: misspelt and without accents; the page returns to the search once the call is over."""
    settings.ALLANT_TODAY = date(2021, 4, 8)
    maud = person(family_name="Kéraval", given_names="Maud Anne")
    ContactPoint.objects.create(person=maud, kind="mobile", value="0639981234")
    slots(place(address="2 rue de la Paix"))
    signed = Client()
    enter(signed, account_with(Role.PLATFORM_AGENT))
    cookie = signed.cookies[settings.SESSION_COOKIE_NAME].value
    page = browser_page
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    page.goto(f"{live_server.url}/accueil-telephonique/")
    page.keyboard.type("keravale 2 mai 1940")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Maud Anne Kéraval").wait_for()
    axe(page)
    page.get_by_role("button", name="Maud Anne Kéraval").press("Enter")
    page.get_by_role("heading", name="Créneaux libres").wait_for()
    axe(page)
    page.get_by_role("link", name="lundi 12 avril 2021 à 09:00").press("Enter")
    page.get_by_label("Appel après un message vocal").press(" ")
    axe(page)
    page.get_by_role("button", name="Prendre ce rendez-vous").press("Enter")
    page.locator("#pris").wait_for()
    axe(page)
    made = Appointment.objects.get()
    assert (made.person_id, made.origin) == (maud.pk, "inbound_voicemail")
    page.get_by_role("button", name="Appel terminé").press("Enter")
    page.wait_for_url(f"{live_server.url}/accueil-telephonique/")
