"""AV-20 to AV-27, AP-05, AV-50: the pages of the call desk, and what a telephony posts."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from allant import clock
from allant.accounts.models import AccessLogEntry
from allant.accounts.roles import Role
from allant.appointments.calendar import make_slots
from allant.appointments.models import Appointment, Share, ToldAt
from allant.campaigns.models import CallAttempt, CallEvent
from allant.outreach import texts
from allant.outreach.models import Message
from allant.outreach.templates import fill
from allant.pages.desk.event_views import signature
from allant.people.models import ContactPoint
from tests.accounts.sessions import account_with, enter
from tests.appointments import builders
from tests.campaigns.desk_cases import AT, call_for, campaign, people_to_call, person

pytestmark = pytest.mark.django_db
SECRET = "secret-de-la-telephonie"


@pytest.fixture(autouse=True)
def _at_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten in the morning, a Tuesday of April 2021: calls are allowed whenever the tests run."""
    monkeypatch.setattr(clock, "now", lambda: AT)
    monkeypatch.setattr(clock, "today", lambda: AT.date())


@pytest.fixture
def centre() -> list:
    """A centre at Rennes: two Mondays of Comirnaty, four seats reserved to the Assurance Maladie, and four weeks later."""
    place = builders.place(books_second=True)
    builders.schedule(place, capacity=2, quotas={"assurance_maladie": 1})
    make_slots(place, builders.MONDAY, builders.MONDAY + timedelta(days=49))
    return list(place.slots.order_by("starts_at"))


@pytest.fixture
def desk(client: Client) -> Client:
    enter(client, account_with(Role.CALL_AGENT, departement="35"))
    return client


def shown(answer) -> str:
    return " ".join(unescape(answer.content.decode()).split()).replace("\xa0", " ")


def on_the_phone(desk: Client) -> CallAttempt:
    """The next person, their number shown."""
    desk.post("/appels/suivant/")
    call = CallAttempt.objects.open().get()
    desk.post("/appels/en-cours/composer/", {"call": call.pk})
    return CallAttempt.objects.get(pk=call.pk)


def test_av_21_the_page_shows_what_the_call_needs_and_the_number_once_it_is_written_as_called(desk: Client, centre):
    people_to_call(1, campaign())
    page = desk.post("/appels/suivant/", follow=True)
    assert "Bonjour Maud Keraval, l'Assurance Maladie vous propose" in shown(page)
    assert "2 mai 1940" in shown(page) and "tel:" not in page.content.decode()
    assert "Comirnaty" in shown(page) and "la seconde lundi" in shown(page)
    call = CallAttempt.objects.get()
    page = desk.post("/appels/en-cours/composer/", {"call": call.pk}, follow=True)
    assert 'href="tel:0299000001"' in page.content.decode() and "02 99 00 00 01" in shown(page)
    assert CallAttempt.objects.get().dialled_at == AT
    read = AccessLogEntry.objects.filter(person_id=call.person_id, purpose="appel d'une campagne", action="read")
    assert read.count() == 3
    assert "numéro composé" in AccessLogEntry.objects.filter(person_id=call.person_id).values_list("purpose", flat=True)


def test_ap_05_both_injections_are_booked_in_the_call_and_the_reserved_seat_goes_first(desk: Client, centre):
    people_to_call(1, campaign())
    call = on_the_phone(desk)
    page = desk.get("/appels/en-cours/").content.decode()
    second = page.split('name="second" value="')[1].split('"')[0]
    entry = {"call": call.pk, "slot": centre[0].pk, "second": second}
    answer = shown(desk.post("/appels/en-cours/rendez-vous/", entry, follow=True))
    assert "Rendez-vous pris" in answer and "Seconde injection" in answer and "prévenir votre médecin traitant" in answer
    first, other = Appointment.objects.order_by("rank")
    assert (other.first_id, first.origin, first.cause_kind) == (first.pk, "call", "invitation")
    assert 21 <= (other.slot.starts_at - first.slot.starts_at).days <= 49
    assert Share.objects.get(pk=first.share_id).audience == "assurance_maladie"
    desk.post("/appels/en-cours/rendez-vous/", entry)
    assert Appointment.objects.count() == 2


