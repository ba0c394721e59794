"""AV-50: what came of the contacts of a campaign, by day and fund."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from allant import clock
from allant.appointments.booking import book
from allant.campaigns import contact_figures as contacts
from allant.campaigns.actions import reissue_code
from allant.campaigns.desk.calling import Said, dial, end_call
from allant.campaigns.desk.figures import reach_of
from allant.campaigns.effect import effect
from allant.campaigns.models import CallAttempt, Campaign, Invitation
from allant.campaigns.waves import launch_wave
from allant.directory.models import Practitioner
from allant.doctrine import rules
from allant.immunizations.models import Dose
from allant.outreach.models import DeliveryEvent, Message
from allant.people.actions import merge
from allant.people.models import Person
from tests.appointments.builders import booking, slots

from . import desk_cases
from .conftest import OPENING, persons
from .test_reads import doses

pytestmark = pytest.mark.django_db

BOOK = rules.as_known_on(date(2022, 1, 31))
END = OPENING + timedelta(30)


def at(day: date, hour: int = 10) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=clock.PARIS)


def left(channel: str, day: date, status: str = "sent") -> list[Message]:
    """The messages of a channel, gone that day."""
    Message.objects.filter(channel=channel).update(sent_at=at(day, 23), status=status)
    return list(Message.objects.filter(channel=channel).order_by("pk"))


def told(line: contacts.Line) -> tuple[int, dict[str, int], int, int]:
    return line.targeted, dict(line.contacted), line.reached, line.done


def test_av_50_each_figure_stands_on_its_day_and_its_fund_and_people_are_counted_once(campaign: Campaign) -> None:
    """AV-50: 10 people, the even by SMS, the odd by letter; funds 011 and 351, one unknown."""
    persons(10)
    Person.objects.filter(pk__lte=5).update(fund_code="011")
    Person.objects.filter(pk__in=range(6, 10)).update(fund_code="351")
    launch_wave(campaign, on=OPENING, by="test")
    letters, texts = left("letter", OPENING + timedelta(1)), left("sms", OPENING)
    for message in texts[:3]:
        for key in ("1", "2"):  # two parts of one message
            DeliveryEvent.objects.create(message=message, kind="delivered", key=key, at=at(OPENING + timedelta(2)))
    DeliveryEvent.objects.create(message=letters[0], kind="returned", key="1", at=at(OPENING + timedelta(9)))
    doses([2, 6], OPENING + timedelta(3))
    doses([1], OPENING - timedelta(1), number=2)  # before, recorded late
    with CaptureQueriesContext(connection) as queries:
        found = contacts.figures(campaign, OPENING, END, BOOK)
    assert len(queries) == 1
    assert {key: told(line) for key, line in found.items()} == {
        (OPENING, ""): (1, {"sms": 1}, 0, 0),
        (OPENING, "011"): (5, {"sms": 2}, 0, 0),
        (OPENING, "351"): (4, {"sms": 2}, 0, 0),
        (OPENING + timedelta(1), "011"): (0, {"letter": 3}, 0, 0),
        (OPENING + timedelta(1), "351"): (0, {"letter": 2}, 0, 0),
        (OPENING + timedelta(2), "011"): (0, {}, 2, 0),
        (OPENING + timedelta(2), "351"): (0, {}, 1, 0),
        (OPENING + timedelta(3), "011"): (0, {}, 0, 1),
        (OPENING + timedelta(3), "351"): (0, {}, 0, 1),
    }
    whole = contacts.total(found)
    assert (whole.targeted, whole.contacted, whole.reached, whole.done) == (10, Counter(sms=5, letter=5), 3, 2)
    assert whole.cost == pytest.approx(5 * 0.04 + 5 * 1.08) and whole.pick_up is None
    assert list(contacts.by_fund(found)) == ["", "011", "351"] and next(iter(contacts.by_day(found))) == OPENING
    assert sum(line.targeted for line in contacts.by_day(found).values()) == 10
    only = contacts.figures(campaign, OPENING + timedelta(1), OPENING + timedelta(1), BOOK)
    assert contacts.total(only).contacted == Counter(letter=5) and contacts.total(only).targeted == 0


def test_av_50_a_code_issued_again_targets_nobody_more_and_a_message_not_gone_is_no_contact(campaign: Campaign) -> None:
    persons(4)
    launch_wave(campaign, on=OPENING, by="test")
    left("sms", OPENING, status="dropped")
    reissue_code(Invitation.objects.first(), by="test", on=OPENING + timedelta(1))
    whole = contacts.total(contacts.figures(campaign, OPENING, END, BOOK))
    assert whole.targeted == 4 and whole.contacted == Counter()


def test_av_50_calls_pick_up_and_appointments() -> None:
    """AV-50: attempts are contacts; of those, the share that somebody answered; an appointment confirmed is booked once."""
    of = desk_cases.campaign()
    desk_cases.people_to_call(3, of)
    Person.objects.update(fund_code="351")
    for rank, outcome in enumerate(("voicemail", "no_answer", "declined")):
        call = desk_cases.taken(at=desk_cases.AT + timedelta(minutes=10 * rank))
        dial(call_id=call.pk, by=desk_cases.agent(), at=desk_cases.AT + timedelta(minutes=10 * rank + 1))
        end_call(
            call_id=call.pk, said=Said(outcome), by=desk_cases.agent(), at=desk_cases.AT + timedelta(minutes=10 * rank + 4)
        )
    invitation = Invitation.objects.order_by("pk").last()
    slot, cause = slots()[0], ("invitation", invitation.pk)
    for rank in (1, 2):
        book(booking(slot, invitation.person, rank=rank, cause=cause), by="test", at=desk_cases.AT + timedelta(days=rank))
    found = contacts.figures(of, desk_cases.DAY, desk_cases.DAY + timedelta(7), BOOK)
    day = found[desk_cases.DAY, "351"]
    assert (day.targeted, day.calls, day.answered, day.reached) == (3, 3, 1, 1) and day.pick_up == pytest.approx(1 / 3)
    assert day.cost == 0, "a call has no tariff"
    assert found[desk_cases.DAY + timedelta(1), "351"].booked == 1 == contacts.total(found).booked


def given(person: Person, on: date, by: Practitioner | None) -> None:
    Dose.objects.create(
        person=person, disease="covid19", occurred_on=on, vaccine="vaxzevria", dose_number=1, series="primary", series_doses=2,
        recorded_at=at(on), recorded_by="test", source="csv", source_key=f"test-{person.pk}", practitioner=by,
    )  # fmt: skip


def test_av_50_a_dose_at_their_own_doctor_s_is_possible_and_not_counted_by_the_outreach(campaign: Campaign) -> None:
    """AV-50, AV-22, seed 000: told on the telephone, or recorded by the treating doctor after an SMS; a letter counts it."""
    own, other = (
        Practitioner.objects.create(rpps=f"1000000000{n}", family_name="Le Goff", given_names="Yann", profession="10")
        for n in (1, 2)
    )
    persons(8)  # the even by SMS, the odd by letter
    launch_wave(campaign, on=OPENING, by="test")
    Person.objects.update(treating_practitioner=own)
    people = list(Person.objects.order_by("pk"))
    day = OPENING + timedelta(3)
    for person, by in zip(people, (own, own, other, other, None, None), strict=False):
        given(person, day, by)
    twin = Person.objects.create(family_name="Martin", given_names="Jeanne", birth_date=date(1940, 5, 17))
    given(twin, day, own)
    merge(duplicate=twin, into=people[7], by="test", reason="même personne")
    line = contacts.total(contacts.figures(campaign, OPENING, END, BOOK))
    assert (line.done, line.own_doctor) == (5, 2), "the second and the eighth, by SMS, at their own doctor's"
    assert sum(row.done for row in effect(campaign, END, BOOK)) == 7, "the effect counts every act, as in the group held out"
    called = Invitation.objects.get(person=people[0])
    CallAttempt.objects.create(
        message=Message.objects.get(cause_id=called.pk), person=people[0], campaign=campaign, agent="a", taken_at=at(OPENING),
        seen_at=at(OPENING), dialled_at=at(OPENING), ended_at=at(OPENING), ended_as="outcome", outcome="own_doctor",
    )  # fmt: skip
    found = contacts.figures(campaign, OPENING, END, BOOK)
    assert (found[day, ""].done, found[day, ""].own_doctor) == (4, 3), "said on the telephone, whatever the first channel"
    assert reach_of([campaign], BOOK)[0].done == 4, "the supervisor's page and this one say the same"
    campaign.starts_on = date(2020, 1, 1)
    assert contacts.total(contacts.figures(campaign, OPENING, END, BOOK)).own_doctor == 1, "no channel apart before the rule"


def test_av_50_the_tariff_is_that_of_the_day_and_before_the_first_there_is_none() -> None:
    assert [contacts.tariffs(BOOK, day)["letter"] for day in (date(2021, 12, 31), date(2022, 1, 1))] == [1.08, 1.16]
    assert contacts.tariffs(BOOK, date(2020, 12, 27)) == {}
