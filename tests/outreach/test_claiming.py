"""AV-03, AV-04, AV-05, AV-16: what is claimed when it may leave, and what is said of the rest."""

from datetime import UTC, datetime, timedelta

import pytest

from allant.doctrine import rules
from allant.outreach import holds
from allant.outreach.actions import queue_messages
from allant.outreach.claiming import claim
from allant.outreach.models import Message
from allant.outreach.outcomes import Part, leaving
from allant.outreach.policy_known import judge
from allant.people.models import ContactPoint, Situation
from tests import another_process
from tests.outreach.people import AT, MONDAY, message, person, template, was_sent

pytestmark = pytest.mark.django_db


def claimed(channel: str = "sms", at: datetime = AT, most: int = 50) -> list[int]:
    return [each.pk for each in claim(channel, at, most, "sender-1")]


def test_av_14_what_may_leave_is_taken_once_and_signed():
    template()
    waiting = message(person("mobile"))
    assert claimed() == [waiting.pk]
    waiting.refresh_from_db()
    assert (waiting.status, waiting.sent_in, waiting.claimed_at) == ("sending", "sender-1", AT)
    assert claimed() == []


def test_av_16_a_message_past_its_useful_age_is_dropped_with_its_reason_and_never_sent():
    template(kind="reminder")
    today, late = message(person("mobile")), message(person("mobile"), on=MONDAY - timedelta(1))
    assert claimed() == [today.pk]
    late.refresh_from_db()
    assert (late.status, late.drop_reason) == ("dropped", "trop tard : durée d'utilité dépassée")


def test_av_16_what_was_held_too_long_is_dropped_when_its_turn_comes():
    template(kind="reminder")
    evening = AT.replace(hour=19)  # nine in the evening in Paris
    held = message(person("mobile"))
    assert claimed(at=evening) == []
    held.refresh_from_db()
    assert (held.status, held.held_reason) == ("pending", "hors des heures de contact du territoire")
    assert held.next_at == datetime(2021, 6, 15, 7, tzinfo=UTC)  # nine in Paris
    assert claimed(at=evening + timedelta(hours=1)) == []
    assert claimed(at=held.next_at) == []
    held.refresh_from_db()
    assert (held.status, held.held_reason) == ("dropped", "")


def reminder(until: datetime | None, **columns: object) -> Message:
    """One of an appointment at `until`, written by its cause."""
    to = person("mobile", **columns)
    select = """SELECT id AS person_id, id AS cause_id, 'sms' AS channel, 'essai' AS template, %s::date AS created_on,
                       %s::date AS send_after, %s::timestamptz AS useful_until FROM people_person WHERE id = %s"""
    assert queue_messages(cause_kind="trial", select=select, parameters=[MONDAY, MONDAY, until, to.pk], until=True) == 1
    return Message.objects.get(person=to)


def test_av_16_a_reminder_never_leaves_once_its_appointment_has_begun():
    """The appointment of a quarter past eleven, on the very day that its kind allows; and one late at night."""
    template(kind="reminder")
    quarter_past = AT + timedelta(minutes=15)
    begun, next_one, whenever = reminder(AT), reminder(quarter_past), reminder(None)
    assert claimed() == [next_one.pk, whenever.pk]
    begun.refresh_from_db()
    assert (begun.status, begun.drop_reason) == ("dropped", "trop tard : durée d'utilité dépassée")
    next_one.refresh_from_db()
    assert next_one.useful_until == quarter_past
    assert judge(next_one, quarter_past - timedelta(seconds=1), rules.as_known_on(MONDAY)).verdict == "now"
    assert judge(next_one, quarter_past, rules.as_known_on(MONDAY)).reason == "trop tard : durée d'utilité dépassée"


def test_av_16_what_was_taken_in_time_does_not_leave_after_its_hour():
    """The last look is in the transaction that precedes the first byte, whatever the sender waited for since its claim."""
    template(kind="reminder")
    waiting = reminder(AT + timedelta(minutes=15))
    assert claimed() == [waiting.pk]
    late = AT + timedelta(minutes=15)
    assert leaving([Part(waiting.pk)], route="principale", sender="sender-1", at=late) == {}
    waiting.refresh_from_db()
    assert (waiting.status, waiting.drop_reason, waiting.attempts) == ("dropped", "trop tard : durée d'utilité dépassée", 0)
    other = reminder(AT + timedelta(minutes=15))
    assert claimed() == [other.pk]
    in_time = late - timedelta(seconds=1)
    assert list(leaving([Part(other.pk)], route="principale", sender="sender-1", at=in_time)) == [(other.pk, 1)]


