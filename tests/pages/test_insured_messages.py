"""AV-01: the messages of an account, as the insured person reads them; nobody else does."""

from __future__ import annotations

from html import unescape

import pytest
from django.test import Client
from playwright.sync_api import Page
from pytest_django import DjangoAssertNumQueries, Settings
from pytest_django.live_server_helper import LiveServer

from allant.accounts.models import AccessLogEntry
from allant.accounts.roles import Role
from allant.outreach import causes
from allant.outreach.account.placing import place
from allant.outreach.models import AccountMessage
from allant.people.models import Person
from tests.accounts.sessions import account_with, enter
from tests.outreach.people import AT, MONDAY, message, person, template
from tests.pages.test_journeys import Check

pytestmark = pytest.mark.django_db
HOME, PAGE = "/assure/", "/assure/messages/"
ARABIC = "{name}،\n\nجرعة معززة متاحة لكم إذا رغبتم.\nرمزكم: {code}"


@pytest.fixture(autouse=True)
def lent(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    settings.ALLANT_TODAY = MONDAY
    named = {"trial": lambda ids: {pk: {"name": "Suzanne Mercier", "code": f"CODE{pk}"} for pk in ids}}
    monkeypatch.setattr(causes, "_causes", causes._causes | named)


@pytest.fixture
def suzanne(client: Client) -> Person:
    """Signed in, with two messages."""
    made = person("email")
    user = account_with(Role.INSURED, username="france-connect:1", structures=("",))
    user.person = made
    user.save()
    enter(client, user)
    received(made, 2)
    return made


def received(
    to: Person, count: int, language: str = "fr", body: str = "Bonjour {name},\n\nVotre code : {code}", kind: str = "information"
) -> None:
    slug = f"essai-{language}"
    template(slug, channel="account", kind=kind, subject="Votre dose de rappel", body=body)
    if language != "fr":
        template(slug, channel="account", subject="جرعتكم المعززة", body=body, language=language)
    for _ in range(count):
        message(to, channel="account", slug=slug)
    while place(AT, 50, "essai"):
        pass


def read(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return " ".join(unescape(answer.content.decode()).split())


def test_av_01_messages_are_counted_listed_read_and_every_reading_is_logged(client: Client, suzanne: Person):
    assert "2 messages non lus" in read(client, HOME)
    page = read(client, PAGE)
    assert "2 messages non lus" in page and "CODE" not in page and page.count("Votre dose de rappel") == 2
    first, _ = AccountMessage.objects.order_by("pk")
    page = read(client, f"{PAGE}{first.pk}/")
    assert f"Votre code : CODE{first.message.cause_id}" in page and "Imprimer" in page and "Suzanne Mercier" in page
    first.refresh_from_db()
    assert first.read_at and first.read_by
    assert "1 message non lu" in read(client, PAGE)
    purposes = AccessLogEntry.objects.about(suzanne.pk).values_list("purpose", flat=True)
    assert {"liste des messages de son espace", "lecture d'un message de son espace"} <= set(purposes)


def test_av_01_the_message_of_somebody_else_does_not_open_and_the_try_is_logged(client: Client, suzanne: Person):
    received(person("email", family_name="Autre"), 1, language="ar")
    other = AccountMessage.objects.exclude(person=suzanne).get()
    page = read(client, f"{PAGE}{other.pk}/", 404)
    assert "n'est pas dans votre espace" in page.replace("’", "'") and "CODE" not in page
    assert AccessLogEntry.objects.filter(action="refused", purpose="message d'un autre espace").count() == 1
    other.refresh_from_db()
    assert other.read_at is None


def test_av_01_a_record_that_was_merged_brings_its_messages(client: Client, suzanne: Person):
    former = person("email", family_name="Ancienne")
    received(former, 1, language="ar")
    Person.objects.filter(pk=former.pk).update(merged_into=suzanne)
    assert "3 messages non lus" in read(client, PAGE)


def test_av_03_the_person_refuses_campaign_messages_and_takes_them_again(client: Client, suzanne: Person):
    page = client.post(f"{PAGE}choix/", {"choice": "refuse"}, follow=True)
    assert "plus de message de campagne" in unescape(page.content.decode())
    assert "Recevoir à nouveau" in read(client, PAGE)
    message(suzanne, channel="account", slug="essai-fr")
    place(AT, 10, "essai")
    assert AccountMessage.objects.count() == 2
    client.post(f"{PAGE}choix/", {"choice": "accept"})
    assert "Ne plus recevoir" in read(client, PAGE)
    written = AccessLogEntry.objects.about(suzanne.pk).filter(action="write").values_list("purpose", flat=True)
    assert len(written) == 2


def test_av_01_an_empty_account_says_so(client: Client):
    made = person("email")
    user = account_with(Role.INSURED, username="france-connect:2", structures=("",))
    user.person = made
    user.save()
    enter(client, user)
    assert "Aucun message pour l’instant" in read(client, PAGE)
    assert "Aucun message non lu" in read(client, HOME)


def test_av_01_the_list_asks_as_much_for_twenty_messages_as_for_two(
    client: Client, suzanne: Person, django_assert_max_num_queries: DjangoAssertNumQueries
):
    received(suzanne, 30, language="ar", kind="service")
    with django_assert_max_num_queries(16):
        assert "page=2" in read(client, PAGE)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_av_01_messages_in_a_browser_in_arabic_and_french(browser_page: Page, live_server: LiveServer, axe: Check):
    made = person("email", language="ar")
    received(made, 1, language="ar", body=ARABIC)
    received(made, 1)
    user = account_with(Role.INSURED, username="france-connect:3", structures=("",))
    user.person = made
    user.save()
    visitor = Client()
    enter(visitor, user)
    page = browser_page
    page.context.add_cookies([{"name": "sessionid", "value": visitor.cookies["sessionid"].value, "url": live_server.url}])
    page.goto(live_server.url + PAGE)
    axe(page)
    page.get_by_role("link", name="جرعتكم المعززة").press("Enter")
    page.wait_for_selector("text=رمزكم")
    axe(page)
    assert page.evaluate("getComputedStyle(document.querySelector('article')).direction") == "rtl"
    page.get_by_role("link", name="Revenir à mes messages").press("Enter")
    page.get_by_text("1 message non lu").wait_for()
    page.get_by_role("button", name="Ne plus recevoir").press("Enter")
    page.get_by_text("C’est noté").wait_for()
    axe(page)