def test_av_24_no_end_before_the_appointment_is_confirmed_and_the_message_says_it(desk: Client, centre):
    people_to_call(1, campaign())
    call = on_the_phone(desk)
    ContactPoint.objects.create(person=call.person, kind="email", value="maud@exemple.fr")
    desk.post("/appels/en-cours/rendez-vous/", {"call": call.pk, "slot": centre[0].pk, "second": ""})
    booked = {"call": call.pk, "outcome": "booked"}
    assert "comment le rendez-vous est confirmé" in shown(desk.post("/appels/en-cours/issue/", booked, follow=True))
    assert "terminez par" in shown(desk.post("/appels/en-cours/issue/", {**booked, "outcome": "declined"}, follow=True))
    confirming = "/appels/en-cours/rendez-vous/confirmer/"
    assert "Aucune adresse" in shown(desk.post(confirming, {"call": call.pk, "how": "sms"}, follow=True))
    desk.post(confirming, {"call": call.pk, "how": "email"})
    message = Message.objects.get(channel="email")
    said = fill(texts.of_each([message])[message.pk], texts.variables_of([message])[message.pk])[1]
    assert "12/04/2021 à 09 h 00, Centre de vaccination" in said and "médecin traitant" in said
    assert "Issue enregistrée" in shown(desk.post("/appels/en-cours/issue/", booked, follow=True))
    assert Message.objects.get(channel="call").outcome == "booked"


def test_av_24_noted_and_read_back_then_the_person_changes_their_mind(desk: Client, centre):
    people_to_call(1, campaign())
    call = on_the_phone(desk)
    desk.post("/appels/en-cours/rendez-vous/", {"call": call.pk, "slot": centre[0].pk, "second": ""})
    desk.post("/appels/en-cours/rendez-vous/confirmer/", {"call": call.pk, "how": "noted"})
    assert "noté et relu" in shown(desk.get("/appels/en-cours/"))
    desk.post("/appels/en-cours/rendez-vous/annuler/", {"call": call.pk})
    assert not Appointment.objects.open().exists()
    desk.post("/appels/en-cours/issue/", {"call": call.pk, "outcome": "declined"})
    assert Message.objects.get(channel="call").outcome == "declined"


def test_ap_06_a_partner_that_does_not_answer_is_unknown_never_without_places(desk: Client, settings: Settings):
    settings.ALLANT_BOOKING_PARTNERS = {"muet": {"url": "http://127.0.0.1:9/fhir", "token": ""}}
    builders.place(name="Centre du partenaire", partner="muet", partner_reference="Location/1")
    people_to_call(1, campaign())
    on_the_phone(desk)
    for address in ("/appels/en-cours/partenaires/", "/appels/en-cours/partenaires/?fragment=1"):
        answer = shown(desk.get(address))
        assert "Inconnu</strong> : le partenaire" in answer and "Aucun créneau libre" not in answer
    wrong = {"call": CallAttempt.objects.get().pk, "partner": "faux"}
    assert "n’existe plus" in shown(desk.post("/appels/en-cours/rendez-vous/", wrong, follow=True))


@pytest.mark.parametrize("entry", [{}, {"call": "x"}, {"call": "99"}, {"call": "9" * 30}])
def test_av_20_a_page_left_open_acts_on_nobody_else(desk: Client, entry):
    people_to_call(1, campaign())
    desk.post("/appels/suivant/")
    for name in ("composer", "rendre", "rendez-vous", "rendez-vous/annuler", "rendez-vous/confirmer", "issue"):
        assert desk.post(f"/appels/en-cours/{name}/", entry).status_code == 302
    assert desk.post("/appels/en-cours/vivant/", entry).status_code == 409
    assert CallAttempt.objects.open().filter(dialled_at=None).count() == 1


