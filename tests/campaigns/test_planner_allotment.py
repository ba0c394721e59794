"""TG-08: scarce capacity shared over weeks and départements by priority: cases by hand, and what always holds."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allant.campaigns.planner import allotment
from allant.campaigns.planner.allotment import ACT, Allotment, Group, Problem, allot, largest_remainder
from tests.campaigns.planner_rendering import CASES, MONDAY, PAGE, page, problem

LIMITS = {
    "no_capacity": allotment.NO_CAPACITY, "everybody": allotment.EVERYBODY, "follow_ups": allotment.FOLLOW_UPS,
    "doses": allotment.DOSES, "slots": allotment.SLOTS, "both": allotment.BOTH,
}  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case["shows"] for case in CASES])
def test_tg_08_small_plans_worked_out_by_hand(case):
    found = allot(problem(case))
    expected = np.array([case["invited"][name] for name in case["groups"]]).swapaxes(0, 1)
    assert found.invited.tolist() == expected.tolist()
    if "limits" in case:
        assert found.limits.tolist() == [[LIMITS[name] for name in week] for week in case["limits"]]
    for name, week in case.get("done", {}).items():
        done = found.done_in(list(case["groups"]).index(name))
        assert done == (None if week == "never" else MONDAY + timedelta(7 * (week - 1)))


def test_the_cases_are_the_page_of_the_docs():
    assert PAGE.read_text("utf-8") == page(), "python -m tests.campaigns.planner_rendering"


counts = st.integers(0, 60)


@st.composite
def problems(draw: st.DrawFn, reserve: bool = True, follow_ups: bool = True) -> Problem:
    """Up to five weeks, four départements and four groups; openings and ends anywhere."""
    weeks, places, groups = draw(st.integers(1, 5)), draw(st.integers(1, 4)), draw(st.integers(1, 4))

    def grid(*shape: int):
        size = int(np.prod(shape))
        return np.array(draw(st.lists(counts, min_size=size, max_size=size)), dtype=np.int64).reshape(shape)

    def group(rank: int) -> Group:
        opens = MONDAY + timedelta(draw(st.integers(-7, 30)))
        ends = draw(st.none() | st.integers(1, 30).map(lambda days: opens + timedelta(days)))
        follow_up = draw(st.integers(0, ACT)) if follow_ups else 0
        return Group(f"g{rank}", opens, ends, draw(st.integers(100, ACT)), follow_up, draw(st.integers(1, 3)))

    return Problem(
        weeks=tuple(MONDAY + timedelta(7 * rank) for rank in range(weeks)),
        departements=tuple("ABCD"[:places]),
        groups=tuple(group(rank) for rank in range(groups)),
        waiting=grid(groups, places), doses=grid(weeks, places), slots=grid(weeks, places),
        reserve=grid(weeks) if reserve else np.zeros(weeks, dtype=np.int64),
        promised=ACT * grid(weeks, places) if follow_ups else np.zeros((weeks, places), dtype=np.int64),
    )  # fmt: skip


def uptakes(asked: Problem) -> np.ndarray:
    return np.array([group.uptake for group in asked.groups])


@given(problems())
def test_tg_08_nobody_is_lost_or_made_up(asked: Problem):
    found = allot(asked)
    assert (found.invited >= 0).all() and (found.waiting >= 0).all()
    assert (found.waiting + np.cumsum(found.invited, axis=0) == asked.waiting).all()


@given(problems())
def test_tg_08_no_week_passes_its_capacity(asked: Problem):
    found = allot(asked)
    own = np.minimum(asked.doses, asked.slots) * ACT
    acts = np.einsum("wgd,g->wd", found.invited, uptakes(asked))
    assert (found.owed <= own).all()
    assert (acts.sum(axis=1) + found.owed.sum(axis=1) <= own.sum(axis=1) + asked.reserve * ACT).all()
    without = allot(replaced(asked, reserve=np.zeros_like(asked.reserve)))
    alone = np.einsum("wgd,g->wd", without.invited, uptakes(asked))
    assert (alone + without.owed <= own).all()


@given(problems())
def test_tg_08_nobody_less_urgent_before_somebody_more_urgent_there_that_week(asked: Problem):
    found = allot(asked)
    for week, day in enumerate(asked.weeks):
        open_now = [at for at, group in enumerate(asked.groups) if group.open_in(day)]
        closed = [at for at in range(len(asked.groups)) if at not in open_now]
        assert not found.invited[week, closed].any()
        for rank, at in enumerate(open_now):
            held = found.waiting[week, at] > 0
            assert not found.invited[week][open_now[rank + 1 :]][:, held].any()


@given(problems(reserve=False, follow_ups=False), st.data())
def test_tg_08_more_capacity_never_delays_anybody(asked: Problem, data: st.DataObject):
    more = asked.doses + data.draw(st.integers(0, 30))
    before, after = allot(asked), allot(replaced(asked, doses=more, slots=np.maximum(asked.slots, more)))
    # Whoever waits, in each group and all more urgent ones together: less urgent people may then be served sooner or as soon.
    assert (after.waiting.cumsum(axis=1) <= before.waiting.cumsum(axis=1)).all()


def replaced(asked: Problem, **changes: np.ndarray) -> Problem:
    return Problem(**{**{name: getattr(asked, name) for name in Problem.__dataclass_fields__}, **changes})


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=110), st.integers(0, 10**8))
def test_tg_08_the_largest_remainder_keeps_the_total_and_the_quota(weights: list[int], asked: int):
    total = min(asked, sum(weights))
    shares = largest_remainder(total, np.array(weights))
    assert shares.sum() == total and (shares <= np.array(weights)).all()
    for share, weight in zip(shares.tolist(), weights, strict=True):
        whole = sum(weights) or 1
        assert total * weight // whole <= share <= -(-total * weight // whole)


def test_a_problem_that_makes_no_sense_is_refused():
    asked = problem(CASES[0])
    with pytest.raises(ValueError, match="doses"):
        replaced(asked, doses=asked.doses[:, :1])
    with pytest.raises(ValueError, match="waiting"):
        replaced(asked, waiting=-asked.waiting)
    with pytest.raises(ValueError, match="uptake"):
        replaced(asked, groups=(Group("g", date(2021, 3, 1), None, 0), asked.groups[1]))


def test_a_plan_without_a_group_is_empty():
    asked = problem(CASES[0])
    found: Allotment = allot(replaced(asked, groups=(), waiting=asked.waiting[:0]))
    assert found.invited.size == 0 and (found.limits == allotment.EVERYBODY).all()
