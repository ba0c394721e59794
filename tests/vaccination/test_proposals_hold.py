"""What the page proposes is what the checks accept: on generated patients, from the first dose to the last booster."""

from datetime import date, timedelta

import pytest
from hypothesis import given as generated
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from allant.doctrine import rules
from allant.immunizations.actions import DoseRefused
from allant.immunizations.models import Infection
from allant.people.models import Person
from allant.vaccination.journey import Journey, journey_of
from tests.vaccination.builders import declare, give, patient

LAST = date(2022, 6, 30)
BIRTHS = st.dates(date(1925, 1, 1), date(2005, 12, 31))
SITUATIONS = st.sets(st.sampled_from(["ald:8", "immunodepressed", "obesity", "institution:ehpad"]), max_size=2)
STARTS = st.dates(date(2021, 2, 1), date(2021, 9, 30))
INFECTIONS = st.none() | st.dates(date(2020, 3, 1), date(2021, 12, 31))


def asked(someone: Person, on: date) -> Journey:
    return journey_of(someone, on, rules.as_known_on(on))


def waited_for(someone: Person, on: date) -> date | None:
    """The first day from `on` on which the page proposes a dose and finds it early no more."""
    while on <= LAST:
        following = asked(someone, on).next
        if following is None or not following.vaccines:
            on += timedelta(days=20)
        elif following.earliest is None or following.earliest <= on:
            return on
        else:
            on = following.earliest
    return None


class ProposalsHold(TestCase):
    """VC-33, VC-34, VC-38, VC-41."""

    @generated(BIRTHS, SITUATIONS, STARTS, INFECTIONS, st.data())
    def test_no_proposed_dose_is_refused_or_forced(
        self, born: date, situations: set[str], start: date, infected: date | None, choices: st.DataObject
    ) -> None:
        someone = patient(born.isoformat(), *situations)
        if infected:
            Infection.objects.create(person=someone, occurred_on=infected)
        declare(someone, today="2021-02-01")
        on = waited_for(someone, start)
        for _ in range(4):
            if on is None:
                break
            following = asked(someone, on).next
            assert following is not None
            choice = choices.draw(st.sampled_from(following.vaccines))
            dose = give(someone, on.isoformat(), choice.code, dose_number=following.dose_number)
            assert (dose.forced_rules, dose.series) == ([], following.series)
            if dose.series == "primary":
                assert dose.series_doses == choice.series_doses
            on = waited_for(someone, on + timedelta(days=1))

    @generated(BIRTHS, STARTS, st.integers(1, 20), st.data())
    def test_what_it_finds_early_or_unforeseen_is_refused_until_a_reason_is_written(
        self, born: date, start: date, days: int, choices: st.DataObject
    ) -> None:
        someone = patient(born.isoformat())
        declare(someone, today="2021-02-01")
        first = asked(someone, start).next
        if first is None or not first.vaccines:
            return
        give(someone, start.isoformat(), choices.draw(st.sampled_from(first.vaccines)).code)
        on = start + timedelta(days=days)
        second = asked(someone, on).next
        if second is None:
            return
        offered = [*second.vaccines, *second.others]
        choice = choices.draw(st.sampled_from(offered))
        early = second.earliest is not None and on < second.earliest
        if not early and not choice.reason_needed:
            return
        with pytest.raises(DoseRefused) as refusal:
            give(someone, on.isoformat(), choice.code)
        assert refusal.value.forceable
        assert give(someone, on.isoformat(), choice.code, reason="avis médical").forced_rules
