"""AV-10, AV-14, AV-16: SMS through the simulated centre, which delays, throttles, refuses, cuts, repeats."""

import time
from collections import Counter
from datetime import timedelta

import pytest

from allant.outreach import texts
from allant.outreach.holds import place_hold, release_hold
from allant.outreach.models import DeliveryEvent, EarlyReceipt, Message, Submission
from allant.outreach.outcomes import UNCERTAIN
from allant.outreach.sms import receipts
from allant.outreach.sms import sender as sender_module
from allant.outreach.sms.session import LinkLost
from allant.people.models import ContactPoint, Person
from tests.outreach.centre import AT, DAY, drain, number, people, sender, template, waiting

pytestmark = pytest.mark.django_db


def statuses() -> dict[str, int]:
    return dict(Counter(Message.objects.values_list("status", flat=True)))


def test_av_10_messages_leave_once_each_and_their_receipts_come_back(centre):
    template()
    waiting(people(60))
    sending = sender(centre.route(window=20))
    drain(sending)
    assert statuses() == {"delivered": 60}
    assert Counter(each["number"] for each in centre.taken()) == {number(rank): 1 for rank in range(1, 61)}
    assert {each["text"] for each in centre.taken()} == {"Bonjour Jeanne"}
    assert Submission.objects.filter(final_state="DELIVRD").count() == 60


def test_av_10_the_alphabet_follows_the_text_and_long_messages_are_put_together_again(centre):
    plain, accented = "a" * 200 + "€" * 5, "Vous êtes invité·e : " + "ça va " * 20
    template("plain", body=plain)
    template("accented", body=accented)
    template("short", body="Réservé à l'été, déjà là : où ? ça non")
    for rank, slug in enumerate(("plain", "accented", "short")):
        waiting(people(1, first=1 + rank), slug)
    sending = sender(centre.route())
    drain(sending)
    taken: dict[str, list] = {}
    for each in sorted(centre.taken(), key=lambda each: (each["number"], each["part"])):
        taken.setdefault(each["number"], []).append(each)
    texts = {to: "".join(each["text"] for each in parts) for to, parts in taken.items()}
    assert texts == {number(1): plain, number(2): accented, number(3): "Réservé à l'été, déjà là : où ? ça non"}
    cut = {to: (parts[0]["coding"], len(parts)) for to, parts in taken.items()}
    assert cut == {number(1): (0, 2), number(2): (8, 3), number(3): (8, 1)}
    assert all(len({each["concatenation"] for each in parts}) == 1 for parts in taken.values())
    assert statuses() == {"delivered": 3}


@pytest.mark.parametrize("faults", [
    {"early_receipts": True}, {"duplicate_receipts": True},
    {"early_receipts": True, "duplicate_receipts": True, "answer_delay": 5},
    {"receipt_delay": 50}, {"answer_delay": 20},
])  # fmt: skip
def test_av_10_receipts_come_before_their_answer_twice_or_late(centre, faults):
    centre.set(**faults)
    template(body="a" * 161)
    waiting(people(25))
    sending = sender(centre.route(window=10))
    drain(sending, until=lambda: statuses() == {"delivered": 25})
    assert len(centre.taken()) == 50
    assert DeliveryEvent.objects.count() == 25
    assert not EarlyReceipt.objects.filter(joined_at=None).exists()


def test_av_10_a_throttled_message_waits_and_leaves_once(centre):
    centre.set(throttle_next=3, fail_next=1)
    template()
    waiting(people(8))
    sending = sender(centre.route())
    drain(sending)
    held = Message.objects.pending()
    assert statuses() == {"delivered": 4, "pending": 4}
    assert set(held.values_list("held_reason", flat=True)) == {"centre SMS saturé", "panne du centre SMS"}
    assert set(held.values_list("next_at", flat=True)) == {AT + timedelta(seconds=30)}
    sending.close()
    later = sender(centre.route(), at=AT + timedelta(seconds=31))
    drain(later)
    assert statuses() == {"delivered": 8}
    assert len(centre.taken()) == 8


def test_av_10_after_so_many_refusals_a_message_fails(centre):
    centre.set(fail_next=100)
    template()
    waiting(people(1))
    for attempt in range(8):
        again = sender(centre.route(), at=AT + timedelta(hours=attempt))
        drain(again)
    message = Message.objects.get()
    assert (message.status, message.drop_reason, message.attempts) == ("failed", "panne du centre SMS", 8)


def test_av_16_a_wrong_number_is_tried_once(centre):
    centre.set(refused=[number(1)], undeliverable=[number(2)], expired=[number(3)])
    template()
    persons = people(3)
    waiting(persons)
    sending = sender(centre.route())
    drain(sending)
    reasons = dict(Message.objects.values_list("person_id", "drop_reason"))
    assert statuses() == {"failed": 3}
    assert reasons == {1: "refusé par le centre SMS (0x0B)", 2: "non remis", 3: "délai du centre dépassé"}
    assert dict(ContactPoint.objects.values_list("person_id", "invalid_since")) == {1: DAY, 2: DAY, 3: None}
    waiting(persons, cause=2000)
    drain(sending)
    assert Counter(each["number"] for each in centre.taken()) == {number(2): 1, number(3): 2}


