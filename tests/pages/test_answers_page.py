"""AV-10, AV-16: answers by SMS that an agent handles."""

from datetime import datetime
from html import unescape

import pytest
from django.test import Client

from allant import clock
from allant.accounts.models import AccessLogEntry
from allant.accounts.roles import Role
from allant.outreach.actions import load_templates
from allant.outreach.answers import Typed, receive
from allant.outreach.models import InboundMessage, Worker
from allant.people.models import ContactPoint, Person
from tests.accounts.sessions import account_with, enter

pytestmark = pytest.mark.django_db
AT = datetime(2021, 1, 18, 10, tzinfo=clock.PARIS)
PAGE = "/contacts/reponses/"


@pytest.fixture
def answers(db) -> list[InboundMessage]:
    """Free words of person 1, the STOP of a number that 2 and 3 share."""
    load_templates(by="test")
    for pk, number in ((1, "0639980001"), (2, "+33639980002"), (3, "0639980002")):
        named = {"family_name": f"Martin{pk}", "given_names": "Jeanne", "birth_precision": "none"}
        person = Person.objects.create(id=pk, departement_code="75", **named)
        ContactPoint.objects.create(person=person, kind="mobile", value=number)
    typed = (("33639980001", "Plutôt <b>samedi</b>"), ("33639980002", "STOP"))
    return [receive(Typed("principale", text, number, text), at=AT) for number, text in typed]


@pytest.fixture
def agent(client: Client, answers) -> Client:
    enter(client, account_with(Role.CALL_AGENT, departement="FR"))
    return client


def shown(answer) -> str:
    return " ".join(unescape(answer.content.decode()).split())


def test_av_10_answers_are_shown_logged_and_marked(agent: Client, answers):
    page = agent.get(PAGE)
    assert "2 réponses à traiter" in shown(page) and "06 39 98 00 01" in shown(page).replace("\xa0", " ")
    assert "Plutôt &lt;b&gt;samedi&lt;/b&gt;" in page.content.decode()
    read = AccessLogEntry.objects.filter(action="read", purpose="réponses par SMS")
    assert set(read.values_list("person_id", flat=True)) == {1, 2, 3}
    assert "Réponse traitée" in shown(agent.post(f"{PAGE}{answers[0].pk}/", follow=True))
    answers[0].refresh_from_db()
    assert answers[0].handled_at and answers[0].handled_by
    assert "déjà été traitée" in shown(agent.post(f"{PAGE}{answers[0].pk}/", follow=True))


def test_av_16_the_agent_says_for_whom_a_stop_spoke(agent: Client, answers):
    assert "Pour qui l’arrêt est-il demandé ?" in shown(agent.get(PAGE))
    assert "Choisissez au moins une" in shown(agent.post(f"{PAGE}{answers[1].pk}/", {"person": ["1", "x"]}, follow=True))
    agent.post(f"{PAGE}{answers[1].pk}/", {"person": ["3"]})
    refused = {pk: bool(day) for pk, day in ContactPoint.objects.values_list("person_id", "opted_out_on")}
    assert refused == {1: False, 2: False, 3: True}


def test_av_10_nothing_to_handle_says_so(agent: Client):
    InboundMessage.objects.update(handled_at=AT)
    assert "Aucune réponse n’attend" in shown(agent.get(PAGE))


def test_av_10_an_agent_sees_and_handles_the_answers_of_their_territory(client: Client, answers):
    enter(client, account_with(Role.CALL_AGENT, departement="13"))
    assert "Aucune réponse n’attend" in shown(client.get(PAGE))
    assert client.post(f"{PAGE}{answers[0].pk}/").status_code == 403
    assert InboundMessage.objects.get(pk=answers[0].pk).handled_at is None


def test_av_14_the_page_of_sendings_shows_the_workers(client: Client, answers):
    enter(client, account_with(Role.CAMPAIGN_MANAGER))
    assert "Aucun processus d’envoi ne tourne" in shown(client.get("/contacts/envois/"))
    now = clock.now()
    Worker.objects.create(name="sms-essai", channel="sms", started_at=now, seen_at=now, handled=1200)
    page = shown(client.get("/contacts/envois/"))
    assert "sms-essai" in page and "En marche" in page
