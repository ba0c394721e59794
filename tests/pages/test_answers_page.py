"""AV-10, AV-16: answers by SMS that an agent handles."""

from datetime import date, datetime
from html import unescape

import pytest
from django.test import Client

from allant import clock
from allant.accounts.models import AccessLogEntry
from allant.accounts.roles import Role
from allant.outreach.actions import load_templates
from allant.outreach.answers import Typed, receive
from allant.outreach.models import InboundMessage, Worker
from allant.outreach.stop_choices import token
from allant.people.models import ContactPoint, Person
from tests.accounts.sessions import account_with, enter
from tests.outreach.people import message, person, template

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


def test_av_16_somebody_of_a_shared_number_chooses_on_the_page_and_the_agent_sees_it(agent: Client, answers, settings):
    settings.ALLANT_TODAY = AT.date()
    Person.objects.filter(pk=2).update(birth_date=date(1974, 3, 2), birth_precision="day")
    visitor, page = Client(), f"/contacts/n/{token(answers[1].pk)}/"
    shown_page = shown(visitor.get(page))
    assert "Sans choix, l’arrêt vaut pour tous" in shown_page and "Martin" not in shown_page
    for wrong, said in (({}, "Choisissez l’une"), ({"choice": "stop", "birth_date": "hier"}, "Date illisible"),
                        ({"choice": "stop", "birth_date": "01/01/1990"}, "Aucune personne connue")):  # fmt: skip
        refused = visitor.post(page, wrong)
        assert refused.status_code == 400 and said in shown(refused)
    assert "à nouveau recevoir nos SMS" in shown(visitor.post(page, {"choice": "go_on", "birth_date": "02/03/1974"}))
    assert AccessLogEntry.objects.about(2).get().purpose == "choix après STOP d'un numéro partagé"
    assert AccessLogEntry.objects.filter(action="refused", purpose__startswith="choix après STOP").count() == 1
    refused_by = {pk: bool(day) for pk, day in ContactPoint.objects.values_list("person_id", "opted_out_on")}
    assert refused_by == {1: False, 2: False, 3: True}
    assert "né·e le 2 mars 1974 : a choisi d’en recevoir à nouveau" in shown(agent.get(PAGE))
    assert visitor.get("/contacts/n/1-000000000000/").status_code == 404


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
    message(person("mobile"), on=clock.today())
    template()
    page = shown(client.get("/contacts/envois/"))
    assert "Aucun processus" in page.split("Ce que les canaux ont à envoyer")[-1] and "aucun processus ; lancez" in page
    now = clock.now()
    Worker.objects.create(name="sms-essai", channel="sms", started_at=now, seen_at=now, handled=1200)
    page = shown(client.get("/contacts/envois/"))
    assert "sms-essai" in page and "En marche" in page and "Aucun processus" not in page
