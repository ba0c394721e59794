"""One day of one age class: every planned act finds its person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from allant.country.official.series import Counts
from allant.country.replay.decomposition import Act
from allant.country.replay.doses import DayDoses, Marks
from allant.country.replay.queues import Slots
from allant.country.replay.steps import ONE, TWO, ClassSteps, Share


@dataclass(frozen=True)
class Settings:
    """Delays in days; vaccines by position."""

    infection_delay: int
    janssen_delay: int
    third_dose_delay: int
    janssen: int
    oldest_first: tuple[int, ...]


@dataclass(frozen=True)
class ClassDay:
    """`counts[act]` has shape [vaccine], `sources` [first vaccine, vaccine]; `at` is the day's index."""

    settings: Settings
    steps: ClassSteps
    at: int
    counts: Mapping[Act, Counts]
    sources: Counts
    birth_month: NDArray[np.int16] | None
    doses: DayDoses

    def run(self) -> None:
        """Later doses first, newcomers last; arrivals join the queues at the end, so nobody is met twice."""
        if not any(counts.any() for counts in self.counts.values()):
            return
        self._further_boosters()
        self._fourth_doses()
        self._third_doses()
        self._after_single()
        self._second_doses()
        self._single_doses()
        self._first_doses()
        self.steps.close_day(self.at)

    def _further_boosters(self) -> None:
        """Third boosters, of the next rank whatever it is; then second ones."""
        steps = self.steps
        third, ranks = steps.take_boosted_twice(self._total(Act.THIRD_BOOSTER))
        self._give_shares(Act.THIRD_BOOSTER, third, ranks + 1, "third_booster")
        at_three = steps.boosted_at_two.take(self._total(Act.SECOND_BOOSTER_AT_THREE))
        self._give_shares(Act.SECOND_BOOSTER_AT_THREE, [(at_three, ONE)], 3, "second_booster")
        steps.enter(steps.boosted_twice[3][ONE], at_three)
        at_four = steps.take_after_third(self._total(Act.SECOND_BOOSTER_AT_FOUR), [steps.boosted])
        for slots, doses in self._give_shares(Act.SECOND_BOOSTER_AT_FOUR, at_four, 4, "second_booster"):
            steps.enter(steps.boosted_twice[4][doses], slots)

    def _fourth_doses(self) -> None:
        steps = self.steps
        boosters = steps.take_after_third(self._total(Act.BOOSTER_AT_FOUR), [steps.third])
        self._give_shares(Act.BOOSTER_AT_FOUR, boosters, 4, "booster")
        others = steps.take_after_third(self._total(Act.FOURTH), [steps.third, steps.boosted])
        self._give_shares(Act.FOURTH, others, 4, "primary")

    def _third_doses(self) -> None:
        """Third primary doses go to the immunodepressed where there are any; boosters to the oldest complete schedules."""
        steps = self.steps
        third = steps.take_double(self._total(Act.THIRD), self.at - self.settings.third_dose_delay)
        for slots, doses in self._give_shares(Act.THIRD, third, 3, "primary"):
            steps.enter(steps.third[doses], slots)
        boosters = steps.take_double(self._total(Act.BOOSTER_AT_THREE))
        for slots, doses in self._give_shares(Act.BOOSTER_AT_THREE, boosters, 3, "booster"):
            steps.enter(steps.boosted[doses], slots)

    def _after_single(self) -> None:
        """Boosters of those complete after one dose, Janssen first; then second doses they did not need."""
        until = self.at - self.settings.janssen_delay
        boosted = self.steps.take_single(self._total(Act.BOOSTER_AT_TWO), [self.settings.janssen], until)
        self._give(boosted, self._vaccines(boosted, self.counts[Act.BOOSTER_AT_TWO]), 2, "booster", ONE)
        self.steps.enter(self.steps.boosted_at_two, boosted)
        extra = self.counts[Act.EXTRA_SECOND]
        for vaccine in np.flatnonzero(extra):
            slots = self.steps.take_single(int(extra[vaccine]), [int(vaccine)], self.at)
            self._give(slots, int(vaccine), 2, "primary", ONE)
            self.steps.enter_double(slots, ONE)

    def _second_doses(self) -> None:
        for first, second in zip(*np.nonzero(self.sources), strict=True):
            slots = self.steps.pending[first].take(int(self.sources[first, second]))
            self._give(slots, int(second), 2, "primary", TWO)
            self.steps.enter_double(slots, TWO)

    def _single_doses(self) -> None:
        """One dose that completes, but Janssen, goes to the infected: long ago, else lately, else to the next in line."""
        counts = self.counts[Act.ONLY].copy()
        counts[self.settings.janssen] = 0
        missing = int(counts.sum())
        newcomers = self.steps.newcomers
        taken = newcomers.take_infected(missing, self.at - self.settings.infection_delay)
        taken = np.concatenate([taken, newcomers.take_infected(missing - len(taken), self.at)])
        taken = np.concatenate([taken, newcomers.take(missing - len(taken), self.at)])
        self._enter(taken, self._vaccines(taken, counts), ONE)

    def _first_doses(self) -> None:
        """The next in line; those of Janssen that complete are the first of its recipients."""
        counts, janssen = self.counts[Act.FIRST].copy(), self.settings.janssen
        complete = int(self.counts[Act.ONLY][janssen])
        counts[janssen] += complete
        slots = self.steps.newcomers.take(int(counts.sum()), self.at)
        vaccines = self._vaccines(slots, counts)
        single = np.zeros(len(slots), dtype=np.bool_)
        single[np.flatnonzero(vaccines == janssen)[:complete]] = True
        self._enter(slots[single], vaccines[single], ONE)
        self._enter(slots[~single], vaccines[~single], TWO)

    def _enter(self, slots: Slots, vaccines: NDArray[np.int8], series_doses: int) -> None:
        """A first dose; the persons then wait for the next one."""
        self._give(slots, vaccines, 1, "primary", series_doses)
        queues = self.steps.single if series_doses == ONE else self.steps.pending
        for vaccine in np.unique(vaccines):
            self.steps.enter(queues[vaccine], slots[vaccines == vaccine])

    def _vaccines(self, slots: Slots, counts: Counts) -> NDArray[np.int8]:
        """A vaccine for each person, `counts` [vaccine] of each; the oldest persons get the most restricted."""
        order = list(self.settings.oldest_first)
        dealt = np.repeat(np.array(order, dtype=np.int8), counts[order])
        if self.birth_month is None:
            return dealt
        vaccines = np.empty_like(dealt)
        vaccines[np.argsort(self.birth_month[slots], kind="stable")] = dealt
        return vaccines

    def _give_shares(self, act: Act, shares: Sequence[Share], dose_number: Marks, series: str) -> Sequence[Share]:
        slots = np.concatenate([slots for slots, _ in shares])
        series_doses = np.repeat([doses for _, doses in shares], [len(slots) for slots, _ in shares])
        self._give(slots, self._vaccines(slots, self.counts[act]), dose_number, series, series_doses)
        return shares

    def _give(self, slots: Slots, vaccine: Marks, dose_number: Marks, series: str, series_doses: Marks) -> None:
        self.doses.add(self.steps.ids.of(slots), vaccine, dose_number, series, series_doses)

    def _total(self, act: Act) -> int:
        return int(self.counts[act].sum())
