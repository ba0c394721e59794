"""FG-03: statistical secrecy of the files by territory."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from allant.figures.secrecy import Indefensible, defend, rounded, sensitive_cells, with_totals
from allant.figures.series import defend_series
from tests.figures.audit import ranges

THRESHOLD = 11
COUNTS = st.one_of(st.integers(0, 15), st.sampled_from([0, 0, 40, 1000]))


@st.composite
def tables(draw: st.DrawFn, periods: bool = False) -> np.ndarray:
    shape = draw(st.sampled_from([(1, 1), (2, 3), (3, 3), (4, 2), (2, 2, 2), (3, 2, 2)]))
    shape = (draw(st.integers(1, 4)), *shape[-2:]) if periods else shape
    return np.array(draw(st.lists(COUNTS, min_size=int(np.prod(shape)), max_size=int(np.prod(shape))))).reshape(shape)


def test_fg_03_counts_under_the_threshold_are_blank_and_others_rounded_to_the_nearest_ten() -> None:
    counts = np.array([0, 1, 10, 11, 14, 15, 1234])
    shown = rounded(counts, counts < THRESHOLD, 10)
    assert np.isnan(shown[:3]).all()
    assert shown[3:].tolist() == [10, 10, 20, 1230]


def test_fg_03_a_second_cell_is_hidden_where_subtraction_would_give_the_first_back() -> None:
    values = with_totals(np.array([[3, 50, 60], [70, 80, 90], [100, 110, 120]]))
    hidden = defend(values, THRESHOLD).hidden
    assert hidden[0, 0]
    assert hidden.sum() == 4  # one box: two rows, two columns
    assert all(count != 1 for count in [*hidden.sum(axis=0), *hidden.sum(axis=1)])


def test_fg_03_a_margin_made_of_one_cell_is_hidden_with_it() -> None:
    values = with_totals(np.array([[4]]))
    assert defend(values, THRESHOLD).hidden.all()


def test_fg_03_two_hidden_cells_a_line_do_not_suffice_and_the_boxes_do() -> None:
    """Two blocks joined by one cell: every line has two hidden cells or none, and adding rows gives the joint back."""
    inner = np.full((4, 4), 100)
    inner[1, 2] = 3
    values = with_totals(inner)
    by_lines = np.zeros(values.shape, bool)
    by_lines[:2, :2] = by_lines[2:4, 2:4] = by_lines[1, 2] = True
    joint = np.zeros(values.shape, bool)
    joint[1, 2] = True
    assert ranges(values, by_lines, joint) == [pytest.approx((3, 3))]
    least, most = ranges(values, defend(values, THRESHOLD).hidden, joint)[0]
    assert most - least > 0.999


@given(tables())
@example(np.array([[1, 1], [1000, 1000]]))
@example(np.array([[5, 0, 0], [0, 5, 0], [0, 0, 5]]))
def test_fg_03_no_sensitive_cell_can_be_pinned_down(inner: np.ndarray) -> None:
    values = with_totals(inner)
    defence = defend(values, THRESHOLD)
    nothing = np.zeros(values.shape, bool)
    sensitive = sensitive_cells(values, THRESHOLD, nothing)
    assert defence.hidden[sensitive].all()
    for least, most in ranges(values, defence.hidden, defence.hidden & (values > 0)):
        assert most - least > 0.999


@given(tables(periods=True))
def test_fg_03_cumulated_columns_and_later_publications_give_nothing_back(inner: np.ndarray) -> None:
    values = np.stack([with_totals(table) for table in inner])
    public = np.zeros(values.shape[1:], bool)
    hidden, cumulated = defend_series(values, THRESHOLD, public)
    running = values.cumsum(axis=0)
    everywhere = np.broadcast_to(public, values.shape)
    weekly_targets = sensitive_cells(values, THRESHOLD, everywhere)
    running_targets = sensitive_cells(running, THRESHOLD, everywhere)
    assert cumulated[running_targets].all()
    assert hidden[weekly_targets].all()
    for least, most in ranges(values, hidden, np.stack([weekly_targets, running_targets]), cumulated):
        assert most - least > 0.999


@given(tables(periods=True))
def test_fg_03_a_later_publication_repeats_the_earlier_ones(inner: np.ndarray) -> None:
    values = np.stack([with_totals(table) for table in inner])
    public = np.zeros(values.shape[1:], bool)
    last, last_cumulated = defend_series(values, THRESHOLD, public)
    first, first_cumulated = defend_series(values[:1], THRESHOLD, public)
    assert (last[:1] == first).all()
    assert (last_cumulated[:1] == first_cumulated).all()


def test_fg_03_a_hidden_week_hides_cumulated_counts_until_another_week_hides_it() -> None:
    quiet, busy = np.array([[3, 60], [70, 80]]), np.array([[50, 60], [70, 80]])
    values = np.stack([with_totals(table) for table in (quiet, busy, busy)])
    hidden, cumulated = defend_series(values, THRESHOLD, np.zeros((3, 3), bool))
    assert hidden[:, 0, 0].tolist() == [True, True, False]
    assert cumulated[:, 0, 0].tolist() == [True, False, False]


def test_fg_03_counts_published_exactly_elsewhere_are_not_hidden() -> None:
    values = with_totals(np.array([[3, 50], [70, 80], [5, 90]]))
    public = np.zeros(values.shape, bool)
    public[-1, :] = True
    hidden = defend(values, THRESHOLD, public).hidden
    assert not hidden[-1].any()
    for least, most in ranges(values, hidden, sensitive_cells(values, THRESHOLD, public)):
        assert most - least > 0.999


def test_fg_03_a_table_that_public_counts_give_away_is_refused() -> None:
    values = with_totals(np.array([[3, 50]]))
    public = np.zeros(values.shape, bool)
    public[-1, :] = True
    with pytest.raises(Indefensible, match="se déduit"):
        defend(values, THRESHOLD, public)
