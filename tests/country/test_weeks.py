"""The weeks of a replay."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from allant.country.replay.weeks import Week, weeks

days = st.dates(date(2020, 1, 1), date(2023, 12, 31))


def test_fg_04_the_replay_runs_from_a_sunday_to_a_sunday():
    found = list(weeks(date(2020, 12, 27), date(2021, 11, 21)))
    assert found[0] == Week(date(2020, 12, 27), date(2020, 12, 27))
    assert found[1] == Week(date(2020, 12, 28), date(2021, 1, 3))
    assert found[-1] == Week(date(2021, 11, 15), date(2021, 11, 21))
    assert len(found) == 48


@given(days, st.integers(0, 80))
def test_each_day_is_in_one_week_in_order(first, length):
    last = first + timedelta(length)
    found = list(weeks(first, last))
    covered = [week.first + timedelta(day) for week in found for day in range((week.last - week.first).days + 1)]
    assert covered == [first + timedelta(day) for day in range(length + 1)]
    assert all(week.last.weekday() == 6 for week in found[:-1])
    assert all(week.first.weekday() == 0 for week in found[1:])


def test_no_day_no_week():
    assert list(weeks(date(2021, 1, 2), date(2021, 1, 1))) == []
