"""TG-10, TG-12: a flu campaign asks for the injection of the season: its effect is measured, who had it is not invited."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from allant.campaigns import waves
from allant.campaigns.effect import effect
from allant.campaigns.models import Invitation
from allant.doctrine import rules
from allant.flu.campaigns import not_yet_this_season
from allant.immunizations.models import Dose
from allant.people.actions import merge
from tests.flu.people import BOOK, DAY, aged, campaign
from tests.flu.test_coverage import vaccinated

pytestmark = pytest.mark.django_db
LATER = DAY + timedelta(20)


def test_tg_10_the_effect_of_a_flu_campaign_counts_the_injections_of_its_season_since_the_letter() -> None:
    """TG-10: neither that of last season, nor one cancelled, nor another person's; under a merged record it is found."""
    told, last_year, cancelled, merged, _ = people = [aged(70) for _ in range(5)]
    vaccinated(last_year, date(2020, 11, 10))
    bons = campaign()
    assert bons.act == "flu_injection.occurred_on"
    waves.launch_wave(bons, on=DAY, by="test")
    assert set(Invitation.objects.values_list("person", flat=True)) == {person.pk for person in people}
    vaccinated(told, DAY + timedelta(6))
    vaccinated(cancelled, DAY + timedelta(7))
    Dose.objects.filter(person=cancelled).update(ended_at=f"{LATER} 10:00+01:00", end_kind="cancelled", end_reason="essai")
    twin = vaccinated(aged(70), DAY + timedelta(8))
    merge(duplicate=twin, into=merged, by="test", reason="même personne")
    (letter,) = effect(bons, LATER, BOOK)
    assert (letter.invited, letter.done) == (5, 2)
    assert {delay.days: (delay.share.done, delay.share.people) for delay in letter.by_delay} == {
        7: (1, 5),
        14: (2, 5),
        28: (0, 0),
    }


def test_tg_12_who_has_the_injection_of_the_season_is_not_invited_and_last_season_does_not_count() -> None:
    """TG-12: the target says so, whatever the day of the wave."""
    vaccinated(aged(70), date(2021, 10, 25))
    waiting = vaccinated(aged(70), date(2021, 1, 15))
    bons = campaign()
    assert "injection contre la grippe" in bons.current_target.sentence
    waves.launch_wave(bons, on=LATER, by="test")
    assert Invitation.objects.get().person == waiting
    early = date(2010, 1, 1)
    assert not_yet_this_season(rules.as_known_on(early), early, {}) is None
