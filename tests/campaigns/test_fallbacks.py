"""AV-01: the channel chosen reached nobody: the next one of the campaign, once, and never after a refusal."""

from datetime import UTC, datetime, timedelta

import pytest

from allant.campaigns.fallbacks import fall_back
from allant.campaigns.models import Campaign
from allant.outreach.models import Message
from allant.people.models import ContactPoint, Situation
from tests.pages import small_country
from tests.pages.small_country import OPENING

pytestmark = pytest.mark.django_db
AT = datetime(2021, 1, 20, 9, tzinfo=UTC)
SENT = AT - timedelta(days=1)


@pytest.fixture
def invited() -> list[Message]:
    """The SMS of a wave, each with the number it is for."""
    small_country.settle()
    messages = list(Message.objects.filter(channel="sms").order_by("pk"))
    for message in messages:
        message.contact_point = ContactPoint.objects.get(person=message.person_id, kind="mobile")
        message.save(update_fields=["contact_point"])
    assert len(messages) >= 6
    return messages


def failed(message: Message, *, invalid: bool) -> None:
    Message.objects.filter(pk=message.pk).update(status="failed", sent_at=SENT, drop_reason="non remis")
    if invalid:
        ContactPoint.objects.filter(pk=message.contact_point_id).update(invalid_since=OPENING)


def dropped(message: Message, reason: str) -> None:
    Message.objects.filter(pk=message.pk).update(status="dropped", drop_reason=reason)


def letters(*messages: Message) -> dict[int, str]:
    people = {message.person_id for message in messages}
    return dict(Message.objects.filter(channel="letter", person__in=people).values_list("person_id", "status"))


def test_av_01_a_wrong_number_and_a_lost_address_are_followed_by_a_letter_once(invited: list[Message]):
    wrong, lost, away, refused, sent, waiting = invited[:6]
    failed(wrong, invalid=True)
    dropped(lost, "plus d'adresse")
    failed(away, invalid=False)
    dropped(refused, "refus de ce moyen de contact (STOP)")
    Message.objects.filter(pk=sent.pk).update(status="sent", sent_at=SENT)
    assert fall_back(AT) == 2
    assert letters(wrong, lost, away, refused, sent, waiting) == {wrong.person_id: "pending", lost.person_id: "pending"}
    letter = Message.objects.get(channel="letter", person=wrong.person_id)
    assert (letter.cause_kind, letter.cause_id, letter.template) == ("invitation", wrong.cause_id, "covid-invitation")
    assert letter.send_after == AT.date()
    assert fall_back(AT) == 0
    Message.objects.filter(pk=letter.pk).update(status="failed", drop_reason="courrier revenu (NPAI)")
    assert fall_back(AT) == 0, "no channel is left"


def test_av_03_the_policy_is_asked_before_another_channel_is_taken(invited: list[Message]):
    opposed, dead, moved = invited[:3]
    for message in (opposed, dead, moved):
        failed(message, invalid=True)
    Situation.objects.create(person=opposed.person, kind="opted_out", starts_on=OPENING)
    dead.person.died_on = OPENING
    dead.person.save()
    ContactPoint.objects.create(person=moved.person, kind="postal", value="1 rue", invalid_since=OPENING)
    assert fall_back(AT) == 0 and letters(opposed, dead, moved) == {}


def test_av_01_an_old_invitation_and_an_ended_campaign_are_left_alone(invited: list[Message]):
    failed(invited[0], invalid=True)
    assert fall_back(AT + timedelta(days=60)) == 0
    Campaign.objects.update(ends_on=OPENING + timedelta(days=1))
    assert fall_back(AT) == 0
    Campaign.objects.update(ends_on=None, channels=["sms"])
    assert fall_back(AT) == 0
