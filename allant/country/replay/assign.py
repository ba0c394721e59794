"""From planned acts to persons: the stateful engine of the replay, the same at every scale."""

from collections.abc import Iterable, Mapping
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from allant.country.replay.decomposition import Act
from allant.country.replay.doses import DayDoses, concat, with_source_keys
from allant.country.replay.history import restore
from allant.country.replay.persons import NEVER, ClassPersons, Identifiers, Newcomers
from allant.country.replay.plan import JANSSEN, Plan
from allant.country.replay.preferences import load_preferences
from allant.country.replay.queues import NOBODY, Slots
from allant.country.replay.steps import ONE, TWO, ClassSteps, Share

OLDEST_FIRST = ("vaxzevria", "janssen", "spikevax", "unknown", "comirnaty")  # most age-restricted first


class NotEnoughPersons(ValueError):
    """A class is smaller than the first doses it must have; the message is in French."""


class Assigner:
    """Gives each planned act to a person. Counts of the plan are the law; who, is a matter of order and plausibility.

    A state rebuilt from the doses given so far continues exactly as one that was never interrupted.
    """

    def __init__(self, plan: Plan, persons: Mapping[str, ClassPersons], history: Iterable[pa.Table] = ()):
        """`persons` by class code of the plan (a class left out is empty); `history`: doses so far, days in order.

        Raises `NotEnoughPersons`.
        """
        self.plan = plan
        preferences = load_preferences()
        self.infection_delay = preferences.infection_before_single_dose
        self.janssen_delay = preferences.janssen_booster_after
        self.janssen = plan.vaccines.index(JANSSEN)
        self.vaccine_order = [plan.vaccines.index(name) for name in OLDEST_FIRST]
        _check_sizes(plan, persons)
        self.classes = [code for code in plan.classes if code in persons and len(persons[code].person_id)]
        self.rows = [plan.classes.index(code) for code in self.classes]
        self.steps = [self._new_steps(persons[code]) for code in self.classes]
        self.birth_months = [persons[code].birth_month for code in self.classes]
        restore(self.steps, history, plan.days[0])

    def step(
        self, first_day: date, last_day: date, order: Mapping[str, NDArray[np.integer]] | None = None
    ) -> pa.Table:
        """Doses of the days `first_day` to `last_day` included, sorted by day then person, with `source_key`.

        `order`: by class, a new order of first doses from now on (see `ClassPersons`). Days outside the plan have none.
        """
        for at, code in enumerate(self.classes):
            if order is not None and code in order:
                self.steps[at].newcomers.reorder(order[code])
        days = np.arange(np.datetime64(first_day, "D"), np.datetime64(last_day, "D") + 1)
        return with_source_keys(concat([self.day(day) for day in days]))

    def day(self, day: np.datetime64) -> pa.Table:
        """Doses of one day, rows of `doses.SCHEMA`; days must be asked in order, once each."""
        at = self.plan.day_index(day)
        doses = DayDoses()
        if 0 <= at < len(self.plan.days):
            for steps, row, birth_month in zip(self.steps, self.rows, self.birth_months, strict=True):
                _ClassDay(self, steps, row, at, birth_month, doses).run()
        return doses.table(day)

    def _new_steps(self, persons: ClassPersons) -> ClassSteps:
        infected = (persons.infected_on.astype("datetime64[D]") - self.plan.days[0]).astype("timedelta64[D]")
        known = ~np.isnat(infected)
        days = np.full(len(infected), NEVER, dtype=np.int16)
        days[known] = np.clip(infected[known].astype(np.int64), -NEVER, NEVER - 1)
        newcomers = Newcomers(persons.order, days)
        return ClassSteps(Identifiers(persons.person_id), newcomers, persons.immunodepressed, len(self.plan.vaccines))


