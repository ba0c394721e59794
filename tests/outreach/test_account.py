"""AV-01, AV-14: messages in the account: placed once, noticed without content, read, refused; the worker that places them."""

from datetime import timedelta

import pytest
from django.db import connection

from allant.outreach import causes, jobs
from allant.outreach.account import inbox
from allant.outreach.account.placing import NOTICE, place
from allant.outreach.account.sender import Sender
from allant.outreach.actions import load_templates
from allant.outreach.claiming import claim
from allant.outreach.holds import place_hold
from allant.outreach.models import AccountMessage, DeliveryEvent, Message
from allant.outreach.worker_commands import worker
from tests import killing
from tests.outreach.people import AT, MONDAY, message, person, template

pytestmark = pytest.mark.django_db
BODY = "Bonjour {name}, {{accolades}}. Votre code : {code}"


@pytest.fixture(autouse=True)
def lent(monkeypatch):
    """Messages of the cause `trial` are to the same invented person, with a code each."""
    named = {"trial": lambda ids: {pk: {"name": "Camille {Exemple}", "code": f"CODE{pk}"} for pk in ids if pk != 999}}
    monkeypatch.setattr(causes, "_causes", causes._causes | named)


def waiting(to=None, **columns):
    return message(to or person("email"), channel="account", **columns)


def test_av_01_a_message_is_placed_delivered_and_read_with_its_code_which_is_stored_nowhere():
    template(channel="account", subject="Une dose, {name}", body=BODY)
    sent = waiting()
    assert place(AT, 10, "essai") == 1
    placed = AccountMessage.objects.get()
    sent.refresh_from_db()
    assert (sent.status, sent.sent_at) == ("delivered", AT)
    assert DeliveryEvent.objects.get().kind == "delivered"
    assert f"CODE{sent.cause_id}" not in placed.body
    words = inbox.words_of(placed)
    assert words.subject == "Une dose, Camille {Exemple}"
    assert words.body == f"Bonjour Camille {{Exemple}}, {{accolades}}. Votre code : CODE{sent.cause_id}"
    assert place(AT, 10, "essai") == 0 and AccountMessage.objects.count() == 1


def test_av_01_the_words_are_those_of_the_day_and_a_code_withdrawn_since_is_said():
    template(channel="account", subject="Objet", body=BODY)
    sent = waiting()
    place(AT, 10, "essai")
    template(channel="account", subject="Autre", body="Autre texte {code}", version=2)
    Message.objects.filter(pk=sent.pk).update(cause_id=999)
    words = inbox.words_of(AccountMessage.objects.select_related("message", "template").get())
    assert words.subject == "Objet" and words.body.endswith("Votre code : [code retiré]")


def test_av_01_the_text_is_in_the_language_of_the_person():
    template(channel="account", subject="Objet", body="Bonjour {name}")
    template(channel="account", subject="موضوع", body="{name}", language="ar")
    waiting(person("email", language="ar"))
    place(AT, 10, "essai")
    words = inbox.words_of(AccountMessage.objects.get())
    assert (words.subject, words.language, words.right_to_left) == ("موضوع", "ar", True)


def test_av_01_a_revoked_cause_is_dropped_with_its_reason():
    template(channel="account", subject="Objet", body=BODY)
    gone = waiting(cause_id=999)
    place(AT, 10, "essai")
    gone.refresh_from_db()
    assert (gone.status, gone.drop_reason, gone.sent_in) == ("dropped", "cause révoquée", "")
    assert not AccountMessage.objects.exists()


