"""What a programme that vaccinates says of appointments: the vaccines of an age (AP-03), the second injection (AP-05).

Programmes register it; campaigns never read their rules themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from allant.appointments.models import Slot
from allant.doctrine import RuleBook


@dataclass(frozen=True)
class Injections:
    """`allowed(age, day, book)`: the vaccines given; `second(slot, audience, today, book)`: the hour of the second injection
    after a first in this slot, where the place books it; `wants_second(slot, book)`: whether one is due at all.
    """

    allowed: Callable[[int, date, RuleBook], tuple[str, ...]]
    second: Callable[[Slot, str, date, RuleBook], Slot | None]
    wants_second: Callable[[Slot, RuleBook], bool]


_registered: dict[str, Injections] = {}


def register(programme: str, injections: Injections) -> None:
    """Called once by each programme that vaccinates, from its `AppConfig.ready`."""
    _registered[programme] = injections


def of(programme: str) -> Injections | None:
    """What a programme says; None: it injects nothing."""
    return _registered.get(programme)


def wants_second(slot: Slot, book: RuleBook) -> bool:
    """Whether a second injection is due after a first one in this slot, whichever programme gives it."""
    return any(each.wants_second(slot, book) for each in _registered.values())
