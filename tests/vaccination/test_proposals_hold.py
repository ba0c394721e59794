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

LAST = date(2022, 10, 31)
BIRTHS = st.dates(date(1925, 1, 1), date(2005, 12, 31))
SITUATIONS = st.sets(st.sampled_from(["ald:8", "immunodepressed", "obesity", "institution:ehpad"]), max_size=2)
STARTS = st.dates(date(2021, 2, 1), date(2021, 9, 30))
INFECTIONS = st.none() | st.dates(date(2020, 3, 1), date(2022, 3, 31))


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


def boosted(born: str, on: str) -> Person:
    """A patient with two doses and a booster on that day."""
    someone = patient(born)
    declare(someone, today="2021-02-01")
    for given_on in ("2021-06-01", "2021-07-01", on):
        give(someone, given_on)
    return someone


@pytest.mark.django_db
def test_a_second_booster_that_the_page_does_not_open_breaks_a_rule() -> None:
    """VC-38, VC-41: at 40 years none is open; a reason lets it in."""
    someone = boosted("1981-05-01", "2022-01-10")
    assert asked(someone, date(2022, 8, 1)).next is None
    with pytest.raises(DoseRefused) as refusal:
        give(someone, "2022-08-01")
    assert (refusal.value.codes, refusal.value.forceable) == (["booster_before_opening"], True)
    forced = give(someone, "2022-08-01", reason="avis médical")
    assert (forced.series, forced.forced_rules) == ("second_booster", ["booster_before_opening"])


@pytest.mark.django_db
@pytest.mark.parametrize(("infected", "due"), [(None, date(2022, 7, 12)), ("2022-02-01", date(2022, 8, 3))])
def test_a_second_booster_is_open_from_the_day_the_page_says(infected: str | None, due: date) -> None:
    """VC-38, VC-41: at 70 years, six months of 30.5 days after the booster or a later infection; not the day before."""
    someone = boosted("1951-10-01", "2022-01-10")
    if infected:
        Infection.objects.create(person=someone, occurred_on=date.fromisoformat(infected))
    following = asked(someone, date(2022, 6, 1)).next
    assert following is not None
    assert (following.series, following.earliest) == ("second_booster", due)
    with pytest.raises(DoseRefused) as refusal:
        give(someone, (due - timedelta(days=1)).isoformat())
    assert refusal.value.codes == ["booster_too_early"]
    assert give(someone, due.isoformat()).forced_rules == []


@pytest.mark.django_db
def test_a_booster_waits_after_an_infection_as_the_page_says() -> None:
    """VC-38, VC-41: three months after the infection, though the last dose is older."""
    someone = patient("1951-10-01")
    declare(someone, today="2021-02-01")
    give(someone, "2021-06-01")
    give(someone, "2021-07-01")
    Infection.objects.create(person=someone, occurred_on=date(2021, 12, 1))
    following = asked(someone, date(2022, 1, 10)).next
    assert following is not None
    assert following.earliest == date(2022, 3, 3)
    with pytest.raises(DoseRefused) as refusal:
        give(someone, "2022-03-02")
    assert refusal.value.codes == ["booster_too_early"]
    assert give(someone, "2022-03-03").forced_rules == []