def test_av_20_nobody_to_call_says_so_and_another_territory_is_not_ours(client: Client):
    people_to_call(1, campaign())
    enter(client, account_with(Role.PLATFORM_AGENT, departement="75"))
    assert "Personne n’est à appeler maintenant" in shown(client.post("/appels/suivant/", follow=True))
    assert client.get("/appels/en-cours/").status_code == 302


def test_av_27_a_medical_campaign_is_called_by_the_medical_service_and_named_to_no_one_else(client: Client):
    call_for(person(), campaign("medicale", medical=True, title="Immunodéprimés", template="covid-medicalise"))
    enter(client, account_with(Role.CALL_AGENT))
    assert "Immunodéprimés" not in shown(client.get("/appels/"))
    client.post("/appels/suivant/")
    assert not CallAttempt.objects.exists()
    manager = Client()
    enter(manager, account_with(Role.CAMPAIGN_MANAGER, username="agency:manager"))
    assert "Immunodéprimés" not in shown(manager.get("/appels/supervision/"))
    doctor = Client()
    enter(doctor, account_with(Role.MEDICAL_SERVICE, username="agency:doctor"))
    assert "service médical de l'Assurance Maladie" in shown(doctor.post("/appels/suivant/", follow=True))


def test_av_50_the_supervisor_sees_rates_and_decides_on_calls_without_outcome(desk: Client, client: Client, monkeypatch):
    people_to_call(3, campaign())
    call = on_the_phone(desk)
    desk.post("/appels/en-cours/issue/", {"call": call.pk, "outcome": "declined"})
    left = on_the_phone(desk)
    manager = Client()
    enter(manager, account_with(Role.CAMPAIGN_MANAGER, username="agency:manager"))
    page = shown(manager.get("/appels/supervision/"))
    assert "L’agent est en ligne" in page and "10 h" in page and "1 (50,0 %)" in page
    monkeypatch.setattr(clock, "now", lambda: AT + timedelta(hours=2))
    assert "Personne n’a été joint" in shown(manager.get("/appels/supervision/"))
    manager.post(f"/appels/supervision/{left.pk}/decider/", {"outcome": "voicemail"})
    left.refresh_from_db()
    assert (left.ended_as, left.outcome) == ("decided", "voicemail")
    file = manager.get("/appels/supervision/appels.csv").content.decode()
    assert "Ne le souhaite pas" in file and "Keraval" not in file and file.count("\r\n") == 3
    reach = shown(manager.get("/appels/supervision/")).split("De la cible à l’acte")[-1]
    assert "call : 2" in reach


def told(client: Client, event: dict | str, secret: str = SECRET):
    body = event if isinstance(event, str) else json.dumps(event)
    headers = {"X-Allant-Signature": signature(secret, body.encode())}
    return client.post("/appels/evenements/", body, content_type="application/json", headers=headers)


def test_av_02_a_telephony_says_a_machine_answered_once(client: Client, desk: Client, settings: Settings):
    settings.ALLANT_TELEPHONY_SECRET = SECRET
    people_to_call(1, campaign())
    call = on_the_phone(desk)
    event = {"id": "e1", "call": call.pk, "event": "machine_detected"}
    assert told(client, event).json() == {"nouveau": True} and told(client, event).json() == {"nouveau": False}
    assert CallEvent.objects.filter(kind="machine_detected").count() == 1
    assert "entendu un répondeur" in shown(desk.get("/appels/en-cours/"))
    assert told(client, {"id": "e2", "agent": "agency:test", "event": "hung_up"}).status_code == 200
    assert CallAttempt.objects.get().ended_at is None


