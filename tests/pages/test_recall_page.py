"""RP-03: the public calculator: no account, no JavaScript, nothing stored; the rule and its date; agenda, print, languages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from html import unescape
from typing import Any

import icalendar
import pytest
from django.test import Client
from playwright.sync_api import Page
from pytest_django import DjangoAssertNumQueries

from allant.accounts.roles import Role
from tests.accounts.sessions import account_with, enter
from tests.recall.builders import country

TODAY = date(2021, 12, 10)
SAID = {"birth_date": "1980-05-01", "vaccine": "comirnaty", "first_dose": "2021-05-20", "second_dose": "2021-07-01"}


@pytest.fixture(autouse=True)
def day(settings: Any) -> None:
    settings.ALLANT_TODAY = TODAY


def text(content: bytes) -> str:
    return " ".join(unescape(content.decode()).split())


def send(client: Client, status: int = 200, **values: str) -> str:
    answer = client.post("/mon-rappel/", SAID | values)
    assert answer.status_code == status
    assert "no-store" in answer["Cache-Control"]
    return text(answer.content)


@pytest.mark.django_db
def test_rp03_dates_and_the_rules_that_gave_them(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """RP-03: not one query, so nothing can be stored; the page names each rule, its two dates and its ground."""
    with django_assert_num_queries(0):
        page = send(client)
    assert "Rappel possible à partir du 1er décembre 2021" in page
    assert "Pass valable sans rappel jusqu’au 31 janvier 2022" in page
    assert "Tous les adultes" in page and "règle connue le 27 novembre 2021" in page and "seed 002" in page
    assert "Règles connues le 10 décembre 2021" in page


@pytest.mark.django_db
def test_rp03_the_rules_of_another_day(client: Client) -> None:
    """RP-03, RP-01: the same person by the rules of 28 November."""
    page = send(client, known_on="2021-11-28")
    assert "à partir du 1er décembre 2021" in page and "jusqu’au 1er février 2022" in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"birth_date": ""}, "Date de naissance : à remplir"), ({"birth_date": "31/02/1980"}, "Date illisible"),
        ({"birth_date": "1780-01-01"}, "n’est pas possible"), ({"second_dose": "2022-01-01"}, "dans le futur"),
        ({"second_dose": "2021-05-01"}, "vient après la première"), ({"first_dose": "2019-01-01"}, "Aucun vaccin"),
        ({"second_dose": ""}, "Une seule dose"), ({"vaccine": "zorg"}, "zorg"), ({"infection": "1950-01-01"}, "antérieure"),
    ],
)  # fmt: skip
def test_rp03_what_is_wrong_is_said(client: Client, values: dict[str, str], said: str) -> None:
    """RP-03."""
    page = send(client, 422, **values)
    assert said in page and "Vos dates" not in page


@pytest.mark.django_db
def test_rp03_one_dose_is_enough_after_an_infection_or_with_janssen(client: Client) -> None:
    """RP-03, VC-40."""
    assert "Vos dates" in send(client, second_dose="", infection="2020-11-02")
    assert "Vos dates" in send(client, second_dose="", vaccine="janssen")


@pytest.mark.django_db
def test_rp03_a_reminder_for_the_agenda(client: Client) -> None:
    """RP-03: two whole days with alarms, and nothing of the person."""
    answer = client.post("/mon-rappel/agenda.ics", SAID)
    events = icalendar.Calendar.from_ical(answer.content).walk("VEVENT")
    assert [event.decoded("dtstart") for event in events] == [date(2021, 12, 1), date(2022, 1, 31)]
    assert all(event.walk("VALARM") for event in events)
    assert b"1980" not in answer.content and b"comirnaty" not in answer.content.lower()
    assert client.post("/mon-rappel/agenda.ics", {}).status_code == 422


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("code", "said"), [("en", "Booster possible from"), ("es", "Refuerzo posible a partir del"), ("ar", "الجرعة")]
)
def test_rp03_in_the_languages_of_the_people(client: Client, code: str, said: str) -> None:
    """RP-03: English, Spanish, Arabic from right to left; the next request is in French again."""
    page = send(client, langue=code)
    assert said in page and f'lang="{code}" dir="{"rtl" if code == "ar" else "ltr"}"' in page
    assert "Rappel possible à partir du" in send(client)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_rp03_a_person_computes_their_dates(live_server: Any, browser_page: Page, axe: Callable[[Page], None]) -> None:
    """RP-03, with the keyboard alone: fields, button, answer; accessible before and after."""
    browser_page.goto(f"{live_server.url}/mon-rappel/")
    axe(browser_page)
    browser_page.get_by_label("Date de naissance").fill("1980-05-01")
    browser_page.get_by_label("Vaccin de la dernière dose").select_option("comirnaty")
    browser_page.get_by_label("Date de la première dose").fill("2021-05-20")
    browser_page.get_by_label("Date de la deuxième dose").fill("2021-07-01")
    browser_page.get_by_role("button", name="Calculer mes dates").press("Enter")
    browser_page.get_by_role("heading", name="Rappel possible à partir du 1er décembre 2021").wait_for()
    assert "1980" not in browser_page.url
    axe(browser_page)
    with browser_page.expect_download() as download:
        browser_page.get_by_role("button", name="Ajouter à mon agenda").click()
    assert download.value.suggested_filename == "mon-rappel.ics"


@pytest.mark.django_db
def test_rp04_the_manager_reads_what_a_change_does(client: Client) -> None:
    """RP-04: by default the last change known; counts and shifts of both dates; nobody else's page."""
    country(30)
    enter(client, account_with(Role.CAMPAIGN_MANAGER))
    assert 'value="2021-12-03"' in text(client.get("/campagnes/rappel/regles/").content)
    page = text(client.get("/campagnes/rappel/regles/", {"before": "2021-12-24", "after": "2021-12-28"}).content)
    assert "30 personnes concernées" in page and "de -30 à -" in page
    assert client.get("/campagnes/rappel/regles/", {"before": "hier", "after": "2021-12-28"}).status_code == 400


@pytest.mark.django_db
def test_rp04_an_empty_register_says_so(client: Client) -> None:
    """RP-04."""
    enter(client, account_with(Role.CAMPAIGN_MANAGER))
    page = text(client.get("/campagnes/rappel/regles/", {"before": "2021-12-24", "after": "2021-12-28"}).content)
    assert "il n’y a rien à recalculer" in page


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_rp04_the_page_of_the_manager_is_accessible(
    live_server: Any, client: Client, browser_page: Page, axe: Callable[[Page], None]
) -> None:
    """RP-04: the table of moves, at both widths."""
    country(10)
    enter(client, account_with(Role.CAMPAIGN_MANAGER))
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    browser_page.context.add_cookies([cookie])
    browser_page.goto(f"{live_server.url}/campagnes/rappel/regles/?before=2021-12-24&after=2021-12-28")
    browser_page.get_by_role("heading", name="10 personnes concernées").wait_for()
    axe(browser_page)