def test_av_03_a_refusal_drops_campaign_messages_and_leaves_confirmations():
    template(channel="account", subject="Objet", body=BODY)
    template("confirme", channel="account", kind="confirmation", subject="Objet", body="Bonjour")
    somebody = person("email")
    inbox.refuse(somebody, on=MONDAY)
    inbox.refuse(somebody, on=MONDAY + timedelta(1))
    assert inbox.refuses(somebody)
    refused, confirmed = waiting(somebody), waiting(somebody, slug="confirme")
    while place(AT, 10, "essai"):
        pass
    states = dict(Message.objects.values_list("pk", "status"))
    assert (states[refused.pk], states[confirmed.pk]) == ("dropped", "delivered")
    assert Message.objects.get(pk=refused.pk).drop_reason == "refus de ce moyen de contact (STOP)"
    inbox.accept(somebody)
    assert not inbox.refuses(somebody)


def test_av_04_what_a_stop_holds_is_not_placed():
    template(channel="account", subject="Objet", body=BODY)
    waiting()
    place_hold(channel="account", template="", reason="essai", at=AT, by="test")
    assert place(AT, 10, "essai") == 0 and not AccountMessage.objects.exists()


def test_av_01_a_notice_without_content_follows_by_the_channel_of_the_doctrine_and_one_is_enough():
    load_templates(by="test")
    template(channel="account", subject="Objet", body=BODY)
    reached, silent = person("email", "mobile"), person("mobile", "email")
    silent.contact_points.filter(kind="email").update(opted_out_on=MONDAY)
    for to in (reached, reached, silent):
        waiting(to)
    while place(AT, 10, "essai"):
        pass
    assert AccountMessage.objects.count() == 3
    notice = Message.objects.get(template=NOTICE)
    assert (notice.person, notice.channel, notice.cause_kind) == (reached, "email", "account_message")
    lent = causes.variables_of("account_message", [notice.cause_id])
    assert lent[notice.cause_id]["url"].endswith("/messages/")


def test_av_01_a_message_read_before_its_notice_left_needs_none():
    load_templates(by="test")
    template(channel="account", subject="Objet", body=BODY)
    waiting()
    place(AT, 10, "essai")
    placed = AccountMessage.objects.get()
    assert inbox.first_reading(placed, by="assuré", at=AT) and not inbox.first_reading(placed, by="assuré", at=AT)
    assert causes.variables_of("account_message", [placed.pk]) == {}


def test_av_14_a_claim_of_another_sender_finds_nothing_and_the_lease_job_has_nothing_to_take_back():
    template(channel="account", subject="Objet", body=BODY)
    waiting()
    sender = Sender("essai", now=lambda: AT)
    assert sender.turn(0) and sender.handled == 1 and not sender.turn(0)
    assert claim("account", AT, 10, "autre") == []
    assert set(jobs.take_back_leases(0)) == {"sms", "email"}


def test_av_01_the_worker_places_what_waits(capsys, settings):
    settings.ALLANT_TODAY = MONDAY
    template(channel="account", subject="Objet", body=BODY)
    waiting()
    worker(channel="account", once=True)
    assert "1 messages traités" in capsys.readouterr().out
    assert AccountMessage.objects.count() == 1


_WORK = """
from allant.outreach import causes
from allant.outreach.account.placing import place
from tests.outreach.people import AT

causes._causes["trial"] = lambda ids: {pk: {"name": "Camille", "code": "X"} for pk in ids}
while place(AT, 5, "essai"):
    pass
"""


def left() -> killing.Content:
    return {
        "placed": sorted(AccountMessage.objects.values_list("message_id", "subject", "body")),
        "notices": sorted(Message.objects.filter(template=NOTICE).values_list("person_id", "status")),
        "delivered": sorted(Message.objects.filter(status="delivered").values_list("pk")),
    }


def again() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE outreach_accountmessage, outreach_deliveryevent")
    Message.objects.filter(template=NOTICE).delete()
    Message.objects.update(status="pending", sent_at=None, sent_in="", claimed_at=None)


@pytest.mark.django_db(transaction=True)
def test_av_14_killed_anywhere_each_message_is_placed_once():
    load_templates(by="test")
    template(channel="account", subject="Objet", body=BODY)
    for _ in range(30):
        waiting()
    killing.trials(_WORK, seeds=range(3), content=left, clean=again)
