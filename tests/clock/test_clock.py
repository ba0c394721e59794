"""The one place where the clock is read."""

from datetime import UTC, date, datetime, timedelta

import pytest

from allant import clock

DAY = date(2021, 11, 21)


def test_now_is_this_instant_in_paris():
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
    assert clock.now().utcoffset() == datetime.now(clock.PARIS).utcoffset()
    assert clock.today() == clock.now().date()


def test_a_demonstration_fixes_the_day_and_the_hour_goes_on(settings):
    settings.ALLANT_TODAY = DAY
    assert clock.today() == DAY
    assert clock.now().date() == DAY and clock.now().utcoffset() == timedelta(hours=1)
    assert clock.now() <= clock.now()


def test_a_replay_moves_the_day_over_the_fixed_one_and_gives_it_back(settings):
    settings.ALLANT_TODAY = DAY
    with clock.moved_to(date(2021, 7, 14)):
        assert clock.today() == date(2021, 7, 14)
        assert clock.now().utcoffset() == timedelta(hours=2)
        with clock.moved_to(date(2020, 2, 29)):
            assert clock.today() == date(2020, 2, 29)
        assert clock.today() == date(2021, 7, 14)
    assert clock.today() == DAY


def test_an_error_inside_a_replay_gives_the_day_back_too(settings):
    settings.ALLANT_TODAY = DAY
    with pytest.raises(ValueError, match="arrêt"), clock.moved_to(date(2021, 1, 1)):
        raise ValueError("arrêt")
    assert clock.today() == DAY


@pytest.mark.parametrize("day", [date(2021, 3, 28), date(2021, 10, 31), date(2024, 2, 29)])
def test_days_when_the_hour_changes_are_days_like_others(day):
    with clock.moved_to(day):
        assert clock.today() == day
        assert clock.now().tzinfo is clock.PARIS