@pytest.mark.parametrize(("departement", "at", "opens"), [
    ("01", datetime(2021, 6, 13, 12, tzinfo=UTC), datetime(2021, 6, 14, 7, tzinfo=UTC)),  # a Sunday
    ("01", datetime(2021, 7, 14, 12, tzinfo=UTC), datetime(2021, 7, 15, 7, tzinfo=UTC)),  # the fourteenth of July
    ("974", datetime(2021, 6, 14, 17, tzinfo=UTC), datetime(2021, 6, 15, 5, tzinfo=UTC)),  # nine in the evening on Réunion
    ("971", datetime(2021, 6, 14, 9, tzinfo=UTC), datetime(2021, 6, 14, 13, tzinfo=UTC)),  # five in the morning there
    ("67", datetime(2021, 4, 2, 9, tzinfo=UTC), datetime(2021, 4, 3, 7, tzinfo=UTC)),  # Good Friday in Alsace
    ("57", datetime(2021, 12, 27, 3, tzinfo=UTC), datetime(2021, 12, 27, 8, tzinfo=UTC)),
    ("974", datetime(2021, 12, 20, 9, tzinfo=UTC), datetime(2021, 12, 21, 5, tzinfo=UTC)),  # the abolition of slavery there
])  # fmt: skip
def test_av_04_hours_sundays_and_holidays_are_those_of_the_person_s_territory(departement, at, opens):
    template()
    held = message(person("mobile", departement_code=departement), on=at.date())
    assert claimed(at=at) == []
    held.refresh_from_db()
    assert held.next_at == opens
    assert claimed(at=opens - timedelta(minutes=1)) == []
    assert claimed(at=opens) == [held.pk]


def test_av_04_good_friday_is_a_day_like_others_elsewhere():
    template()
    at = datetime(2021, 4, 2, 9, tzinfo=UTC)
    assert claimed(at=at) == [] != [message(person("mobile"), on=at.date()).pk] == claimed(at=at)


def test_av_05_the_cap_holds_across_campaigns_and_says_until_when():
    for slug in ("essai", "autre"):
        template(slug)
    tired, rested = person("mobile"), person("mobile")
    for ago in (1, 5):
        was_sent(tired, timedelta(days=ago), slug="autre")
    was_sent(rested, timedelta(days=1))
    held, leaves = message(tired), message(rested)
    assert claimed() == [leaves.pk]
    held.refresh_from_db()
    assert (held.held_reason, held.next_at) == ("trop de contacts ces derniers jours", AT + timedelta(days=2))


def test_av_05_two_messages_waiting_for_one_person_are_weighed_one_after_the_other():
    for slug in ("essai", "autre", "encore"):
        template(slug)
    one = person("mobile")
    first, second, third = (message(one, slug=slug) for slug in ("essai", "autre", "encore"))
    assert claimed() == [first.pk]
    assert claimed() == [second.pk]
    assert claimed() == []
    third.refresh_from_db()
    assert third.held_reason == "trop de contacts ces derniers jours"


def test_av_03_refusals_deaths_and_lost_numbers_of_the_last_minute_drop_the_message():
    template(kind="outreach")
    died, refuses, stopped, gone, home, merged = (person("mobile", "landline") for _ in range(6))
    type(died).objects.filter(pk=died.pk).update(died_on=MONDAY)
    Situation.objects.create(person=refuses, kind="opted_out")
    ContactPoint.objects.filter(person=stopped, kind="mobile").update(opted_out_on=MONDAY)
    ContactPoint.objects.filter(person=gone, kind="mobile").update(invalid_since=MONDAY)
    Situation.objects.create(person=home, kind="institution", code="ehpad")
    type(merged).objects.filter(pk=merged.pk).update(merged_into=home)
    for each in (died, refuses, stopped, gone, home, merged):
        message(each)
    assert claimed() == []
    assert list(Message.objects.order_by("id").values_list("drop_reason", flat=True)) == [
        "personne décédée", "opposition aux sollicitations", "refus de ce moyen de contact (STOP)", "numéro ou adresse invalide",
        "en établissement", "dossier réuni à un autre",
    ]  # fmt: skip


