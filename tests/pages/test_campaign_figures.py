"""AV-50 on screen: the figures of a campaign by fund and by day, and as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import datetime, timedelta

import pyarrow as pa
import pytest
from django.core.cache import cache
from django.test import Client
from playwright.sync_api import Page
from pytest_django import DjangoAssertNumQueries, Settings
from pytest_django.live_server_helper import LiveServer

from allant import clock
from allant.accounts.roles import Role
from allant.campaigns.models import Campaign
from allant.directory.actions import load_organisations
from allant.directory.funds import FUNDS
from allant.outreach.models import Message
from allant.people.models import Person
from tests.accounts.sessions import account_with, enter
from tests.pages import small_country
from tests.pages.test_campaign_pages import text
from tests.pages.test_journeys import sign_in

pytestmark = pytest.mark.django_db

Check = Callable[[Page], None]
PAGE = "/campagnes/essai/chiffres/"
FUND_CODES = {"01": "011", "13": "131"}


def settle() -> Campaign:
    """The small country, its funds, and the SMS of the wave gone the day after it."""
    campaign = small_country.settle()
    names = pa.table({"code": list(FUND_CODES.values()), "name": ["CPAM – Ain", "CPAM – Bouches-du-Rhône"], "kind": ["cpam"] * 2})
    load_organisations(names, by="test")
    FUNDS.forget()
    for departement, fund in FUND_CODES.items():
        Person.objects.filter(departement_code=departement).update(fund_code=fund)
    gone = datetime.combine(small_country.OPENING + timedelta(1), datetime.min.time(), clock.PARIS)
    Message.objects.filter(channel="sms").update(status="sent", sent_at=gone)
    return campaign


@pytest.fixture
def manager(client: Client, settings: Settings) -> Client:
    settings.ALLANT_TODAY = small_country.TODAY
    enter(client, account_with(Role.CAMPAIGN_MANAGER, structures=("CNAM",)))
    return client


def test_av_50_figures_by_fund_and_by_day_with_what_they_mean(manager: Client) -> None:
    campaign = settle()
    page = text(manager, PAGE)
    texts = Message.objects.filter(channel="sms").count()
    assert texts and f'allant-figure__value">{campaign.invitations.count()}<' in page
    for said in ("CPAM – Ain", "CPAM – Bouches-du-Rhône", "Caisse non renseignée", "19/01/2021", "Première dose", "1,08 €"):
        assert said in page
    day = page.split('id="jours"')[1].split("19/01/2021")[1].split("</tr>")[0]
    assert f">{texts}<" in day and f"{texts * 0.04:.2f}".replace(".", ",") in day
    asked = text(manager, f"{PAGE}?du=2021-01-19&au=2021-01-19")
    assert "18/01/2021" not in asked and "Du 19 janvier 2021 au 19 janvier 2021" in asked


def test_av_50_the_page_asks_a_fixed_number_of_queries(
    manager: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    settle()
    manager.get(PAGE)
    with django_assert_num_queries(6):  # session, account, memberships, campaign, figures, access log
        manager.get(PAGE)


def test_av_50_the_file_has_a_line_a_day_and_fund(manager: Client) -> None:
    settle()
    answer = manager.get(f"{PAGE}chiffres.csv?du=2021-01-18")
    assert "chiffres-essai-2021-01-18-2021-02-21.csv" in answer["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert sum(int(row["ciblees"]) for row in rows) == 20
    assert sum(int(row["contacts_sms"]) for row in rows) == Message.objects.filter(channel="sms").count()
    assert {row["nom_caisse"] for row in rows if row["caisse"] == "011"} == {"CPAM – Ain"}
    assert {row["taux_de_decroche"] for row in rows} == {""}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("du=2021-02-02&au=2021-02-01", "inversez les deux jours"),
        ("du=hier", "date valide"),
        ("du=1990-01-01", "800 jours"),
        ("au=2020-01-01&du=2020-01-01", None),
    ],
)
def test_av_50_a_period_that_cannot_be_is_told_and_an_empty_one_says_so(manager: Client, asked: str, said: str | None) -> None:
    settle()
    page, file = manager.get(f"{PAGE}?{asked}"), manager.get(f"{PAGE}chiffres.csv?{asked}")
    if said is None:
        assert "Rien n’a eu lieu pendant cette période" in page.content.decode() and file.status_code == 200
    else:
        assert page.status_code == file.status_code == 400 and said in page.content.decode()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_av_50_the_figures_are_read_in_a_browser(
    browser_page: Page, axe: Check, live_server: LiveServer, settings: Settings, sign_in_services: None
) -> None:
    settings.ALLANT_TODAY = small_country.TODAY
    cache.clear()
    settle()
    sign_in(browser_page, live_server.url, "agency", "Camille Roussel")
    browser_page.goto(f"{live_server.url}/campagnes/essai/")
    browser_page.get_by_role("link", name="Chiffres de la campagne").press("Enter")
    browser_page.wait_for_url(f"**{PAGE}")
    axe(browser_page)
    browser_page.set_viewport_size({"width": 320, "height": 700})
    assert browser_page.evaluate("document.documentElement.scrollWidth") <= 320
    axe(browser_page)
