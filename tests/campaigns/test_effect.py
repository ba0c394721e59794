"""TG-10: intervals, delays, and the comparison group held out at random."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from allant.campaigns import waves
from allant.campaigns.effect import comparison, effect, newcombe, wilson
from allant.campaigns.models import HeldOut, Invitation
from allant.outreach.models import Message

from .conftest import OPENING, persons
from .test_reads import BOOK, doses


@pytest.mark.parametrize(
    ("done", "people", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718), (0, 0, 0.0, 1.0)],
)
def test_tg_10_a_share_has_the_interval_of_wilson(done: int, people: int, low: float, high: float) -> None:
    """The worked examples that Newcombe gives for his method 3."""
    seen = wilson(done, people, 0.95)
    assert (seen.low, seen.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [((56, 70), (48, 80), 0.0524, 0.3339), ((9, 10), (3, 10), 0.1705, 0.8090), ((10, 10), (0, 10), 0.6075, 1.0)],
)
def test_tg_10_a_difference_has_the_interval_of_newcombe(
    one: tuple[int, int], other: tuple[int, int], low: float, high: float
) -> None:
    """The worked examples that Newcombe gives for his method 10."""
    seen = newcombe(wilson(*one, 0.95), wilson(*other, 0.95))
    assert (seen.low, seen.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))
    assert seen.settled


def test_tg_10_the_letters_of_seed_001_are_told_apart_from_chance() -> None:
    """1 135 letters, 25 %; 510 letters, 7 %: the shares of seed 001 with their uncertainty."""
    first, second = wilson(284, 1135, 0.95), wilson(36, 510, 0.95)
    assert (round(first.share, 2), round(second.share, 2)) == (0.25, 0.07)
    assert newcombe(first, second).settled


@pytest.mark.django_db
def test_tg_10_at_a_delay_only_those_contacted_long_enough_ago_count(campaign):
    persons(20)
    waves.launch_wave(campaign, on=OPENING, by="test")
    doses([2, 4], OPENING + timedelta(7))
    doses([6], OPENING + timedelta(8))
    (sms,) = [row for row in effect(campaign, OPENING + timedelta(8), BOOK) if row.channel == "sms"]
    seen = {delay.days: (delay.share.done, delay.share.people) for delay in sms.by_delay}
    assert sms.since.done == 3 and seen == {7: (2, 10), 14: (0, 0), 28: (0, 0)}


@pytest.mark.django_db
def test_tg_10_a_group_is_held_out_once_for_all_and_compared_from_the_day_of_the_wave(campaign):
    """Neither invited nor written to, by this wave or a later one; drawn alike when it is launched again."""
    persons(40)
    wave = waves.launch_wave(campaign, on=OPENING, by="test", held_out=0.25)
    assert waves.launch_wave(campaign, on=OPENING, by="test", held_out=0.25) == wave
    aside = set(HeldOut.objects.values_list("person_id", flat=True))
    assert (wave.size, len(aside)) == (30, 10)
    assert comparison(campaign, OPENING - timedelta(1), BOOK) is None
    assert waves.launch_wave(campaign, on=OPENING + timedelta(7), by="test") is None, "nobody is left but those held out"
    invited = set(Invitation.objects.values_list("person_id", flat=True))
    assert not aside & (invited | set(Message.objects.values_list("person_id", flat=True)))
    doses(sorted(invited)[:15], OPENING + timedelta(2))
    doses(sorted(aside)[:1], OPENING + timedelta(2), number=1)
    seen = comparison(campaign, OPENING + timedelta(10), BOOK)
    assert ((seen.invited.done, seen.invited.people), (seen.held_out.done, seen.held_out.people)) == ((15, 30), (1, 10))
    assert seen.difference == pytest.approx(0.4) and seen.settled


@pytest.mark.django_db
def test_a_held_out_person_stays_so_and_half_is_the_most(campaign):
    persons(10)
    with pytest.raises(ValueError, match="50"):
        waves.launch_wave(campaign, on=OPENING, by="test", held_out=0.6)
    waves.launch_wave(campaign, on=OPENING, by="test", held_out=0.5)
    with pytest.raises(DatabaseError), transaction.atomic():
        HeldOut.objects.all().delete()
