"""What the page of a campaign shows: TG-02 gap, TG-06 why, TG-10 effect."""

from datetime import date, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from allant.campaigns import keyring, reads, waves
from allant.campaigns.actions import reissue_code, save_campaign
from allant.campaigns.codes import CAPACITY, Mistyped, render
from allant.campaigns.effect import effect
from allant.campaigns.models import Invitation
from allant.campaigns.reads import Gap
from allant.campaigns.workshop.preview import preview
from allant.country.official.facts import load_population
from allant.doctrine import rules
from allant.immunizations.actions import record_doses_in_bulk
from allant.people.models import Person, Situation
from allant.targeting import Verdict, define, tables

from .conftest import OPENING, persons, plan

TODAY = date(2021, 11, 21)
BOOK = rules.as_known_on(TODAY)
AGE_75_AND_MORE = ("79", "80")


def doses(people: list[int], on: date, number: int = 1) -> None:
    """One dose of Comirnaty each."""
    count = len(people)
    record_doses_in_bulk(
        pa.table({
            "source_key": [f"{number}:{person}" for person in people],
            "person_id": pa.array(people, pa.int64()),
            "occurred_on": pa.array([on] * count),
            "vaccine": ["comirnaty"] * count,
            "dose_number": pa.array([number] * count, pa.int32()),
            "series": ["primary"] * count,
            "series_doses": pa.array([2] * count, pa.int32()),
        }),
        source="csv", by="test", batch_key=f"{number}:{on}:{people[0]}", forced_reason="essai", today=TODAY,
    )  # fmt: skip


@pytest.mark.django_db
def test_tg_02_the_seed_44_percent_done_of_80_leaves_2_3_million(campaign):
    """Seed 000: 56 % of the 75 and over not vaccinated end of March 2021, objective 80 %, « encore 2,3 millions »."""
    persons(100)
    doses(list(range(1, 45)), OPENING)
    gap = reads.gap(campaign, date(2021, 3, 31))
    assert (gap.concerned, gap.done, gap.share, gap.to_reach) == (100, 44, 0.44, 36)
    nation = sum(load_population()[code] for code in AGE_75_AND_MORE)
    assert round(gap.to_reach / gap.concerned * nation / 1_000_000, 1) == 2.3


@pytest.mark.parametrize(("share", "concerned", "done", "to_reach"), [
    ("0.8", 100, 44, 36), ("0.8", 101, 44, 37), ("0.07", 100, 0, 7), ("0.8", 100, 90, 0), ("0.8", 0, 0, 0),
    ("0.7501", 10_000, 0, 7501),
])  # fmt: skip
def test_tg_02_the_share_is_reached_by_whole_persons(share, concerned, done, to_reach):
    assert Gap(OPENING, concerned, done, Decimal(share)).to_reach == to_reach


def test_tg_02_no_objective_no_figure():
    gap = Gap(OPENING, 0, 0, None)
    assert gap.to_reach is None and gap.share == 0


@pytest.mark.django_db
def test_tg_02_an_act_of_a_later_day_is_not_done_yet(campaign):
    persons(10)
    doses([1, 2, 3], OPENING + timedelta(10))
    assert [reads.gap(campaign, OPENING + timedelta(after)).done for after in (9, 10)] == [0, 3]
    without = save_campaign(plan(slug="sans", objective_population=None, objective_share=None), by="test")
    assert reads.gap(without, OPENING) is None


@pytest.mark.django_db
def test_tg_10_the_effect_counts_by_channel_the_acts_since_the_invitation(campaign):
    persons(40)  # the even have a mobile, the odd get a letter
    doses([39, 40], OPENING - timedelta(3))
    waves.launch_wave(campaign, on=OPENING, by="test")
    doses([2, 4, 6, 8, 1], OPENING)
    doses([10, 3], OPENING + timedelta(20))
    seen = {row.channel: (row.invited, row.done, row.share) for row in effect(campaign, OPENING + timedelta(19), BOOK)}
    assert seen == {"sms": (19, 4, 4 / 19), "letter": (19, 1, 1 / 19)}
    later = {row.channel: row.done for row in effect(campaign, OPENING + timedelta(20), BOOK)}
    assert later == {"sms": 5, "letter": 2}
    assert effect(campaign, OPENING - timedelta(1), BOOK) == []


@pytest.mark.django_db
def test_tg_10_an_act_before_the_contact_is_no_effect(campaign):
    persons(4)
    waves.launch_wave(campaign, on=OPENING, by="test")
    doses([1, 2, 3, 4], OPENING - timedelta(1))  # recorded late
    assert sum(row.done for row in effect(campaign, TODAY, BOOK)) == 0


