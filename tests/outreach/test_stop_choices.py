"""AV-16: the STOP of a shared number asked for whom, by a page that names nobody and asks who one is."""

from datetime import date, timedelta

import pytest

from allant.outreach import stop_choices
from allant.outreach.actions import load_templates
from allant.outreach.answers import Typed, decide_for_whom, receive
from allant.outreach.models import InboundMessage, InboundPerson, Message
from allant.outreach.previewing import count
from allant.outreach.stop_choices import BadChoice, choose, close_unchosen, token
from allant.outreach.templates import fill
from allant.outreach.texts import of_each, variables_of
from allant.people.models import ContactPoint, Person
from tests.outreach.centre import AT, DAY, number, people

pytestmark = pytest.mark.django_db
BORN = {1: date(1950, 5, 17), 2: date(1974, 3, 2), 3: date(2001, 11, 30)}


@pytest.fixture
def stop(db) -> InboundMessage:
    """The STOP of a number that three people bear."""
    load_templates(by="test")
    people(3)
    for pk, born in BORN.items():
        Person.objects.filter(pk=pk).update(birth_date=born)
    ContactPoint.objects.update(value=f"0{number(1)[2:]}")
    return said("STOP")


def said(text: str, at=AT) -> InboundMessage:
    return receive(Typed("principale", f"{text}{at}", number(1), text), at=at)


def stopped() -> set[int]:
    return set(ContactPoint.objects.exclude(opted_out_on=None).values_list("person_id", flat=True))


def test_av_16_without_a_choice_the_stop_holds_for_everybody_of_the_number(stop):
    assert stopped() == {1, 2, 3}
    assert close_unchosen(AT + timedelta(days=29)) == 0
    assert close_unchosen(AT + timedelta(days=31)) == 1
    stop.refresh_from_db()
    assert stop.handled_by == stop_choices.BY_DEFAULT and stopped() == {1, 2, 3}


def test_av_16_each_proves_who_they_are_and_chooses_for_themselves_alone(stop):
    assert choose(token(stop.pk), birth_date=BORN[2], goes_on=True, at=AT) == 2
    assert stopped() == {1, 3}
    assert choose(token(stop.pk), birth_date=BORN[1], goes_on=False, at=AT) == 1
    assert InboundMessage.objects.get().handled_at is None, "the third may still choose"
    assert choose(token(stop.pk), birth_date=BORN[3], goes_on=False, at=AT) == 3
    assert stopped() == {1, 3}
    assert InboundMessage.objects.get().handled_by == stop_choices.BY_PEOPLE
    assert dict(InboundPerson.objects.values_list("person_id", "confirmed")) == {1: True, 2: False, 3: True}
    choose(token(stop.pk), birth_date=BORN[1], goes_on=True, at=AT + timedelta(days=1))
    assert stopped() == {3}, "a choice may be changed"


def test_av_16_the_confirmation_bears_the_link_and_is_the_same_for_a_number_of_one(stop):
    single = people(1, first=9)[0]
    alone = receive(Typed("principale", "seul", number(9), "STOP"), at=AT)
    texts = {}
    for inbound in (stop, alone):
        message = Message.objects.get(cause_kind="inbound", cause_id=inbound.pk)
        texts[inbound] = fill(of_each([message])[message.pk], variables_of([message])[message.pk])[1]
        assert token(inbound.pk) in texts[inbound]
        assert count(texts[inbound]).alphabet == "GSM-7" and count(texts[inbound]).parts <= 2
    assert texts[stop].replace(token(stop.pk), "") == texts[alone].replace(token(alone.pk), "")
    assert single.birth_date and choose(token(alone.pk), birth_date=single.birth_date, goes_on=True, at=AT) == 9


def test_av_16_wrong_dates_are_counted_and_end_the_page(stop):
    for tried in range(6):
        with pytest.raises(BadChoice, match="Aucune personne connue"):
            choose(token(stop.pk), birth_date=date(1960, 1, 1 + tried), goes_on=True, at=AT)
    with pytest.raises(BadChoice, match="Trop de dates fausses"):
        choose(token(stop.pk), birth_date=BORN[1], goes_on=True, at=AT)
    assert stopped() == {1, 2, 3}


@pytest.mark.parametrize("columns", [{"birth_date": BORN[1]}, {"birth_precision": "year", "birth_date": BORN[2]}])
def test_av_16_a_date_that_does_not_say_who_changes_nothing(stop, columns):
    Person.objects.filter(pk=2).update(**columns)
    with pytest.raises(BadChoice, match=r"ne suffit pas|Aucune personne"):
        choose(token(stop.pk), birth_date=BORN[2] if "birth_precision" in columns else BORN[1], goes_on=True, at=AT)
    assert stopped() == {1, 2, 3}


@pytest.mark.parametrize("wrong", ["", "1", "1-", "x-abc", "1-000000000000", "²-0", "9" * 30 + "-0"])
def test_av_16_a_link_that_we_did_not_make_opens_nothing(stop, wrong):
    with pytest.raises(BadChoice, match="pas complet"):
        stop_choices.asked(wrong, AT)


def test_av_16_an_old_link_and_the_link_of_another_answer_open_nothing(stop):
    with pytest.raises(BadChoice, match="plus valable"):
        choose(token(stop.pk), birth_date=BORN[1], goes_on=True, at=AT + timedelta(days=31))
    words = said("bonjour")
    with pytest.raises(BadChoice, match="pas complet"):
        stop_choices.asked(token(words.pk), AT)


def test_av_16_reprendre_does_not_end_the_stop_that_somebody_proved_theirs(stop):
    choose(token(stop.pk), birth_date=BORN[1], goes_on=False, at=AT)
    said("REPRENDRE", AT + timedelta(days=1))
    assert stopped() == {1}


def test_av_16_an_agent_decides_for_those_who_did_not(stop):
    choose(token(stop.pk), birth_date=BORN[2], goes_on=True, at=AT)
    decide_for_whom(stop.pk, [3], by="agent", at=AT)
    assert stopped() == {3}
    assert ContactPoint.objects.get(person=3).opted_out_on == DAY