class _ClassDay:
    """The acts of one class on one day."""

    def __init__(
        self, engine: Assigner, steps: ClassSteps, row: int, at: int, birth_month: NDArray[np.int16] | None, doses: DayDoses
    ):
        self.engine, self.steps, self.at, self.birth_month, self.doses = engine, steps, at, birth_month, doses
        self.counts = {act: table[at, row] for act, table in engine.plan.acts.items()}
        self.sources = engine.plan.second_sources[at, row]

    def run(self) -> None:
        """Later doses first, newcomers last: queues only hold persons of earlier days."""
        steps = self.steps
        self._shares(Act.FOURTH_BOOSTER, steps.take_after_third(self._total(Act.FOURTH_BOOSTER), steps.third), 4, "booster")
        fourth = self._total(Act.FOURTH)
        shares = steps.take_after_third(fourth, steps.boosted)
        rest = steps.take_after_third(fourth - sum(len(slots) for slots, _ in shares), steps.third)
        self._shares(Act.FOURTH, shares + rest, 4, "primary")
        thirds = self._shares(Act.THIRD, steps.take_double(self._total(Act.THIRD), frail_first=True), 3, "primary")
        boosters = steps.take_double(self._total(Act.THIRD_BOOSTER), frail_first=False)
        for queues, taken in ((steps.third, thirds), (steps.boosted, self._shares(Act.THIRD_BOOSTER, boosters, 3, "booster"))):
            for slots, doses in taken:
                steps.enter(queues[doses], slots)
        self._after_single()
        self._second_doses()
        self._first_doses()
        steps.close_day(self.at)

    def _after_single(self) -> None:
        """Boosters of those complete after one dose, Janssen first; then second doses they did not need."""
        until = self.at - self.engine.janssen_delay
        boosted = self.steps.take_single(self._total(Act.SECOND_BOOSTER), [self.engine.janssen], until)
        self._give(Act.SECOND_BOOSTER, boosted, 2, "booster", ONE)
        for vaccine in np.flatnonzero(self.counts[Act.EXTRA_SECOND]):
            count = int(self.counts[Act.EXTRA_SECOND][vaccine])
            slots = self.steps.take_single(count, [int(vaccine)], None)
            self._add(slots, int(vaccine), 2, "primary", ONE)
            self.steps.enter_double(slots, ONE)

    def _second_doses(self) -> None:
        for first, second in zip(*np.nonzero(self.sources), strict=True):
            slots = self.steps.pending[first].take(int(self.sources[first, second]))
            self._add(slots, int(second), 2, "primary", TWO)
            self.steps.enter_double(slots, TWO)

    def _first_doses(self) -> None:
        """One dose that completes goes to the infected, but Janssen; the others to the next in line."""
        newcomers, janssen = self.steps.newcomers, self.engine.janssen
        only = self.counts[Act.ONLY]
        infected = int(only.sum() - only[janssen])
        slots = newcomers.take_infected(infected, self.at - self.engine.infection_delay)
        slots = np.concatenate([slots, newcomers.take_infected(infected - len(slots), self.at)])
        slots = np.concatenate([slots, newcomers.take(infected - len(slots), self.at)])
        by_vaccine = only.copy()
        by_vaccine[janssen] = 0
        self._enter_by_vaccine(self._split(slots, by_vaccine), self.steps.single, ONE)
        first = self.counts[Act.FIRST].copy()
        line = self._split(newcomers.take(int(first.sum() + only[janssen]), self.at), first, spared=int(only[janssen]))
        self._enter_by_vaccine(line, self.steps.pending, TWO)

    def _enter_by_vaccine(self, parts: list[tuple[int, Slots]], queues: list, series_doses: int) -> None:
        for vaccine, slots in parts:
            self._add(slots, vaccine, 1, "primary", series_doses)
            self.steps.enter(queues[vaccine], slots)

    def _split(self, slots: Slots, counts: NDArray[np.int64], spared: int = 0) -> list[tuple[int, Slots]]:
        return []

    def _shares(self, act: Act, shares: list[Share], dose_number: int, series: str) -> list[Share]:
        return shares

    def _total(self, act: Act) -> int:
        return int(self.counts[act].sum())
