"""The persons of one age class, as arrays, and the line of those who have had no dose."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from allant.country.replay.queues import NOBODY, Slots

NEVER = np.int16(np.iinfo(np.int16).max)
WINDOW = 4096


@dataclass(frozen=True)
class ClassPersons:
    """Persons of one age class; arrays of one length, sorted by `person_id`.

    `order`: integers, smallest first, in which first doses are offered (invited, then eligible, then drawn by lot).
    `infected_on`: datetime64[D] of the first infection, NaT when none is known. `immunodepressed`: bool.
    `birth_month`: months since 1900, used only to give age-restricted vaccines to the oldest of the day.
    `living`: bool; the dead have no dose. All alive when None.
    """

    person_id: NDArray[np.int64]
    order: NDArray[np.integer]
    infected_on: NDArray[np.datetime64]
    immunodepressed: NDArray[np.bool_]
    birth_month: NDArray[np.int16] | None = None
    living: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        arrays = (self.order, self.infected_on, self.immunodepressed)
        if any(len(array) != len(self.person_id) for array in arrays):
            raise ValueError("arrays of different lengths")
        if np.any(np.diff(self.person_id) <= 0):
            raise ValueError("person_id must grow strictly")

    @property
    def size(self) -> int:
        """Persons who can have a dose."""
        return len(self.person_id) if self.living is None else int(np.count_nonzero(self.living))


class Identifiers:
    """Slots to person_id and back, without a table when the ids follow each other."""

    def __init__(self, person_id: NDArray[np.int64]):
        self.first = int(person_id[0]) if len(person_id) else 0
        self.size = len(person_id)
        contiguous = not self.size or int(person_id[-1]) - self.first + 1 == self.size
        self._ids = None if contiguous else person_id

    def of(self, slots: Slots) -> NDArray[np.int64]:
        """person_id of each slot."""
        return slots.astype(np.int64) + self.first if self._ids is None else self._ids[slots]

    def find(self, person_id: NDArray[np.int64]) -> tuple[NDArray[np.bool_], Slots]:
        """Which of these persons belong here, and the slots of those who do."""
        if self._ids is None:
            here = (person_id >= self.first) & (person_id < self.first + self.size)
            return here, (person_id[here] - self.first).astype(np.int32)
        at = np.minimum(np.searchsorted(self._ids, person_id), self.size - 1)
        here = self._ids[at] == person_id
        return here, at[here].astype(np.int32)


class Newcomers:
    """Those who have had no dose, in the order first doses are offered."""

    def __init__(self, order: NDArray[np.integer], infected: NDArray[np.int16]):
        """`infected`: day index of the first infection per slot, `NEVER` when none is known."""
        self.infected = infected
        self.taken = np.zeros(len(order), dtype=np.bool_)
        self.reorder(order)

    def reorder(self, order: NDArray[np.integer]) -> None:
        """Offer first doses in this order from now on."""
        self._line = np.argsort(order, kind="stable").astype(np.int32)
        self._head = 0
        self._exposed = self._line[self.infected[self._line] != NEVER]
        self._exposed_day = self.infected[self._exposed]

    def mark(self, slots: Slots) -> None:
        """These persons have had a dose."""
        self.taken[slots] = True

    def take_infected(self, count: int, before: int) -> Slots:
        """Up to `count` persons whose infection was known before day `before`, in order."""
        if not count:
            return NOBODY
        free = ~self.taken[self._exposed]
        if 2 * np.count_nonzero(free) < len(free):
            self._exposed, self._exposed_day = self._exposed[free], self._exposed_day[free]
            free = np.ones(len(self._exposed), dtype=np.bool_)
        slots = self._exposed[np.flatnonzero(free & (self._exposed_day < before))[:count]]
        self.mark(slots)
        return np.asarray(slots)

    def take_clean(self, count: int, day: int) -> Slots:
        """Up to `count` persons not infected before `day`, in order."""
        found: list[Slots] = [NOBODY]
        while count and self._head < len(self._line):
            window = self._line[self._head : self._head + max(2 * count, WINDOW)]
            fit = np.flatnonzero(~self.taken[window] & (self.infected[window] >= day))[:count]
            self._head += int(fit[-1]) + 1 if len(fit) == count else len(window)
            found.append(window[fit])
            count -= len(fit)
        slots = np.concatenate(found)
        self.mark(slots)
        return slots

    def take(self, count: int, day: int) -> Slots:
        """Up to `count` persons: not infected first, then anybody left."""
        clean = self.take_clean(count, day)
        return np.concatenate([clean, self.take_infected(count - len(clean), int(NEVER))])
