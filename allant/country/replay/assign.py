"""From planned acts to persons: the stateful engine of the replay, the same at every scale."""

from collections.abc import Iterable, Mapping
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from allant.country.replay.class_day import ClassDay, Settings
from allant.country.replay.decomposition import Act
from allant.country.replay.doses import DayDoses, concat, with_source_keys
from allant.country.replay.history import restore
from allant.country.replay.persons import NEVER, ClassPersons, Identifiers, Newcomers
from allant.country.replay.plan import JANSSEN, Plan
from allant.country.replay.preferences import load_preferences
from allant.country.replay.steps import ClassSteps


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
        self.settings = Settings(
            infection_delay=preferences.infection_before_single_dose,
            janssen_delay=preferences.janssen_booster_after,
            third_dose_delay=preferences.third_dose_after,
            janssen=plan.vaccines.index(JANSSEN),
            oldest_first=tuple(plan.vaccines.index(name) for name in preferences.oldest_first),
        )
        self.classes: list[str] = []
        self.rows: list[int] = []
        self.steps: list[ClassSteps] = []
        self.birth_months: list[NDArray[np.int16] | None] = []
        self._welcome(persons)
        restore(self.steps, history, plan.days[0])

    def step(self, first_day: date, last_day: date, order: Mapping[str, NDArray[np.integer]] | None = None) -> pa.Table:
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
                counts = {act: table[at, row] for act, table in self.plan.acts.items()}
                ClassDay(self.settings, steps, at, counts, self.plan.second_sources[at, row], birth_month, doses).run()
        return doses.table(day)

    def _welcome(self, persons: Mapping[str, ClassPersons]) -> None:
        """Keep of each class what the replay needs; a class is asked for once, so that `persons` may load it then."""
        needed = sum(self.plan.acts[act].sum(axis=(0, 2)) for act in (Act.FIRST, Act.ONLY))
        short = []
        for row, code in enumerate(self.plan.classes):
            group = persons.get(code)
            if (size := group.size if group else 0) < needed[row]:
                short.append(f"classe {code} : {size} personnes pour {needed[row]} premières doses")
            if group and size:
                self.classes.append(code)
                self.rows.append(row)
                self.steps.append(self._new_steps(group))
                self.birth_months.append(group.birth_month)
        if short:
            raise NotEnoughPersons(f"Pays trop petit pour ce plan. {' ; '.join(short)}. Refaites le plan de ce pays.")

    def _new_steps(self, persons: ClassPersons) -> ClassSteps:
        infected = (persons.infected_on.astype("datetime64[D]") - self.plan.days[0]).astype("timedelta64[D]")
        known = ~np.isnat(infected)
        days = np.full(len(infected), NEVER, dtype=np.int16)
        days[known] = np.clip(infected[known].astype(np.int64), -NEVER, NEVER - 1)
        newcomers = Newcomers(persons.order, days)
        if persons.living is not None:
            newcomers.mark(np.flatnonzero(~persons.living).astype(np.int32))
        return ClassSteps(Identifiers(persons.person_id), newcomers, persons.immunodepressed, len(self.plan.vaccines))
