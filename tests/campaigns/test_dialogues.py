"""AV-15: a campaign's invitations recalled by a dialogue, through the simulated centre to its end."""

from datetime import datetime, time, timedelta

import pytest

from allant import clock
from allant.campaigns.actions import save_campaign, stop_campaign
from allant.campaigns.dialogues import CannotRecall, Started, recall_by_dialogue
from allant.campaigns.models import Campaign, Invitation
from allant.campaigns.waves import launch_wave
from allant.outreach.dialogues.model import BadDialogue
from allant.outreach.models import Conversation, Message
from allant.people.models import ContactPoint
from tests.campaigns.conftest import OPENING, persons, plan
from tests.outreach.centre import drain, sender
from tests.outreach.conftest import centre, centre_process  # noqa: F401  fixtures

pytestmark = pytest.mark.django_db
LATER = datetime.combine(OPENING + timedelta(days=21), time(10), clock.PARIS)


@pytest.fixture
def invited(campaign: Campaign) -> Campaign:
    """Six people invited by letter on the first day: 2, 4 and 6 have a mobile."""
    persons(6)
    letters = save_campaign(plan(channels=("letter",)), by="test")
    launch_wave(letters, on=OPENING, by="test")
    assert Invitation.objects.count() == 6
    return letters


def test_av_15_invitations_are_recalled_by_a_dialogue_to_its_end(centre, invited):  # noqa: F811
    assert recall_by_dialogue(invited, "flu-reminder", at=LATER - timedelta(days=1), most=10) == Started(0, 0)
    assert recall_by_dialogue(invited, "flu-reminder", at=LATER, most=2) == Started(2, 0)
    assert recall_by_dialogue(invited, "flu-reminder", at=LATER, most=10) == Started(1, 0)
    assert recall_by_dialogue(invited, "flu-reminder", at=LATER, most=10) == Started(0, 0)
    assert set(Message.objects.filter(channel="sms").values_list("person_id", "template")) == {
        (2, "dialogue-opening"), (4, "dialogue-opening"), (6, "dialogue-opening"),
    }  # fmt: skip
    sending = sender(centre.route(), at=LATER)
    drain(sending)
    numbers = {each["number"] for each in centre.taken()}
    assert numbers == {"33639980002", "33639980004", "33639980006"}
    for number, text in (("33639980002", "c'est fait !"), ("33639980004", "3"), ("33639980006", "STOP")):
        centre.typed(number, text)
    drain(sending)
    outcomes = dict(Conversation.objects.values_list("person_id", "outcome"))
    assert outcomes == {2: "done", 4: "declined", 6: "stop"}
    assert set(Message.objects.filter(cause_kind="dialogue").exclude(template="dialogue-opening").values_list(
        "person_id", "template", "status"
    )) == {(2, "dialogue", "delivered"), (4, "dialogue", "delivered")}  # fmt: skip


def test_av_15_a_first_question_is_weighed_by_the_policy_and_the_next_ones_answer(centre, invited):  # noqa: F811
    """AV-05: two contacts in the week already: the first question waits."""
    earlier = {"cause_kind": "test", "channel": "sms", "template": "covid-invitation", "status": "sent", "person_id": 2}
    for cause in (1, 2, 3):
        at = LATER - timedelta(days=1)
        Message.objects.create(**earlier, cause_id=cause, created_on=at.date(), send_after=at.date(), sent_at=at)
    recall_by_dialogue(invited, "flu-reminder", at=LATER, most=10)
    drain(sender(centre.route(), at=LATER))
    held = Message.objects.get(person_id=2, template="dialogue-opening")
    assert held.status == "pending" and held.next_at and held.held_reason
    assert Message.objects.filter(template="dialogue-opening", status="delivered").count() == 2


def test_av_15_who_is_not_recalled(invited):
    ContactPoint.objects.filter(person_id=2).update(opted_out_on=OPENING)
    Invitation.objects.filter(person_id=4).update(revoked_at=LATER)
    assert recall_by_dialogue(invited, "flu-reminder", at=LATER, most=10) == Started(1, 0)
    assert recall_by_dialogue(invited, "isolation-follow-up", at=LATER, most=10) == Started(0, 1)  # that number is talking
    assert set(Conversation.objects.values_list("person_id", flat=True)) == {6}


def test_av_15_nobody_is_recalled_for_a_campaign_that_is_over(invited):
    with pytest.raises(BadDialogue, match="Dialogue inconnu"):
        recall_by_dialogue(invited, "nothing", at=LATER, most=10)
    stop_campaign(invited, by="test")
    invited.refresh_from_db()
    with pytest.raises(CannotRecall, match="arrêtée ou terminée"):
        recall_by_dialogue(invited, "flu-reminder", at=LATER, most=10)
