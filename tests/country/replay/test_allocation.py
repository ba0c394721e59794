"""Integer allocation is exact, bounded and close to what was wished."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allant.country.replay.allocation import allot, transport


@given(st.integers(0, 2**32), st.integers(1, 15), st.floats(0, 1))
def test_allot_meets_total_and_bounds(seed: int, cells: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    low = rng.integers(0, 50, cells)
    high = low + rng.integers(0, 1000, cells)
    total = int(low.sum() + share * (high - low).sum())
    found = allot(total, rng.random(cells) * 500 - 50, low, high)
    assert found.sum() == total
    assert np.all((low <= found) & (found <= high))


def test_allot_returns_a_wish_that_fits() -> None:
    wish = np.array([3, 0, 7])
    assert allot(10, wish, np.zeros(3, dtype=int), np.array([5, 5, 7])).tolist() == [3, 0, 7]


def test_allot_refuses_bounds_without_room() -> None:
    with pytest.raises(ValueError, match="11 does not fit"):
        allot(11, np.ones(2), np.zeros(2, dtype=int), np.array([5, 5]))


@given(st.integers(0, 2**32), st.sampled_from([3, 60, 10**6]))
def test_transport_meets_both_margins(seed: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, size, 15)
    columns = rng.multinomial(rows.sum(), rng.dirichlet(np.ones(5)))
    weights = rng.random((15, 5)) * (rng.random((15, 5)) > 0.4)
    found = transport(rows, columns, weights, np.zeros((15, 5)))
    assert found.min() >= 0
    assert np.array_equal(found.sum(axis=1), rows)
    assert np.array_equal(found.sum(axis=0), columns)


def test_transport_is_fair_over_days_of_one_act() -> None:
    """One act a day for two equal classes: each gets half of the vaccine's acts in the long run."""
    carry, total = np.zeros((2, 2)), np.zeros((2, 2), dtype=np.int64)
    for _ in range(100):
        total += transport(np.array([1, 1]), np.array([1, 1]), np.ones((2, 2)), carry)
    assert np.abs(total - 50).max() <= 1


def test_transport_refuses_margins_that_differ() -> None:
    with pytest.raises(ValueError, match="margins differ: 3 and 2"):
        transport(np.array([3]), np.array([2]), np.ones((1, 1)), np.zeros((1, 1)))
