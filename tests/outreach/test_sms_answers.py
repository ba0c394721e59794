"""AV-10, AV-16: answers by SMS: STOP, its end, free words; who they may come from."""

from datetime import timedelta

import pytest

from allant.outreach.actions import load_templates
from allant.outreach.answers import BadAnswer, Typed, decide_for_whom, meaning, receive
from allant.outreach.models import InboundMessage, Message
from allant.people.models import ContactPoint
from tests.outreach.centre import AT, DAY, drain, number, people, sender, template, waiting

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("text", "expected"), [
    ("STOP", "stop"), ("stop", "stop"), (" Stop ! ", "stop"), ("STOP 38000", "stop"), ("stop sms svp", "stop"), ("Arrêt", "stop"),
    ("ARRÊTER.", "stop"), ("arretez", "stop"), ("Ne plus me contacter", "stop"), ("désabonner", "stop"),
    ("ne m'écrivez plus", "stop"),
    ("توقف", "stop"), ("baja", "stop"), ("", "reply"), ("StopCovid ?", "reply"), ("je ne peux pas m'arrêter demain", "reply"),
    ("arrêt de bus", "reply"), ("REPRENDRE", "start"), ("start", "start"), ("reprendre rendez-vous", "reply"), ("oui", "reply"),
    ("👍", "reply"), ("s.t.o.p", "reply"),
])  # fmt: skip
def test_av_10_the_french_words_of_a_stop(text, expected):
    assert meaning(text, AT) == expected


def typed(rank: int, text: str, key: str = "1") -> Typed:
    return Typed("principale", f"{key}-{text}", number(rank), text)


def opted_out() -> dict:
    return dict(ContactPoint.objects.values_list("person_id", "opted_out_on"))


@pytest.fixture
def wordings(db):
    load_templates(by="test")


def test_av_10_a_stop_through_the_centre_silences_the_number_in_every_campaign_at_once(centre, wordings):
    template()
    persons = people(2)
    waiting(persons)
    sending = sender(centre.route())
    drain(sending)
    waiting(persons, cause=3000)
    waiting(persons, cause=7000)
    centre.typed(number(1), "Stop !")
    drain(sending)
    answer = InboundMessage.objects.get()
    assert (answer.kind, answer.sender, answer.text, answer.handled_by) == ("stop", number(1), "Stop !", "règle automatique")
    (author,) = answer.persons.all()
    assert author.confirmed and author.message.cause_kind == "test" and author.message.cause_id in (1, 3001, 7001)
    assert opted_out() == {1: DAY, 2: None}
    texts = [each["text"] for each in centre.taken() if each["number"] == number(1)]
    assert 2 <= len(texts) <= 5 and "Assurance Maladie : c'est noté" in "".join(texts[-2:])
    assert Message.objects.filter(person_id=1, cause_kind="test", status="pending").count() == 0
    assert author.message.events.filter(kind="unsubscribed").count() == 1


def test_av_10_what_waits_is_dropped_with_its_reason_and_nothing_more_is_taken(centre, wordings):
    template()
    persons = people(1)
    waiting(persons)
    receive(typed(1, "STOP"), at=AT)
    assert Message.objects.get(cause_kind="test").drop_reason == "STOP reçu"
    waiting(persons, cause=5000)
    sending = sender(centre.route())
    drain(sending)
    assert Message.objects.get(cause_id=5001).status == "dropped"
    assert "".join(each["text"] for each in centre.taken()).startswith("Assurance Maladie : c'est noté")


def test_av_10_the_same_answer_given_twice_is_one_and_a_second_stop_gets_no_second_confirmation(wordings):
    people(1)
    assert receive(typed(1, "STOP"), at=AT)
    assert receive(typed(1, "STOP"), at=AT) is None
    assert receive(typed(1, "STOP", key="2"), at=AT)
    assert InboundMessage.objects.count() == 2
    assert Message.objects.filter(template="stop-confirmation").count() == 1


def test_av_10_another_mobile_still_reaches_the_person(wordings):
    template()
    persons = people(1)
    ContactPoint.objects.create(person=persons[0], kind="mobile", value=f"+{number(9)}")
    waiting(persons)
    receive(typed(1, "STOP"), at=AT)
    assert Message.objects.get(cause_kind="test").status == "pending"


def test_av_10_reprendre_ends_a_stop(wordings):
    people(1)
    receive(typed(1, "STOP"), at=AT)
    receive(typed(1, "Reprendre"), at=AT + timedelta(days=1))
    assert opted_out() == {1: None}
    assert list(Message.objects.values_list("template", flat=True).order_by("id")) == ["stop-confirmation", "start-confirmation"]


def shared() -> None:
    people(2)
    ContactPoint.objects.filter(person_id=2).update(value=f"0{number(1)[2:]}")


def test_av_16_the_stop_of_a_shared_number_silences_it_for_all_until_an_agent_says_for_whom(wordings):
    shared()
    answer = receive(typed(1, "STOP"), at=AT)
    assert opted_out() == {1: DAY, 2: DAY}
    assert list(answer.persons.values_list("person_id", "confirmed").order_by("person_id")) == [(1, False), (2, False)]
    assert InboundMessage.objects.get().handled_at is None
    decide_for_whom(answer.pk, [2], by="agent", at=AT)
    assert opted_out() == {1: None, 2: DAY}
    assert list(answer.persons.values_list("person_id", "confirmed").order_by("person_id")) == [(1, False), (2, True)]
    assert InboundMessage.objects.get().handled_by == "agent"
    with pytest.raises(BadAnswer, match="déjà été traitée"):
        decide_for_whom(answer.pk, [1], by="agent", at=AT)


@pytest.mark.parametrize("chosen", [[], [99], [1, 99]])
def test_av_16_only_people_of_the_number_can_be_chosen(wordings, chosen):
    shared()
    answer = receive(typed(1, "STOP"), at=AT)
    with pytest.raises(BadAnswer, match="Choisissez"):
        decide_for_whom(answer.pk, chosen, by="agent", at=AT)
    assert opted_out() == {1: DAY, 2: DAY}


def test_av_10_free_words_wait_for_an_agent_with_the_message_they_probably_answer(centre, wordings):
    template()
    waiting(people(1))
    sending = sender(centre.route())
    drain(sending)
    centre.typed(number(1), "Je préfère un samedi, merci — ça m'arrange")
    drain(sending)
    answer = InboundMessage.objects.get()
    assert (answer.kind, answer.text, answer.handled_at) == ("reply", "Je préfère un samedi, merci — ça m'arrange", None)
    assert answer.persons.get().message.cause_kind == "test"


def test_av_10_an_answer_from_an_unknown_number_is_kept(wordings):
    answer = receive(typed(8, "Qui êtes-vous ?"), at=AT)
    assert not answer.persons.exists() and answer.handled_at is None


def test_av_10_an_answer_is_acknowledged_only_once_written(centre, wordings, monkeypatch):
    """A sender that dies before the end of the transaction gets the answer again from the centre."""
    people(1)
    sending = sender(centre.route())
    sending.turn(0)
    from allant.outreach import answers

    centre.typed(number(1), "Bonjour")
    monkeypatch.setattr(answers, "receive", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        drain(sending)
    sending.session.close()
    monkeypatch.undo()
    assert centre.order(count=True)["waiting"] == 1
    again = sender(centre.route())
    drain(again)
    assert InboundMessage.objects.get().text == "Bonjour"
    assert centre.order(count=True)["waiting"] == 0