@pytest.mark.parametrize(("event", "status"), [
    ("[]", 400), ("x", 400), ({"id": "e", "event": "autre", "call": 1}, 400), ({"id": "", "event": "answered", "call": 1}, 400),
    ({"id": "e", "event": "answered", "call": True}, 400), ({"id": "e", "event": "answered", "call": 2**80}, 400),
    ({"id": "e", "event": "answered"}, 400), ({"id": "e\0", "event": "answered", "call": 1}, 400),
    ({"id": "e", "event": "answered", "call": 1}, 404), ("[" * 5000, 400),
])  # fmt: skip
def test_a_bad_event_is_refused_and_writes_nothing(client: Client, settings: Settings, event, status: int):
    settings.ALLANT_TELEPHONY_SECRET = SECRET
    assert told(client, event).status_code == status and not CallEvent.objects.exists()


def test_an_event_that_is_not_signed_is_refused(client: Client, settings: Settings):
    event = {"id": "e", "event": "answered", "call": 1}
    assert told(client, event).status_code == 403
    settings.ALLANT_TELEPHONY_SECRET = SECRET
    assert told(client, event, "autre").status_code == 403
    assert client.post("/appels/evenements/", "{}", content_type="application/json").status_code == 403


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(600)
def test_av_20_two_browsers_never_show_the_same_person_and_five_keys_make_a_call_with_its_booking(
    live_server: LiveServer, browser: Browser, browser_page: Page, settings: Settings, axe: Callable[[Page], None]
):
    """AV-20 to AV-24 in two browsers: take, dial, hour, noted, booked, without the mouse; a relative told; one key for
    an outcome; then the supervisor's page.
    """
    place = builders.place(address="2 rue de la Paix")
    builders.schedule(place)
    slots = make_slots(place, builders.MONDAY, builders.MONDAY + timedelta(days=49))
    assert slots
    people_to_call(3, campaign())
    other = browser.new_context(locale="fr-FR").new_page()
    for number, page in enumerate((browser_page, other)):
        page.set_default_timeout(120_000)  # a busy machine
        signed = Client()
        enter(signed, account_with(Role.CALL_AGENT, Role.CAMPAIGN_MANAGER, username=f"agency:agent{number}"))
        cookie = signed.cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        page.goto(f"{live_server.url}/appels/")
        page.keyboard.press("Enter")
        page.locator("text=Aucun lieu de partenaire").wait_for()
    assert CallAttempt.objects.open().values("person").distinct().count() == 2
    page = browser_page
    axe(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    for key, shows in (("c", "#numero"), ("a", "text=N — Noté"), ("n", "#confirme")):
        page.keyboard.press(key)
        page.locator(shows).first.wait_for()
        axe(page)
        page.set_viewport_size({"width": 1280, "height": 800})
    page.keyboard.press("1")
    page.locator("text=Issue enregistrée").wait_for()
    assert CallAttempt.objects.get(outcome="booked") and Appointment.objects.count() == 2
    # The other agent books too, and a relative is told (AV-24).
    for key, shows in (("c", "#numero"), ("a", "#proche")):
        other.keyboard.press(key)
        other.locator(shows).first.wait_for()
    other.get_by_label("Courriel ou mobile d’un proche").fill("fille@exemple.fr")
    other.get_by_role("button", name="Envoyer au proche").press("Enter")
    other.locator("#confirme").wait_for()
    assert ToldAt.objects.filter(relative=True).values_list("value", flat=True)[0] == "fille@exemple.fr"
    other.keyboard.press("1")
    other.locator("text=Issue enregistrée").wait_for()
    other.context.close()
    page.keyboard.press("Enter")
    page.locator("text=Aucun lieu de partenaire").wait_for()
    page.keyboard.press("c")
    page.locator("#numero").wait_for()
    page.keyboard.press("2")
    page.locator("text=Issue enregistrée").wait_for()
    assert sorted(CallAttempt.objects.values_list("outcome", flat=True)) == ["booked", "booked", "voicemail"]
    page.goto(f"{live_server.url}/appels/supervision/")
    assert page.get_by_role("heading", name="Appels par heure").is_visible()
    axe(page)