def test_av_16_a_shared_number_gets_one_sms_of_a_campaign(centre):
    template()
    persons = people(4)
    ContactPoint.objects.filter(person_id=2).update(value="06" + number(1)[3:])  # the same one, as a page writes it
    ContactPoint.objects.filter(person_id=3).update(value="+" + number(1))
    waiting(persons[:2])
    sending = sender(centre.route())
    drain(sending)
    waiting(persons[2:])
    drain(sending)
    assert Counter(each["number"] for each in centre.taken()) == {number(1): 1, number(4): 1}
    dropped = Message.objects.filter(status="dropped")
    assert dict(dropped.values_list("person_id", "drop_reason")) == dict.fromkeys((2, 3), "déjà écrit à ce numéro, partagé")


def test_av_16_another_campaign_may_write_to_the_same_shared_number(centre):
    template()
    persons = people(2)
    ContactPoint.objects.filter(person_id=2).update(value="+" + number(1))
    waiting(persons[:1])
    waiting(persons[1:], cause=5000)
    sending = sender(centre.route())
    drain(sending)
    assert Counter(each["number"] for each in centre.taken()) == {number(1): 2}


@pytest.mark.parametrize(("fault", "kind", "expected", "handsets"), [
    ("drop_before_answer_next", "information", {"failed": 1, "delivered": 3}, 4),
    ("drop_before_taking_next", "information", {"failed": 1, "delivered": 3}, 3),
    ("drop_before_answer_next", "provisional_code", {"delivered": 4}, 5),
    ("drop_before_taking_next", "provisional_code", {"delivered": 4}, 4),
])  # fmt: skip
def test_av_14_a_connection_cut_before_the_answer(centre, fault, kind, expected, handsets):
    """In doubt: an information never leaves twice, a code is never lost."""
    centre.set(no_receipts=True, **{fault: 1})
    template(kind=kind)
    waiting(people(1))
    sending = sender(centre.route())
    with pytest.raises(LinkLost):
        drain(sending)
    sending.now = lambda: AT + timedelta(minutes=1)
    centre.set(no_receipts=False)
    waiting(people(3, first=2))
    drain(sending)
    counted = Counter(statuses())
    if kind == "provisional_code":
        assert counted == expected
    else:
        assert Message.objects.get(person_id=1).drop_reason == UNCERTAIN
        assert counted == expected
    assert len(centre.taken()) == handsets


def test_av_14_the_receipt_of_a_message_in_doubt_tells_what_became_of_it(centre):
    centre.set(drop_before_answer_next=1)
    template()
    waiting(people(1))
    sending = sender(centre.route())
    with pytest.raises(LinkLost):
        drain(sending)
    assert Message.objects.get().drop_reason == UNCERTAIN
    drain(sending)
    assert EarlyReceipt.objects.get().joined_at is None
    assert receipts.join_late("principale", AT) == 1
    assert (Message.objects.get().status, Message.objects.get().drop_reason) == ("delivered", "")


def test_av_10_the_throughput_of_a_route_is_shared_by_its_senders(centre):
    template()
    waiting(people(60))
    route = centre.route(per_second=20, window=10, name="lente")
    both = [sender(route), sender(route)]
    start = time.monotonic()
    while statuses() != {"delivered": 60} and time.monotonic() - start < 30:
        for each in both:
            each.turn(0.01)
    assert 1.9 <= time.monotonic() - start < 6  # the first second's worth at once, then twenty a second
    assert all(each.handled for each in both)


def test_av_04_an_emergency_stop_holds_what_was_claimed(centre):
    template()
    waiting(people(30))
    sending = sender(centre.route(window=4))
    sending.turn(0.05)
    gone = len(sending.flying)
    hold = place_hold(channel="", template="", reason="essai", at=AT, by="test")
    drain(sending)
    assert len(centre.taken()) == gone == 4
    assert statuses() == {"delivered": 4, "pending": 26}
    release_hold(hold.pk, at=AT, by="test")
    drain(sending)
    assert statuses() == {"delivered": 30}


def test_av_10_an_idle_link_is_controlled(centre):
    sending = sender(centre.route(link_seconds=0.05))
    sending.turn(0)
    first = sending.session.heard
    drain(sending, turns=5)
    assert sending._asked and sending.session.heard > first


def test_av_10_a_centre_that_does_not_answer_is_given_up(centre, monkeypatch):
    centre.set(answer_delay=2000)
    template()
    waiting(people(1))
    sending = sender(centre.route())
    sending.turn(0.01)
    monkeypatch.setattr(sender_module, "ANSWER_PATIENCE", 0.02)
    with pytest.raises(LinkLost, match="ne répond plus"):
        drain(sending)
    assert Message.objects.get().drop_reason == UNCERTAIN


def test_av_14_a_refused_bind_is_said(centre):
    centre.set(refuse_binds_next=1)
    with pytest.raises(LinkLost, match="Centre SMS"):
        sender(centre.route()).turn(0)


def test_av_10_a_message_whose_cause_is_gone_or_without_a_number_is_dropped(centre, monkeypatch):
    template()
    waiting(people(2))
    waiting([Person.objects.create(id=9, family_name="Martin", given_names="Jeanne", departement_code="75", birth_date=DAY)])
    lent = lambda messages: {each.pk: {"name": "A"} for each in messages if each.person_id != 1}  # noqa: E731
    monkeypatch.setattr(texts, "variables_of", lent)
    sending = sender(centre.route())
    drain(sending)
    assert Message.objects.get(person_id=1).drop_reason == "cause révoquée"
    assert Message.objects.get(person_id=9).status == "dropped"
    assert [each["number"] for each in centre.taken()] == [number(2)]
