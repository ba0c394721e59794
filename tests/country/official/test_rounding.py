"""Controlled rounding keeps every cell and total within one of the exact value, every day (FG-04)."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from allant.country.official.rounding import nearest, round_cumulated


@given(st.integers(0, 2**32), st.integers(1, 5), st.integers(1, 40), st.integers(1, 997))
def test_cells_and_totals_are_floor_or_ceiling(seed: int, cells: int, days: int, denominator: int) -> None:
    exact = np.cumsum(np.random.default_rng(seed).integers(0, 300, (days, cells)), axis=0)
    totals = nearest(exact.sum(axis=1), denominator)
    rounded = round_cumulated(exact, denominator, totals)
    assert np.all(rounded >= exact // denominator)
    assert np.all(rounded <= -(-exact // denominator))
    assert np.all(np.diff(rounded, axis=0) >= 0)
    assert np.array_equal(rounded.sum(axis=1), totals)


def test_whole_numbers_are_left_alone() -> None:
    exact = np.cumsum(np.arange(12).reshape(6, 2), axis=0)
    assert np.array_equal(round_cumulated(exact * 7, 7, exact.sum(axis=1)), exact)


def test_limits_hold_and_what_they_refuse_is_missing_from_the_total() -> None:
    exact = np.array([[5, 5], [10, 10]])
    limits = np.array([[0, 0], [1, 1]])
    rounded = round_cumulated(exact, 10, np.array([1, 2]), limits)
    assert rounded.tolist() == [[0, 0], [1, 1]]


def test_totals_can_come_first() -> None:
    exact = np.array([[10, 10], [20, 20]])
    rounded = round_cumulated(exact, 10, np.array([1, 3]), totals_first=True)
    assert rounded.sum(axis=1).tolist() == [1, 3]
    assert np.all(np.diff(rounded, axis=0) >= 0)
