"""AV-10, AV-16: the answers by SMS in a real browser, by keyboard, at 1280 and 320 px."""

from __future__ import annotations

from datetime import datetime, time

import pytest
from django.core.cache import cache
from playwright.sync_api import Page
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from allant import clock
from allant.outreach.actions import load_templates
from allant.outreach.answers import Typed, receive
from allant.outreach.models import InboundMessage
from allant.people.models import ContactPoint, Person
from tests.pages import small_country
from tests.pages.test_journeys import Check, sign_in


def answered() -> None:
    """Free words, in Arabic too, and the STOP of a number that two people share."""
    load_templates(by="test")
    persons = list(Person.objects.order_by("pk")[:3])
    for person, number in zip(persons, ("0639989001", "+33639989002", "0639989002"), strict=True):
        ContactPoint.objects.create(person=person, kind="mobile", value=number)
    at = datetime.combine(small_country.TODAY, time(10), clock.PARIS)
    for text, number in (("Plutôt samedi matin, si possible", "33639989001"), ("شكرا", "33639989001"), ("STOP", "33639989002")):
        receive(Typed("principale", text, number, text), at=at)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_av_16_an_agent_handles_answers_by_keyboard(
    browser_page: Page, axe: Check, live_server: LiveServer, settings: Settings, sign_in_services: None
) -> None:
    settings.ALLANT_TODAY = small_country.TODAY
    cache.clear()
    small_country.settle()
    answered()
    page, site = browser_page, live_server.url
    sign_in(page, site, "agency", "Camille Roussel")
    page.goto(f"{site}/contacts/reponses/")
    axe(page)
    page.get_by_role("button", name="Enregistrer pour qui").press("Enter")
    page.wait_for_selector("text=Choisissez au moins une")
    axe(page)
    page.get_by_role("checkbox").first.focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Enregistrer pour qui").press("Enter")
    page.wait_for_selector("text=2 réponses à traiter")
    axe(page)
    page.get_by_role("button", name="Marquer comme traitée").first.press("Enter")
    page.wait_for_selector("text=1 réponse à traiter")
    assert InboundMessage.objects.filter(handled_at=None).count() == 1