def test_av_03_a_returned_letter_stops_letters_and_nothing_else():
    for channel in ("letter", "sms"):
        template(channel=channel)
    moved = person("mobile", "postal")
    ContactPoint.objects.filter(person=moved, kind="postal").update(invalid_since=MONDAY)
    letter, sms = message(moved, channel="letter"), message(moved)
    assert claimed("letter") == [] and claimed() == [sms.pk]
    letter.refresh_from_db()
    assert letter.drop_reason == "courrier revenu (NPAI)"


def test_av_14_a_code_that_somebody_waits_for_leaves_first_and_at_night():
    template("information")
    template("code", kind="provisional_code")
    ordinary, urgent = message(person("mobile"), slug="information"), message(person("mobile"), slug="code")
    assert claimed(most=1) == [urgent.pk] and claimed(most=1) == [ordinary.pk]
    night = message(person("mobile"), slug="code", on=MONDAY)
    assert claimed(at=AT.replace(hour=21)) == [night.pk]


def test_av_04_the_stop_holds_everything_one_channel_or_one_template_until_its_release():
    for slug in ("essai", "autre"):
        template(slug)
    one, other = message(person("mobile")), message(person("mobile"), slug="autre")
    of_template = holds.place_hold(channel="", template="essai", reason="texte faux", at=AT, by="test")
    assert claimed() == [other.pk]
    holds.release_hold(of_template.pk, at=AT, by="test")
    everything = holds.place_hold(channel="", template="", reason="fuite", at=AT, by="test")
    of_channel = holds.place_hold(channel="sms", template="", reason="opérateur", at=AT, by="test")
    assert claimed() == []
    holds.release_hold(everything.pk, at=AT, by="test")
    assert claimed() == []
    holds.release_hold(of_channel.pk, at=AT, by="test")
    assert claimed() == [one.pk]


@pytest.mark.parametrize(("place", "said"), [
    ({"channel": "fax"}, "Canal inconnu"), ({"reason": "  "}, "Dites pourquoi"), ({}, "déjà arrêtés"),
])  # fmt: skip
def test_av_04_a_stop_that_means_nothing_is_refused(place, said):
    asked = {"channel": "", "template": "", "reason": "essai", "at": AT, "by": "test"}
    holds.place_hold(**asked)
    with pytest.raises(holds.BadHold, match=said):
        holds.place_hold(**{**asked, **place})


_SENDER = """
from datetime import datetime, UTC
from allant.outreach.claiming import claim
import sys
print("ready", flush=True)
sys.stdin.readline()
while found := claim("sms", datetime(2021, 6, 14, 9, tzinfo=UTC), 5, "sender-2"):
    print(len(found), flush=True)
print("end", flush=True)
"""


@pytest.mark.django_db(transaction=True)
def test_av_04_a_stop_is_exact_while_a_sender_is_running():
    """Once the stop is placed nothing more is claimed, though a sender claims as fast as it can."""
    template()
    for _ in range(300):
        message(person("mobile"))
    with another_process.running(_SENDER) as sender:
        assert sender.stdout.readline() == "ready\n"
        sender.stdin.write("\n")
        sender.stdin.flush()
        sender.stdout.readline()
        holds.place_hold(channel="", template="", reason="essai", at=AT, by="test")
        taken = Message.objects.filter(status="sending").count()
        assert "end\n" in sender.stdout.readlines()
    assert 0 < taken < 300
    assert Message.objects.filter(status="sending").count() == taken
    assert Message.objects.pending().count() == 300 - taken


@pytest.mark.django_db(transaction=True)
def test_av_14_two_senders_never_take_the_same_message():
    template()
    for _ in range(60):
        message(person("mobile"))
    with another_process.running(_SENDER) as first, another_process.running(_SENDER) as second:
        for sender in (first, second):
            sender.stdout.readline()
            sender.stdin.write("\n")
            sender.stdin.flush()
        said = [[int(line) for line in sender.stdout.readlines() if line.strip().isdigit()] for sender in (first, second)]
    assert sum(map(sum, said)) == 60 == Message.objects.filter(status="sending").count()
