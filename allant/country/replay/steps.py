"""Where the persons of one age class stand in the schedule, and who is next for each kind of act.

The last dose of a person says it all, which is how a state is rebuilt from history (see `history`).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from allant.country.replay.persons import Identifiers, Newcomers
from allant.country.replay.queues import NOBODY, Queue, Slots, take_oldest

ONE, TWO = 1, 2  # doses of the primary series of a person
Share = tuple[Slots, int]  # persons, and the doses of their primary series


class ClassSteps:
    """One age class. Queues only hold persons of earlier days: nobody is met twice on one day.

    `pending[v]` waits for a second dose after a first of vaccine v; `single[v]` is complete after one dose;
    `double` after two, kept apart for the immunodepressed; `third` had a third primary dose; `boosted_at_two` a second
    dose as booster, `boosted` a third one; `boosted_twice` a second booster, by its rank.
    """

    def __init__(self, ids: Identifiers, newcomers: Newcomers, immunodepressed: NDArray[np.bool_], vaccines: int):
        self.ids, self.newcomers, self.immunodepressed = ids, newcomers, immunodepressed
        self.pending = [Queue() for _ in range(vaccines)]
        self.single = [Queue() for _ in range(vaccines)]
        self.double = {(doses, frail): Queue() for doses in (ONE, TWO) for frail in (False, True)}
        self.third = {doses: Queue() for doses in (ONE, TWO)}
        self.boosted_at_two = Queue()
        self.boosted = {doses: Queue() for doses in (ONE, TWO)}
        self.boosted_twice = {3: {ONE: Queue()}, 4: {doses: Queue() for doses in (ONE, TWO)}}
        self._arrivals: list[tuple[Queue, Slots]] = []

    def enter(self, queue: Queue, slots: Slots) -> None:
        """These persons join the queue at the end of the day."""
        self._arrivals.append((queue, slots))

    def enter_double(self, slots: Slots, doses: int) -> None:
        """These persons have had two doses, and a primary series of `doses`."""
        frail = self.immunodepressed[slots]
        self.enter(self.double[doses, True], slots[frail])
        self.enter(self.double[doses, False], slots[~frail])

    def close_day(self, day: int) -> None:
        """Let everyone who arrived that day join the queues."""
        arrivals: dict[int, tuple[Queue, list[Slots]]] = {}
        for queue, slots in self._arrivals:
            arrivals.setdefault(id(queue), (queue, []))[1].append(slots)
        for queue, parts in arrivals.values():
            queue.push(day, np.concatenate(parts))
        self._arrivals = []

    def take_single(self, count: int, first: Sequence[int], until: int | None) -> Slots:
        """Persons complete after one dose: those of the vaccines `first`, had by day `until`; then the oldest."""
        preferred = NOBODY
        for vaccine in first:
            preferred = np.concatenate([preferred, self.single[vaccine].take(count - len(preferred), until)])
        return np.concatenate([preferred, *take_oldest(self.single, count - len(preferred))])

    def take_double(self, count: int, frail_until: int | None = None) -> list[Share]:
        """Persons complete after two doses, oldest first.

        With `frail_until`, the immunodepressed complete by that day come before them.
        """
        keys = list(self.double)
        frail = [key for key in keys if key[1] and frail_until is not None]
        taken = list(zip(frail, take_oldest([self.double[key] for key in frail], count, frail_until), strict=True))
        missing = count - sum(len(slots) for _, slots in taken)
        taken += zip(keys, take_oldest(list(self.double.values()), missing), strict=True)
        return [(np.concatenate([slots for key, slots in taken if key[0] == doses]), doses) for doses in (ONE, TWO)]

    def take_after_third(self, count: int, groups: Sequence[dict[int, Queue]]) -> list[Share]:
        """Persons of `third`, `boosted` or a rank of `boosted_twice`, one group after the other, oldest first."""
        shares: list[Share] = []
        for queues in groups:
            taken = take_oldest(list(queues.values()), count)
            shares += zip(taken, queues, strict=True)
            count -= sum(map(len, taken))
        return shares

    def take_boosted_twice(self, count: int) -> tuple[list[Share], NDArray[np.int8]]:
        """Persons who had a second booster, those of the highest rank first; and the rank each of them had it at."""
        shares: list[Share] = []
        ranks: list[int] = []
        for rank in (4, 3):
            taken = self.take_after_third(count, [self.boosted_twice[rank]])
            size = sum(len(slots) for slots, _ in taken)
            shares, ranks, count = shares + taken, ranks + [rank] * size, count - size
        return shares, np.array(ranks, dtype=np.int8)
