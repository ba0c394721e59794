"""Queues of persons waiting for their next dose, oldest first; persons are slots (positions in their age class)."""

from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Slots = NDArray[np.int32]
NOBODY: Slots = np.empty(0, dtype=np.int32)


class Queue:
    """First in, first out; those who entered on the same day leave by slot."""

    def __init__(self) -> None:
        self._chunks: deque[tuple[int, Slots]] = deque()

    def push(self, day: int, slots: Slots) -> None:
        """Everyone who enters on `day`; days must come in order, once each."""
        if len(slots):
            self._chunks.append((day, np.sort(slots)))

    @property
    def oldest(self) -> int | None:
        """Day of entry of the first in line."""
        return self._chunks[0][0] if self._chunks else None

    def take(self, count: int, until: int | None = None) -> Slots:
        """Up to `count` persons from the head; with `until`, only those who entered on or before that day."""
        taken: list[Slots] = []
        while count and self._chunks and (until is None or self._chunks[0][0] <= until):
            day, slots = self._chunks.popleft()
            taken.append(slots[:count])
            if len(slots) > count:
                self._chunks.appendleft((day, slots[count:]))
            count -= len(taken[-1])
        return np.concatenate(taken) if taken else NOBODY

    def take_entry(self, count: int) -> Slots:
        """Up to `count` persons who share the oldest day of entry."""
        return self.take(count, until=self.oldest) if self._chunks else NOBODY


def take_oldest(queues: Sequence[Queue], count: int, until: int | None = None) -> list[Slots]:
    """Up to `count` persons over several queues, oldest first; one array per queue. Equal days: the first queue first.

    With `until`, only those who entered on or before that day.
    """
    taken: list[list[Slots]] = [[NOBODY] for _ in queues]
    while count:
        waiting = [(oldest, at) for at, queue in enumerate(queues) if (oldest := queue.oldest) is not None]
        if not waiting or (until is not None and min(waiting)[0] > until):
            break
        at = min(waiting)[1]
        taken[at].append(queues[at].take_entry(count))
        count -= len(taken[at][-1])
    return [np.concatenate(parts) for parts in taken]
