"""The plan: how many acts of each kind, age class and vaccine on each day.

The class margins are the law. Day by day the plan keeps count of who is where in the schedule (one dose, complete…),
so that every act it asks for finds a person of the class; vaccine margins are met exactly whenever that leaves room,
always so at full scale.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from allant.country.official.series import Counts, Series
from allant.country.replay.allocation import Weights, allot, clamp, transport
from allant.country.replay.decomposition import Act, decompose
from allant.country.replay.margins import Margins, scale_margins
from allant.country.replay.preferences import OTHER_VACCINE, SAME_VACCINE, load_preferences

JANSSEN = "janssen"


@dataclass(frozen=True)
class Plan:
    """Acts to place.

    `acts[act]` has shape [day, class, vaccine]; `second_sources` has shape [day, class, first vaccine, vaccine] and
    says from which first doses the second ones come. `margins` are the class and vaccine counts aimed at.
    """

    days: np.ndarray
    classes: tuple[str, ...]
    vaccines: tuple[str, ...]
    people: int
    acts: Mapping[Act, Counts]
    second_sources: Counts
    margins: Margins

    def day_index(self, day: np.datetime64) -> int:
        """Position of a day on the axis; days outside it give a position outside it."""
        return int((day.astype("datetime64[D]") - self.days[0]).astype(np.int64))


def make_plan(series: Series, people: int, capacity: Counts | None = None) -> Plan:
    """The plan for a country of `people` persons, of whom `capacity` (shape [class]) per age class."""
    planner = _Planner(series, people, capacity)
    for day in range(len(series.days)):
        planner.plan_day(day)
    return Plan(series.days, series.classes, series.vaccines, people, planner.acts, planner.sources, planner.margins)


class _Planner:
    """Counts per class of the persons at each step of the schedule, updated at the end of each day."""

    def __init__(self, series: Series, people: int, capacity: Counts | None):
        self.margins = scale_margins(series, people, capacity)
        ratio = people / series.people
        self.aims = {act: np.cumsum(daily, axis=0) * ratio for act, daily in decompose(series.by_vaccine).items()}
        days, classes, vaccines = len(series.days), len(series.classes), len(series.vaccines)
        self.acts = {act: np.zeros((days, classes, vaccines), dtype=np.int64) for act in Act}
        self.sources = np.zeros((days, classes, vaccines, vaccines), dtype=np.int64)
        self.carry = {act: np.zeros((classes, vaccines)) for act in Act}
        self.placed = {act: np.zeros(vaccines, dtype=np.int64) for act in Act}
        self.second_doses = _SecondDoses(series)
        self.janssen = series.vaccines.index(JANSSEN)
        self.weights = load_preferences().weights(series.days, series.classes, series.vaccines)
        # Persons whose last dose was the only one, the second, a third primary one, a booster at two or at three.
        self.single, self.double, self.third, self.boosted_at_two, self.boosted = np.zeros((5, classes), dtype=np.int64)
        self.spare = _spare_boosted(self.margins)

    def plan_day(self, day: int) -> None:
        """Place the acts of one day; what persons become counts from the next day on."""
        self._schedules(day)
        self._boosters(day)
        self._further_boosters(day)
        extra = self._beyond(day, Act.EXTRA_SECOND, self.single - self._of(Act.BOOSTER_AT_TWO, day))
        third = self._beyond(day, Act.THIRD, self.double - self._of(Act.BOOSTER_AT_THREE, day))
        idle = self.third - self._of(Act.BOOSTER_AT_FOUR, day)
        boosted = self.boosted - self._of(Act.SECOND_BOOSTER_AT_FOUR, day)
        spare = np.minimum(boosted, self.spare[day] - self._of(Act.BOOSTER_AT_FOUR, day))
        fourth = self._beyond(day, Act.FOURTH, idle + np.maximum(0, spare))
        from_boosted = np.maximum(0, fourth - idle)
        self.single += self._of(Act.ONLY, day) - extra - self._of(Act.BOOSTER_AT_TWO, day)
        self.double += self._of(Act.SECOND, day) + extra - third - self._of(Act.BOOSTER_AT_THREE, day)
        self.third += third - self._of(Act.BOOSTER_AT_FOUR, day) - (fourth - from_boosted)
        self.spare[day:] -= self._of(Act.BOOSTER_AT_FOUR, day) + from_boosted
        self.boosted_at_two += self._of(Act.BOOSTER_AT_TWO, day) - self._of(Act.SECOND_BOOSTER_AT_THREE, day)
        self.boosted += self._of(Act.BOOSTER_AT_THREE, day) - self._of(Act.SECOND_BOOSTER_AT_FOUR, day) - from_boosted

    def _schedules(self, day: int) -> None:
        """First doses, and complete schedules split between second doses and single ones."""
        dose1, complete = (self.margins.by_class[name][day] for name in ("dose1", "complete"))
        dose1_v, complete_v = (self.margins.by_vaccine[name][day] for name in ("dose1", "complete"))
        low = np.maximum(0, complete - self.second_doses.pending())
        high = np.minimum(dose1, complete)
        owed = self._owed(Act.ONLY, day)
        high_v = np.minimum(dose1_v, complete_v)
        if high_v.sum() < low.sum():
            high_v = dose1_v
        total = clamp(owed.sum(), int(low.sum()), int(min(high.sum(), high_v.sum())))
        only_v = allot(total, owed, np.zeros_like(high_v), high_v)
        only = allot(total, self._single_dose_wish(day, only_v, dose1, high), low, high)
        self._place(day, Act.ONLY, only, only_v, self.weights[day])
        self._place(day, Act.FIRST, dose1 - only, dose1_v - only_v, self.weights[day])
        second = complete - only
        second_v = self._absorb(int(second.sum()), complete_v - only_v)
        weights = self.second_doses.weights(day)
        table = self._place(day, Act.SECOND, second, second_v, weights)
        self.sources[day] = self.second_doses.draw(day, table)
        self.second_doses.add(day, self.acts[Act.FIRST][day])

    def _single_dose_wish(self, day: int, only_v: Counts, dose1: Counts, high: Counts) -> Weights:
        """Janssen where it was advised; elsewhere in proportion to those it can concern."""
        janssen = dose1 * self.weights[day, :, self.janssen]
        others = high.astype(float)
        janssen_total = int(only_v[self.janssen])
        wish = janssen * (janssen_total / max(janssen.sum(), 1e-9))
        return np.asarray(wish + others * ((only_v.sum() - janssen_total) / max(others.sum(), 1e-9)))

    def _boosters(self, day: int) -> None:
        """Boosters split between second, third and fourth doses."""
        booster, booster_v = self.margins.by_class["booster"][day], self.margins.by_vaccine["booster"][day]
        zero_v = np.zeros_like(booster_v)
        low, high = np.maximum(0, booster - self.double - self.third), np.minimum(booster, self.single)
        owed = self._owed(Act.BOOSTER_AT_TWO, day)
        total = clamp(owed.sum(), int(low.sum()), int(high.sum()))
        second = allot(total, np.minimum(self.single, booster), low, high)
        second_v = allot(total, owed, zero_v, booster_v)
        low, high = np.maximum(0, booster - second - self.double), np.minimum(booster - second, self.third)
        high = np.maximum(low, np.minimum(high, self.spare[day]))
        owed = self._owed(Act.BOOSTER_AT_FOUR, day)
        total = clamp(owed.sum(), int(low.sum()), int(high.sum()))
        fourth = allot(total, high, low, high)
        fourth_v = allot(total, owed, zero_v, booster_v - second_v)
        weights = self.weights[day]
        self._place(day, Act.BOOSTER_AT_TWO, second, second_v, weights)
        self._place(day, Act.BOOSTER_AT_FOUR, fourth, fourth_v, weights)
        self._place(day, Act.BOOSTER_AT_THREE, booster - second - fourth, booster_v - second_v - fourth_v, weights)

    def _further_boosters(self, day: int) -> None:
        """Second boosters split between third and fourth doses; third ones follow second ones, as the margins see to."""
        booster, booster_v = self.margins.by_class["booster2"][day], self.margins.by_vaccine["booster2"][day]
        low, high = np.maximum(0, booster - self.boosted), np.minimum(booster, self.boosted_at_two)
        owed = self._owed(Act.SECOND_BOOSTER_AT_THREE, day)
        total = clamp(owed.sum(), int(low.sum()), int(high.sum()))
        third = allot(total, high, low, high)
        third_v = allot(total, owed, np.zeros_like(booster_v), booster_v)
        weights = self.weights[day]
        self._place(day, Act.SECOND_BOOSTER_AT_THREE, third, third_v, weights)
        self._place(day, Act.SECOND_BOOSTER_AT_FOUR, booster - third, booster_v - third_v, weights)
        booster, booster_v = self.margins.by_class["booster3"][day], self.margins.by_vaccine["booster3"][day]
        self._place(day, Act.THIRD_BOOSTER, booster, booster_v, weights)

    def _beyond(self, day: int, act: Act, persons: Counts) -> Counts:
        """Acts that neither complete nor boost, spread over the `persons` [class] who can have them."""
        owed = self._owed(act, day)
        total = clamp(owed.sum(), 0, int(persons.sum()))
        by_class = allot(total, persons, np.zeros_like(persons), persons)
        by_vaccine = self._absorb(total, owed)
        self._place(day, act, by_class, by_vaccine, self.weights[day])
        return by_class

    def _owed(self, act: Act, day: int) -> Weights:
        """Acts of each vaccine that should have been placed by the end of the day; negative when early."""
        return np.asarray(self.aims[act][day] - self.placed[act])

    def _absorb(self, total: int, wish: Counts | Weights) -> Counts:
        """`total` split close to `wish`, without other bounds."""
        return allot(total, wish, np.zeros(len(wish), dtype=np.int64), np.full(len(wish), total))

    def _place(self, day: int, act: Act, by_class: Counts, by_vaccine: Counts, weights: Weights) -> Counts:
        if by_class.any():
            self.acts[act][day] = transport(by_class, by_vaccine, weights, self.carry[act])
            self.placed[act] += by_vaccine
        return np.asarray(self.acts[act][day])

    def _of(self, act: Act, day: int) -> Counts:
        """Acts of the day per class."""
        return np.asarray(self.acts[act][day].sum(axis=1))


def _spare_boosted(margins: Margins) -> Counts:
    """Boosted persons that the second boosters of the days after can do without; shape [day, class]."""
    booster, second = (np.cumsum(margins.by_class[measure], axis=0) for measure in ("booster", "booster2"))
    second_next = np.concatenate([second[1:], second[-1:]])
    left = booster - second_next
    return np.asarray(np.minimum.accumulate(left[::-1])[::-1])


class _SecondDoses:
    """Persons waiting for a second dose, counted per class and vaccine of the first."""

    def __init__(self, series: Series):
        preferences = load_preferences()
        self.least = [preferences.least_interval[vaccine] for vaccine in series.vaccines]
        self.overdue = [preferences.overdue_after[vaccine] for vaccine in series.vaccines]
        self.overdue_share = preferences.overdue_share
        shape = (len(series.days), len(series.classes), len(series.vaccines))
        self.entered = np.zeros(shape, dtype=np.int64)  # cumulated, by the end of the day
        self.left = np.zeros(shape[1:], dtype=np.int64)
        self.last = np.zeros(shape[1:], dtype=np.int64)

    def pending(self) -> Counts:
        """Persons waiting, per class."""
        return np.asarray((self.last - self.left).sum(axis=1))

    def add(self, day: int, first_doses: Counts) -> None:
        """Persons of [class, vaccine] start to wait at the end of the day."""
        self.last = self.last + first_doses
        self.entered[day] = self.last

    def weights(self, day: int) -> Weights:
        """Where second doses are expected: the same vaccine once the interval is over."""
        ready = self._waiting_since(day, self.least).astype(float)
        return np.asarray(ready * SAME_VACCINE + ready.sum(axis=1, keepdims=True) * OTHER_VACCINE)

    def draw(self, day: int, table: Counts) -> Counts:
        """Choose first doses for the second doses `table` [class, vaccine]; shape [class, first vaccine, vaccine].

        Some of another vaccine's overdue first doses, then the same vaccine, then whoever is ready, then whoever waits.
        """
        drawn = np.zeros((*table.shape, table.shape[1]), dtype=np.int64)
        need = table.copy()
        surplus = np.maximum(self._waiting_since(day, self.overdue) - table, 0)
        self._take_across(drawn, surplus, np.floor(need * self.overdue_share).astype(np.int64), need)
        for ready in (self._waiting_since(day, self.least), self.last - self.left):
            ready = ready - drawn.sum(axis=2)
            same = np.minimum(np.maximum(ready, 0), need)
            for vaccine in range(table.shape[1]):
                drawn[:, vaccine, vaccine] += same[:, vaccine]
            need -= same
            self._take_across(drawn, np.maximum(ready - same, 0), need.copy(), need)
        self.left += drawn.sum(axis=2)
        return drawn

    def _take_across(self, drawn: Counts, available: Counts, allowed: Counts, need: Counts) -> None:
        """Take for each second vaccine, up to `allowed`, from the other first vaccines; `drawn` and `need` change."""
        for first in range(need.shape[1]):
            for second in range(need.shape[1]):
                if first == second:
                    continue
                taken = np.minimum(available[:, first], allowed[:, second])
                drawn[:, first, second] += taken
                available[:, first] -= taken
                allowed[:, second] -= taken
                need[:, second] -= taken

    def _waiting_since(self, day: int, delays: list[int]) -> Counts:
        """Persons who wait for at least the delay of their vaccine; shape [class, vaccine]."""
        waiting = np.zeros_like(self.left)
        for vaccine, delay in enumerate(delays):
            if day >= delay:
                waiting[:, vaccine] = np.maximum(self.entered[day - delay, :, vaccine] - self.left[:, vaccine], 0)
        return waiting