@pytest.mark.django_db
def test_tg_03_the_breakdown_adds_up_to_the_target(campaign):
    persons(30)
    Person.objects.filter(pk__lte=8).update(sex="M", departement_code="13")
    Person.objects.filter(pk=30).update(sex=None)
    seen = preview(campaign.current_target.on(OPENING), OPENING, campaign.channels)
    assert (seen.by["sex"], seen.by["departement"]) == ({"F": 21, "M": 8, None: 1}, {"01": 22, "13": 8})
    assert seen.count == 30


def leaves(verdict: Verdict) -> list[Verdict]:
    return [leaf for part in verdict.parts for leaf in leaves(part)] if verdict.parts else [verdict]


@pytest.fixture
def careful(db, campaign):
    """A campaign whose target also looks at earlier invitations, the summary, institutions and deaths."""
    t = tables()
    target = define(
        (t.person.age_on(OPENING) >= 75)
        & (t.dose_summary.dose_count == 0)
        & ~t.invitation.where(campaign="soigneux").exists()
        & ~t.situation.where(kind="institution").active_on(OPENING).exists()
        & ~t.person.died_on.is_known()
    )
    return save_campaign(plan(slug="soigneux", target=target), by="test")


@pytest.mark.django_db
def test_tg_06_why_invited_holds_whatever_came_after(careful):
    persons(3)
    waves.launch_wave(careful, on=OPENING, by="test")
    doses([1], OPENING)
    doses([2], OPENING + timedelta(5))
    Person.objects.filter(pk=3).update(died_on=OPENING + timedelta(9))
    Situation.objects.create(person_id=1, kind="institution", code="ehpad", starts_on=OPENING + timedelta(1))
    save_campaign(plan(slug="soigneux"), by="test")  # a later version of the target
    for invitation in Invitation.objects.all():
        verdict = reads.why_invited(invitation)
        assert verdict.holds, verdict
        assert len(leaves(verdict)) == 5
        assert not reads.why_for(careful, invitation.person_id, TODAY).holds or invitation.person_id == 3
    assert "80 ans" in str(reads.why_invited(Invitation.objects.first()))


@pytest.mark.django_db
def test_tg_06_why_invited_knows_what_was_before(careful):
    t = tables()
    once = define((t.person.age_on(OPENING) >= 75) & (t.dose_summary.dose_count == 1) & ~t.dose_summary.complete_on.is_known())
    persons(1)
    doses([1], OPENING - timedelta(1))
    waves.launch_wave(save_campaign(plan(slug="seconde", target=once), by="test"), on=OPENING, by="test")
    doses([1], OPENING + timedelta(30), number=2)
    verdict = reads.why_invited(Invitation.objects.get())
    assert verdict.holds
    assert "1" in [leaf.found for leaf in leaves(verdict)]


@pytest.mark.django_db
def test_tg_06_an_invitation_of_another_campaign_stays_a_fact(careful, campaign):
    t = tables()
    persons(1)
    waves.launch_wave(campaign, on=OPENING, by="test")
    again = define((t.person.age_on(OPENING) >= 75) & t.invitation.where(campaign="essai").exists())
    relance = save_campaign(plan(slug="relance", target=again), by="test")
    waves.launch_wave(relance, on=OPENING + timedelta(7), by="test")
    assert reads.why_invited(Invitation.objects.get(campaign=relance)).holds


@pytest.mark.django_db
def test_tg_07_a_typed_code_costs_one_query_and_an_unknown_one_finds_nobody(campaign):
    persons(5)
    waves.launch_wave(campaign, on=OPENING, by="test")
    invitation = Invitation.objects.last()
    (code,) = render([invitation.code_serial], keyring.current())
    with CaptureQueriesContext(connection) as queries:
        assert reads.invitation_of_code(code).campaign == campaign
    assert len(queries) == 1
    for serial in (0, 10**6, CAPACITY - 1):
        assert reads.invitation_of_code(render([serial], keyring.current())[0]) is None
    with pytest.raises(Mistyped):
        reads.invitation_of_code("ABC")


@pytest.mark.django_db
def test_tg_07_a_reissue_counts_the_person_once_in_the_effect(campaign):
    persons(2)
    waves.launch_wave(campaign, on=OPENING, by="test")
    reissue_code(Invitation.objects.first(), by="test", on=OPENING + timedelta(1))
    assert sum(row.invited for row in effect(campaign, TODAY, BOOK)) == 2
