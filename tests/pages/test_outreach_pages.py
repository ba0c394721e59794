"""AV-04, AV-05, AV-13, AV-12: sendings held and why, the emergency stop, wordings, letters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.test import Client
from playwright.sync_api import Page
from pytest_django import Settings

from allant.accounts.models import AccessLogEntry
from allant.accounts.roles import Role
from allant.outreach.claiming import claim
from allant.outreach.letters.batches import write_letters
from allant.outreach.letters.codes import printed
from allant.outreach.models import Message, SendingHold, Template
from tests.accounts.sessions import account_with, enter
from tests.outreach.people import message, person, template
from tests.pages import small_country

pytestmark = pytest.mark.django_db
STOP = "/contacts/envois/arreter/"
OFFER = "Vous pouvez venir si vous le souhaitez. STOP au 36000"


@pytest.fixture
def manager(client: Client, settings: Settings) -> Client:
    settings.ALLANT_TODAY = small_country.TODAY
    enter(client, account_with(Role.CAMPAIGN_MANAGER))
    return client


def shown(answer) -> str:
    return " ".join(unescape(answer.content.decode()).split())


def test_av_05_the_page_says_what_is_held_back_and_why(manager: Client):
    template()
    night = datetime(2021, 2, 20, 22, tzinfo=UTC)
    held = message(person("mobile"), on=night.date())
    late = message(person("mobile"), on=night.date() - timedelta(29))  # of 28 useful days
    assert claim("sms", night, 10, "test") == []
    page = shown(manager.get("/contacts/envois/"))
    assert "hors des heures de contact du territoire" in page and "22/02/2021 09:00" in page
    late.refresh_from_db()
    assert late.status == "dropped" and "trop tard : durée d'utilité dépassée" in page
    Message.objects.filter(pk=held.pk).update(held_reason="")
    assert "Aucun message n’est retenu" in shown(manager.get("/contacts/envois/"))


def test_av_05_the_person_page_says_why_a_message_is_held(manager: Client):
    small_country.settle()
    held = small_country.an_invitation()
    Message.objects.filter(cause_id=held.pk).update(
        held_reason="trop de contacts ces derniers jours", next_at=datetime(2021, 2, 23, 8, tzinfo=UTC)
    )
    page = shown(manager.post("/campagnes/personne/contacts/", {"value": small_country.matricule(held.person_id)}))
    assert "retenu parce que : trop de contacts ces derniers jours, pas avant le 23 février 2021 à 09:00" in page


def test_av_04_the_stop_is_asked_confirmed_logged_and_released(manager: Client):
    template()
    message(person("mobile"))
    asked = {"channel": "sms", "template": "", "reason": "lien faux"}
    page = shown(manager.post(STOP, asked))
    assert "1 message en attente sera retenu" in page and not SendingHold.objects.exists()
    assert manager.post(STOP, {**asked, "confirm": "oui"}).status_code == 302
    hold = SendingHold.objects.get()
    assert (hold.channel, hold.reason) == ("sms", "lien faux")
    page = shown(manager.get("/contacts/envois/"))
    assert "lien faux" in page and "la reprise des envois arrêtés" in page
    assert AccessLogEntry.objects.filter(purpose="arrêt des envois").count() == 1
    again = manager.post(STOP, {**asked, "confirm": "oui"})
    assert again.status_code == 400 and "déjà arrêtés" in shown(again)
    address = f"/contacts/envois/{hold.pk}/reprendre/"
    assert "lien faux" in shown(manager.get(address))
    assert manager.post(address).status_code == 302
    hold.refresh_from_db()
    assert hold.released_at is not None
    assert "déjà levé" in shown(manager.post(address, follow=True))
    assert AccessLogEntry.objects.filter(purpose="reprise des envois").count() == 1


@pytest.mark.parametrize("wrong", [{"reason": ""}, {"channel": "fax"}, {"template": "aucun"}])
def test_av_04_a_stop_that_means_nothing_is_refused(manager: Client, wrong: dict[str, str]):
    answer = manager.post(STOP, {"channel": "", "template": "", "reason": "essai", "confirm": "oui", **wrong})
    assert answer.status_code == 400 and not SendingHold.objects.exists()


def test_av_13_the_list_and_the_page_of_a_wording(manager: Client):
    campaign = small_country.settle()
    page = shown(manager.get("/contacts/modeles/"))
    assert "covid-invitation" in page and "anglais v1" in page and campaign.title in page
    page = shown(manager.get("/contacts/modeles/covid-invitation/sms/"))
    for said in ("ABCD EFGH JKLM", 'dir="rtl"', "alphabet UCS-2", campaign.title, "arabe"):
        assert said in page
    assert manager.get("/contacts/modeles/rien/sms/").status_code == 404
    assert manager.get("/contacts/modeles/covid-invitation/sms/de/").status_code == 404


def test_av_13_a_new_version_is_previewed_checked_then_written(manager: Client):
    template(body=OFFER + " {code}", variables={"code": "code"})
    address = "/contacts/modeles/essai/sms/fr/"
    assert OFFER in shown(manager.get(address))
    page = shown(manager.post(address, {"body": "Vous devez venir : {code}", "show": "oui"}))
    assert "ABCD EFGH JKLM" in page and "oblige ou menace" in page and "Enregistrer" not in page
    refused = manager.post(address, {"body": "Vous devez venir : {code}", "save": "oui"})
    assert refused.status_code == 400 and "oblige ou menace" in shown(refused)
    unknown = manager.post(address, {"body": OFFER + " {lieu}", "show": "oui"})
    assert unknown.status_code == 400 and "lieu" in shown(unknown)
    page = shown(manager.post(address, {"body": OFFER + " : {code}", "show": "oui"}))
    assert "Enregistrer cette version" in page and "1 SMS" in page
    assert manager.post(address, {"body": OFFER + " : {code}", "save": "oui"}).status_code == 302
    assert list(Template.objects.order_by("version").values_list("version", "body")) == [
        (1, OFFER + " {code}"), (2, OFFER + " : {code}")
    ]  # fmt: skip
    assert AccessLogEntry.objects.filter(purpose="modèle essai, version 2").exists()


def test_av_12_letters_that_came_back_are_typed_one_after_another(manager: Client):
    template(channel="letter")
    left = {"channel": "letter", "status": "sent", "sent_at": datetime(2021, 2, 1, tzinfo=UTC)}
    gone = [message(person("postal"), **left) for _ in range(2)]
    address = "/contacts/courriers/revenus/"
    for one in gone:
        page = shown(manager.post(address, {"code": printed(one.pk).lower()}, follow=True))
        assert "Retour enregistré" in page and "autofocus" in page
        one.refresh_from_db()
        assert one.contact_point.invalid_since == small_country.TODAY
        assert AccessLogEntry.objects.about(one.person_id).get().purpose == "courrier revenu (NPAI)"
    for wrong, said in ((printed(gone[0].pk), "déjà enregistré"), ("0000 0000 0000", "mal recopié"), ("", "Scannez")):
        answer = manager.post(address, {"code": wrong})
        assert answer.status_code == 400 and said in shown(answer)


def test_av_12_a_letter_is_printed_again_and_its_file_handed_over(manager: Client, settings: Settings, tmp_path):
    settings.ALLANT_HOME = tmp_path
    small_country.settle()
    assert manager.get("/contacts/courriers/").status_code == 200
    at = datetime(2021, 2, 15, 9, tzinfo=UTC)
    written = write_letters(at=at, by="test", directory=tmp_path / "letters")
    assert written, "the small country has letters"
    page = shown(manager.get("/contacts/courriers/"))
    assert written[0].name in page
    assert manager.post(f"/contacts/courriers/{written[0].pk}/remis/").status_code == 302
    assert "remis le 21/02/2021" in shown(manager.get("/contacts/courriers/"))
    one = Message.objects.filter(sent_in=written[0].name).first()
    answer = manager.post("/contacts/courriers/reimprimer/", {"code": printed(one.pk)})
    assert answer["Content-Type"] == "application/pdf" and answer.content.startswith(b"%PDF")
    assert AccessLogEntry.objects.about(one.person_id).get().purpose == "réimpression d'un courrier"
    assert manager.post("/contacts/courriers/reimprimer/", {"code": printed(one.pk + 10_000)}).status_code == 400


def test_av_12_the_qr_code_opens_the_campaign_for_anybody(client: Client, settings: Settings):
    settings.ALLANT_TODAY = small_country.TODAY
    campaign = small_country.settle()
    page = shown(client.get(f"/contacts/campagne/{campaign.pk}/"))
    assert campaign.title in page and "en aucun cas une obligation" in page
    assert client.get("/contacts/campagne/99999/").status_code == 404


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_stop_by_keyboard_and_every_page_without_an_accessibility_violation(
    browser_page: Page, live_server, axe: Callable[[Page], None], settings: Settings
):
    settings.ALLANT_TODAY = small_country.TODAY
    small_country.settle()
    page, visitor = browser_page, Client()
    enter(visitor, account_with(Role.CAMPAIGN_MANAGER))
    page.context.add_cookies([{"name": "sessionid", "value": visitor.cookies["sessionid"].value, "url": live_server.url}])
    wording = "modeles/covid-invitation/sms/"
    for address in ("modeles/", wording, f"{wording}fr/", "courriers/", "courriers/revenus/"):
        page.goto(f"{live_server.url}/contacts/{address}")
        axe(page)
    page.goto(f"{live_server.url}/contacts/envois/")
    axe(page)
    page.get_by_role("link", name="Arrêter les envois").press("Enter")
    page.wait_for_url("**/arreter/")
    page.get_by_label("Raison").fill("essai")
    page.get_by_label("Raison").press("Enter")
    page.get_by_role("button", name="Arrêter maintenant").wait_for()
    axe(page)
    page.get_by_role("button", name="Arrêter maintenant").press("Enter")
    page.wait_for_url("**/envois/")
    axe(page)
    page.get_by_role("link", name="Reprendre ces envois").press("Enter")
    page.wait_for_url("**/reprendre/")
    axe(page)
    page.get_by_role("button", name="Reprendre maintenant").press("Enter")
    page.wait_for_url("**/envois/")
    assert SendingHold.objects.get().released_at is not None
