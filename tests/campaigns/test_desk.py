"""AV-02, AV-20, AV-22, AV-26, AV-27: the desk takes, dials and ends; one agent a person, and one voicemail for ever."""

from __future__ import annotations

from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection

from allant.campaigns.desk.calling import AGAIN, Said, decide, dial, end_call, in_doubt
from allant.campaigns.desk.figures import waiting_by_campaign
from allant.campaigns.desk.partners import FeedRefused, queue_favourable, results_for
from allant.campaigns.desk.taking import CallRefused, NotYours, Scope, alive, current_call, free_lapsed, give_back, take_next
from allant.campaigns.models import CallAttempt, CallEvent, PartnerConsent
from allant.directory.models import Organisation
from allant.outreach.holds import place_hold
from allant.outreach.models import Message
from allant.people.models import ContactPoint, Situation
from tests import another_process
from tests.campaigns.desk_cases import AT, DAY, EVERYWHERE, agent, call_for, campaign, people_to_call, person, taken

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def called(number: int = 1, at=AT) -> CallAttempt:
    """Taken and dialled by an agent."""
    call = taken(agent(number), at)
    dial(call_id=call.pk, by=agent(number), at=at)
    return call


def ended(outcome: str, at=AT, **said) -> Message:
    """A call ended so; its message."""
    call = called(at=at)
    end_call(call_id=call.pk, said=Said(outcome, **said), by=agent(), at=at + timedelta(minutes=3))
    return Message.objects.get(pk=call.message_id)


def test_av_20_an_agent_has_one_person_at_a_time_and_two_agents_never_the_same():
    people_to_call(3, campaign())
    first, second = taken(agent(1)), taken(agent(2))
    assert first.person_id != second.person_id
    assert taken(agent(1)).pk == first.pk == current_call(agent(1)).pk
    assert Message.objects.filter(status="sending").count() == 2
    assert list(first.events.values_list("kind", "by")) == [("taken", "agence:agent1")]


def test_av_20_a_person_of_two_campaigns_is_in_one_pair_of_hands():
    somebody = person()
    call_for(somebody, campaign())
    call_for(somebody, campaign("autre"))
    assert taken(agent(1)).person_id == somebody.pk
    assert take_next(by=agent(2), scope=EVERYWHERE, at=AT) is None


def test_av_04_at_lunch_nobody_is_called_and_nobody_is_judged_overseas_has_its_own_clock(django_assert_max_num_queries):
    of = campaign()
    people_to_call(3, of)
    lunch = AT.replace(hour=13)
    far = call_for(person(9, departement_code="971"), of, on=DAY - timedelta(1))
    assert take_next(by=agent(1), scope=EVERYWHERE, at=AT) is not None  # five in the morning in Guadeloupe: its turn waits
    assert Message.objects.get(pk=far.pk).status == "pending"
    with django_assert_max_num_queries(20):
        assert take_next(by=agent(2), scope=Scope(frozenset({"35"})), at=lunch) is None
    assert not Message.objects.exclude(held_reason="").exists()


def test_av_20_what_must_wait_before_the_next_is_passed_over_by_many(django_assert_max_num_queries):
    of = campaign()
    for number in range(1, 41):
        call_for(person(number, died_on=DAY), of, on=DAY - timedelta(2))
    last = call_for(person(50), of)
    with django_assert_max_num_queries(60):
        assert taken().message_id == last.pk
    assert Message.objects.filter(drop_reason="personne décédée").count() == 40


