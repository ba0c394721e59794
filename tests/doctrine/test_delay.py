"""Months by the calendar and months of 30.5 days."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allant.doctrine import Delay, add_delay, add_delays


@pytest.mark.parametrize(("months", "days"), [(1, 31), (2, 61), (3, 92), (4, 122), (5, 153), (7, 214)])
def test_a_month_of_thirty_days_and_a_half(months: int, days: int) -> None:
    """RP-01, the common rule."""
    assert Delay(months).in_days() == days


@pytest.mark.parametrize(
    ("start", "delay", "end"),
    [
        (date(2021, 8, 31), Delay(months=6), date(2022, 2, 28)),
        (date(2023, 8, 31), Delay(months=6), date(2024, 2, 29)),
        (date(2020, 2, 29), Delay(months=12), date(2021, 2, 28)),
        (date(2021, 12, 15), Delay(months=1), date(2022, 1, 15)),
        (date(2021, 1, 31), Delay(months=1, days=2), date(2021, 3, 2)),
        (date(2021, 6, 1), Delay(days=28), date(2021, 6, 29)),
        (date(2021, 6, 1), Delay(), date(2021, 6, 1)),
    ],
)
def test_calendar_months_stop_at_the_end_of_the_month(start: date, delay: Delay, end: date) -> None:
    assert add_delay(start, delay) == end


@given(
    days=st.lists(st.dates(date(1900, 1, 1), date(2100, 1, 1)), min_size=1, max_size=20),
    delay=st.builds(Delay, st.integers(0, 30), st.integers(0, 400)),
    counting=st.sampled_from(["calendar", "thirty_and_half"]),
)
def test_arrays_count_as_single_days(days: list[date], delay: Delay, counting: str) -> None:
    shifted = add_delays(np.array(days, dtype="datetime64[D]"), delay, counting)  # type: ignore[arg-type]
    assert shifted.tolist() == [add_delay(day, delay, counting) for day in days]  # type: ignore[arg-type]


def test_unknown_days_stay_unknown() -> None:
    assert np.isnat(add_delays(np.array(["NaT"], dtype="datetime64[D]"), Delay(months=2))).all()


@pytest.mark.parametrize(
    ("delay", "french"), [(Delay(5), "5 mois"), (Delay(days=1), "1 jour"), (Delay(1, 28), "1 mois et 28 jours")]
)
def test_delays_read_in_french(delay: Delay, french: str) -> None:
    assert str(delay) == french
    assert delay + Delay(2) == Delay(delay.months + 2, delay.days)
