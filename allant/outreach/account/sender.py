"""The sender of the accounts, as a worker runs it: batches, each one transaction."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from allant import clock
from allant.outreach.account.placing import place

BATCH = 200
"A batch holds the turn of the claims until it is written: long enough to be worth it, too short to be waited for."
IDLE = 1.0  # seconds between two looks at an empty queue


class Sender:
    """Places what waits; several may run anywhere."""

    flying: object = ()
    "Nothing is ever given without its answer."
    busy = False

    def __init__(self, name: str, now: Callable[[], datetime] = clock.now) -> None:
        self.name, self.now = name, now
        self.handled = 0
        self.idle = IDLE
        self._looks = 0.0

    def turn(self, wait: float, *, giving: bool = True) -> bool:
        """Place one batch, or wait at most so long; whether anything was placed."""
        if giving and time.monotonic() >= self._looks and (handled := place(self.now(), BATCH, self.name)):
            self.handled += handled
            return True
        if time.monotonic() >= self._looks:
            self._looks = time.monotonic() + self.idle
        time.sleep(min(wait, self.idle))
        return False

    def close(self) -> None:
        """Nothing to give back: what was taken is placed, or was never taken."""