@pytest.mark.django_db(transaction=True)
def test_av_20_twenty_agents_at_once_never_get_the_same_person():
    """AV-20: twenty threads take, dial and end at once; each person is dialled once."""
    people_to_call(50, campaign())
    barrier, wrong = Barrier(20), []

    def work(number: int) -> None:
        try:
            barrier.wait()
            while (call := take_next(by=agent(number), scope=EVERYWHERE, at=AT)) is not None:
                dial(call_id=call.pk, by=agent(number), at=AT)
                end_call(call_id=call.pk, said=Said("voicemail"), by=agent(number), at=AT)
        except Exception as error:  # said by the assertion below
            wrong.append(error)
        finally:
            connection.close()

    threads = [Thread(target=work, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    people = list(CallAttempt.objects.values_list("person_id", flat=True))
    assert len(people) == len(set(people)) == 50
    assert CallEvent.objects.filter(kind="dialled").count() == 50
    assert CallAttempt.objects.values("agent").distinct().count() > 1


def test_av_20_a_dropped_browser_frees_the_person_who_was_not_dialled():
    people_to_call(1, campaign())
    lost = taken(agent(1))
    assert alive(call_id=lost.pk, by=agent(1), at=AT + timedelta(seconds=170))
    assert take_next(by=agent(2), scope=EVERYWHERE, at=AT + timedelta(seconds=340)) is None
    found = taken(agent(2), AT + timedelta(seconds=351))
    lost.refresh_from_db()
    assert (found.person_id, lost.ended_as) == (lost.person_id, "lapsed")
    assert not alive(call_id=lost.pk, by=agent(1), at=AT + HOUR)
    with pytest.raises(NotYours, match="plus entre vos mains"):
        dial(call_id=lost.pk, by=agent(1), at=AT + timedelta(seconds=352))


def test_av_22_what_was_dialled_and_left_is_never_called_again_without_a_decision():
    people_to_call(1, campaign())
    call = called()
    tomorrow = AT + timedelta(days=1)
    assert take_next(by=agent(2), scope=EVERYWHERE, at=tomorrow) is None and free_lapsed(at=tomorrow) == 0
    with pytest.raises(CallRefused, match="encore en ligne"):
        decide(call_id=call.pk, said=Said(AGAIN), by=agent(9), at=AT + timedelta(minutes=14))
    call.refresh_from_db()
    assert in_doubt(call, tomorrow)
    decide(call_id=call.pk, said=Said(AGAIN), by=agent(9), at=tomorrow)
    assert taken(agent(2), tomorrow).person_id == call.person_id
    with pytest.raises(NotYours, match="terminé"):
        decide(call_id=call.pk, said=Said(AGAIN), by=agent(9), at=tomorrow)


def test_av_22_the_agent_who_comes_back_finds_their_call_and_ends_it():
    people_to_call(2, campaign())
    call = called()
    assert taken(agent(1), AT + HOUR).pk == call.pk
    assert end_call(call_id=call.pk, said=Said("declined"), by=agent(), at=AT + HOUR).outcome == "declined"
    assert end_call(call_id=call.pk, said=Said("declined"), by=agent(), at=AT + HOUR).pk == call.pk
    with pytest.raises(NotYours):
        end_call(call_id=call.pk, said=Said("voicemail"), by=agent(), at=AT + HOUR)


def test_av_02_a_voicemail_is_the_last_call_of_that_campaign_for_ever():
    somebody, of = person(), campaign()
    call_for(somebody, of)
    message = ended("voicemail")
    assert (message.status, message.outcome) == ("sent", "voicemail")
    # Whatever puts another call in the outbox: another invitation of the same campaign, the same message given back.
    Message.objects.filter(pk=message.pk).update(status="pending", sent_in="", claimed_at=None)
    for days in (1, 3, 20):
        assert take_next(by=agent(2), scope=EVERYWHERE, at=AT + timedelta(days=days)) is None
    message.refresh_from_db()
    assert (message.status, message.drop_reason) == ("dropped", "message déjà laissé sur le répondeur")


def test_av_26_no_answer_is_tried_again_another_day_then_no_more():
    people_to_call(1, campaign())
    message = ended("no_answer")
    assert (message.status, message.attempts, message.held_reason) == ("pending", 1, "sans réponse, nouvel appel plus tard")
    assert take_next(by=agent(), scope=EVERYWHERE, at=AT + 5 * HOUR) is None
    assert ended("no_answer", AT + timedelta(days=1)).attempts == 2
    last = ended("no_answer", AT + timedelta(days=2))
    assert (last.status, last.drop_reason) == ("failed", "sans réponse, nombre d'appels atteint")
    assert take_next(by=agent(), scope=EVERYWHERE, at=AT + timedelta(days=6)) is None


def test_av_22_a_wrong_number_is_not_dialled_any_more():
    people_to_call(1, campaign())
    message = ended("wrong_number")
    assert (message.status, message.drop_reason) == ("failed", "mauvais numéro")
    assert ContactPoint.objects.get(pk=message.contact_point_id).invalid_since == AT.date()


def test_av_22_who_asks_to_be_called_later_comes_first_at_that_moment():
    people_to_call(3, campaign())
    later = AT + timedelta(days=2, hours=5)
    message = ended("call_later", later=later)
    assert message.next_at == later and message.send_after == later.date()
    assert taken(agent(2), later - HOUR).message_id != message.pk
    assert taken(agent(3), later).message_id == message.pk
    for wrong in (None, AT - HOUR, AT + timedelta(days=60)):
        call = taken(agent(4), later) if wrong is None else current_call(agent(4))
        dial(call_id=call.pk, by=agent(4), at=later)
        with pytest.raises(CallRefused):
            end_call(call_id=call.pk, said=Said("call_later", wrong), by=agent(4), at=later)


def test_tg_01_a_campaign_makes_at_most_its_calls_of_the_day_and_keeps_promised_callbacks():
    """TG-01: calls per day, by every agent together; who is given back was not called; the next day begins again."""
    of = campaign(daily_calls=2)
    people_to_call(5, of)
    later = AT + 5 * HOUR
    first = taken(agent(1))
    assert taken(agent(2)) and take_next(by=agent(3), scope=EVERYWHERE, at=AT) is None, "two are in the agents' hands"
    give_back(call_id=current_call(agent(2)).pk, by=agent(2), at=AT)
    dial(call_id=first.pk, by=agent(1), at=AT)
    end_call(call_id=first.pk, said=Said("call_later", later), by=agent(1), at=AT)
    second = taken(agent(2))
    dial(call_id=second.pk, by=agent(2), at=AT)
    end_call(call_id=second.pk, said=Said("declined"), by=agent(2), at=AT)
    assert take_next(by=agent(1), scope=EVERYWHERE, at=AT + HOUR) is None
    (queue,) = waiting_by_campaign([of.pk], None, AT + HOUR)
    assert (queue.dialled, queue.daily, queue.waiting) == (2, 2, 4)
    callback = taken(agent(1), later)
    assert callback.person_id == first.person_id, "it was promised"
    dial(call_id=callback.pk, by=agent(1), at=later)
    end_call(call_id=callback.pk, said=Said("declined"), by=agent(1), at=later)
    assert take_next(by=agent(1), scope=EVERYWHERE, at=later) is None
    assert taken(agent(1), AT + timedelta(days=1))


@pytest.mark.parametrize("outcome", ["already_done", "declined", "medical", "cannot_travel", "own_doctor", "calls_back"])
def test_av_22_who_was_reached_is_not_called_again(outcome: str):
    people_to_call(1, campaign())
    message = ended(outcome)
    assert (message.status, message.outcome) == ("sent", outcome)
    call = CallAttempt.objects.get()
    assert call.answered_at and [event.kind for event in call.events.all()] == ["taken", "dialled", outcome]


def test_av_22_no_outcome_without_a_call_no_booking_without_an_appointment():
    people_to_call(1, campaign())
    call = taken()
    with pytest.raises(CallRefused, match="Composez d'abord"):
        end_call(call_id=call.pk, said=Said("voicemail"), by=agent(), at=AT)
    dial(call_id=call.pk, by=agent(), at=AT)
    for outcome, why in (("booked", "Aucun rendez-vous"), ("inconnue", "dans la liste")):
        with pytest.raises(CallRefused, match=why):
            end_call(call_id=call.pk, said=Said(outcome), by=agent(), at=AT)
    with pytest.raises(CallRefused, match="a été composé"):
        give_back(call_id=call.pk, by=agent(), at=AT)


def test_av_20_who_gives_back_leaves_the_person_to_another():
    people_to_call(1, campaign())
    call = taken(agent(1))
    give_back(call_id=call.pk, by=agent(1), at=AT)
    assert taken(agent(2)).person_id == call.person_id


def test_av_03_the_policy_is_asked_a_last_time_before_the_number_is_shown():
    people_to_call(2, campaign())
    call = taken()
    Situation.objects.create(person_id=call.person_id, kind="opted_out", code="stop")
    with pytest.raises(CallRefused, match="opposition"):
        dial(call_id=call.pk, by=agent(), at=AT)
    assert Message.objects.get(pk=call.message_id).status == "dropped" and current_call(agent()) is None
    other = taken()
    place_hold(channel="call", template="", reason="essai", at=AT, by="test")
    with pytest.raises(CallRefused, match="arrêtés"):
        dial(call_id=other.pk, by=agent(), at=AT)
    assert not CallAttempt.objects.dialled().exists()


def test_av_27_medical_campaigns_are_for_the_medical_service_and_an_agent_calls_their_territory():
    call_for(person(1), campaign("medicale", medical=True))
    assert take_next(by=agent(1), scope=EVERYWHERE, at=AT) is None
    assert take_next(by=agent(1), scope=Scope(frozenset({"75"}), medical=True), at=AT) is None
    assert taken(agent(2), scope=Scope(frozenset({"35"}), medical=True, others=False)).campaign.medical


KILLED = """
from datetime import datetime
from tests.campaigns.desk_cases import AT, DAY, EVERYWHERE, agent
from allant.campaigns.desk.taking import take_next
from allant.campaigns.desk.calling import dial
call = take_next(by=agent(1), scope=EVERYWHERE, at=AT)
{dial}
print(call.pk, flush=True)
sys.stdin.read()
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("dialled", [False, True])
def test_av_22_killed_before_dialling_the_person_is_free_killed_after_never_called_twice(dialled: bool):
    people_to_call(1, campaign())
    dialling = "dial(call_id=call.pk, by=agent(1), at=AT)" if dialled else ""
    with another_process.running(KILLED.format(dial=dialling)) as process:
        assert process.stdout and int(process.stdout.readline())
        process.kill()
    found = take_next(by=agent(2), scope=EVERYWHERE, at=AT + HOUR)
    assert (found is None) is dialled
    assert Message.objects.filter(status="sending").count() == CallAttempt.objects.open().count() == 1


def test_av_27_who_agreed_before_a_partner_is_called_and_the_partner_learns_no_more_than_the_result():
    of, partner = campaign(), Organisation.objects.create(code="P1", name="Association", kind="partner")
    agreed, withdrawn, other, young = person(1), person(2), person(3), person(4, birth_date=date(1990, 1, 1))
    for who in (agreed, withdrawn, young):
        PartnerConsent.objects.create(organisation=partner, person=who, programme="covid19", given_on=DAY, recorded_at=AT,
                                      recorded_by="test")  # fmt: skip
    PartnerConsent.objects.filter(person=withdrawn).update(withdrawn_on=DAY, withdrawn_by="test")
    for expected in (1, 0):
        assert queue_favourable(campaign=of, partner=partner, by=agent(), on=DAY) == expected
    assert list(Message.objects.values_list("person_id", "channel")) == [(agreed.pk, "call")]
    ended("medical")
    found = {each.person: each.result for each in results_for(campaign=of, partner=partner, at=AT + HOUR)}
    assert found == {agreed.pk: "personne contactée", young.pk: "pas encore"} and other.pk not in found
    with pytest.raises(FeedRefused, match="service médical"):
        queue_favourable(campaign=campaign("medicale", medical=True), partner=partner, by=agent(), on=DAY)
