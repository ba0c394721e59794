"""The planner itself, without a database: scarce acts given week by week to groups in their order of priority.

Each week, each département gives its own capacity to the groups open that week, the most urgent first; a group gets nothing while
a more urgent one still waits there. The national reserve then goes to who is left, again the most urgent group first, shared over
the départements by the largest remainder (Hamilton). Amounts are whole thousandths of an act: nothing is lost or made up.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]
ACT = 1000
"""Amounts of acts are counted in thousandths."""
NO_CAPACITY, EVERYBODY, FOLLOW_UPS, DOSES, SLOTS, BOTH = range(6)
"""What limits a département in a week: see `Allotment.limits`."""


@dataclass(frozen=True)
class Group:
    """People of one campaign; `uptake`: of a thousand invited, how many come; `follow_up`: of a thousand who come, how many need
    a second act, `after` weeks later. Open from `opens_on`, and before `ends_on` when there is one."""

    name: str
    opens_on: date
    ends_on: date | None
    uptake: int
    follow_up: int = 0
    after: int = 1

    def open_in(self, week: date) -> bool:
        """Whether it is open on one day at least of the week that begins on this Monday."""
        return self.opens_on < week + timedelta(7) and (self.ends_on is None or week < self.ends_on)


@dataclass(frozen=True)
class Problem:
    """What is to be shared: W weeks, D départements, G groups, the most urgent first.

    `waiting` (G, D) persons; `doses` and `slots` (W, D) acts of the département's own; `reserve` (W,) acts of the national
    reserve; `promised` (W, D) thousandths of acts already promised.
    """

    weeks: tuple[date, ...]
    departements: tuple[str, ...]
    groups: tuple[Group, ...]
    waiting: Counts
    doses: Counts
    slots: Counts
    reserve: Counts
    promised: Counts

    def __post_init__(self) -> None:
        weeks, places, groups = len(self.weeks), len(self.departements), len(self.groups)
        shapes: dict[str, tuple[int, ...]] = {
            "waiting": (groups, places), "doses": (weeks, places), "slots": (weeks, places), "reserve": (weeks,),
            "promised": (weeks, places),
        }  # fmt: skip
        for name, shape in shapes.items():
            seen = getattr(self, name)
            if seen.shape != shape or (seen < 0).any():
                raise ValueError(f"{name}: {shape} amounts of zero or more, not {seen.shape}")
        for group in self.groups:
            if not (0 < group.uptake <= ACT and 0 <= group.follow_up <= ACT and group.after >= 1):
                raise ValueError(f"{group.name}: uptake above 0 and at most 1000, follow-up at most 1000, after a week or more")


@dataclass(frozen=True)
class Allotment:
    """What was found. `invited` and `waiting` (W, G, D): persons to invite in the week, and still waiting after it; `limits`
    (W, D): what held the département back; `owed` (W, D): thousandths of its own acts that the week gives to second acts."""

    problem: Problem
    invited: Counts
    waiting: Counts
    limits: Counts
    owed: Counts

    def done_in(self, group: int) -> date | None:
        """The first week after which nobody of the group waits; None when the horizon ends before."""
        return week_done(self.problem.weeks, self.problem.groups[group].opens_on, self.waiting[:, group])


def week_done(weeks: tuple[date, ...], opens_on: date, waiting: Counts) -> date | None:
    """The first week, from the one a group opens in, after which nobody of it waits; `waiting` (W, …) after each week."""
    for week, people in zip(weeks, waiting, strict=True):
        if opens_on < week + timedelta(7) and not people.sum():
            return week
    return None


def largest_remainder(total: int, weights: Counts) -> Counts:
    """Share `total` out in proportion to whole weights, by Hamilton's method.

    Each gets the whole part of its quota, the rest goes to the largest remainders; ties to the larger weight, then to the first
    in order. Nobody gets more than the quota rounded up.
    """
    whole = int(weights.sum())
    if not whole or not total:
        return np.zeros_like(weights)
    products = [total * int(weight) for weight in weights]  # Python's integers: the product may pass 64 bits
    shares = np.array([product // whole for product in products], dtype=np.int64)
    remainders = np.array([product % whole for product in products], dtype=np.int64)
    order = np.lexsort((np.arange(len(weights)), -weights, -remainders))
    shares[order[: total - int(shares.sum())]] += 1
    return shares


def allot(problem: Problem) -> Allotment:
    """Share the capacities out over weeks, groups and départements."""
    run = _Run(problem)
    for week in range(len(problem.weeks)):
        run.week(week)
    return Allotment(problem, run.invited, run.after, run.limits, run.owed)


class _Run:
    """The state between two weeks: who still waits, and the second acts that fall due in each."""

    def __init__(self, problem: Problem) -> None:
        weeks, places = problem.doses.shape
        self.problem = problem
        self.left = problem.waiting.copy()
        self.due = problem.promised.copy()
        self.reserve_due = np.zeros(weeks, dtype=np.int64)
        self.invited: Counts = np.zeros((weeks, len(problem.groups), places), dtype=np.int64)
        self.after, self.owed = np.zeros_like(self.invited), np.zeros_like(self.due)
        self.limits = np.zeros((weeks, places), dtype=np.int64)

    def week(self, week: int) -> None:
        """Second acts first, then the département's own capacity, then the reserve."""
        problem = self.problem
        own = np.minimum(problem.doses[week], problem.slots[week]) * ACT
        self.owed[week], rest = _owed(self.due, week, own)
        _, reserve = _owed(self.reserve_due, week, problem.reserve[week] * ACT)
        open_now = [at for at, group in enumerate(problem.groups) if group.open_in(problem.weeks[week])]
        self._give_own(week, open_now, rest)
        self._give_reserve(week, open_now, int(reserve))
        self.after[week] = self.left
        self._tell_limits(week, open_now, own)

    def _give_own(self, week: int, open_now: list[int], rest: Counts) -> None:
        for at in open_now:
            group = self.problem.groups[at]
            taken = np.minimum(self.left[at], rest // group.uptake)
            rest = rest - taken * group.uptake
            self._invite(week, at, taken)
            rest[self.left[at] > 0] = 0  # nobody less urgent while somebody waits here
            _promise(self.due, week, group, taken)

    def _give_reserve(self, week: int, open_now: list[int], rest: int) -> None:
        for at in open_now:
            group, waiting = self.problem.groups[at], int(self.left[at].sum())
            total = min(waiting, rest // group.uptake)
            self._invite(week, at, largest_remainder(total, self.left[at]))
            _promise(self.reserve_due, week, group, np.int64(total))
            if total < waiting:
                return
            rest -= total * group.uptake

    def _invite(self, week: int, at: int, persons: Counts) -> None:
        self.invited[week, at] += persons
        self.left[at] -= persons

    def _tell_limits(self, week: int, open_now: list[int], own: Counts) -> None:
        doses, slots = self.problem.doses[week], self.problem.slots[week]
        held = np.select([doses < slots, slots < doses], [DOSES, SLOTS], BOTH)
        held = np.where(own - self.owed[week] == 0, FOLLOW_UPS, held)
        held = np.where(own == 0, NO_CAPACITY, held)
        self.limits[week] = np.where(self.left[open_now].sum(axis=0) == 0, EVERYBODY, held)


def _owed(due: Counts, week: int, capacity: Any) -> tuple[Any, Any]:
    """What the second acts due in a week take of its capacity, and what is left; those without room wait for the next week."""
    owed = np.minimum(due[week], capacity)
    if week + 1 < len(due):
        due[week + 1] += due[week] - owed
    return owed, capacity - owed


def _promise(due: Counts, week: int, group: Group, persons: Any) -> None:
    """The second acts of those who come, rounded up to the next thousandth."""
    if week + group.after < len(due):
        due[week + group.after] += -(-persons * group.uptake * group.follow_up // ACT)
