"""Who is told when an appointment changes, and where: rooms above listen, in the transaction of what happened (AV-14)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

Listener = Callable[[str, Sequence[int], datetime], object]
"""Called with what happened (`booked`, `moved_to`, or an `End`), the appointments, and when."""

BOOKED, MOVED_TO = "booked", "moved_to"
_listeners: list[Listener] = []


@dataclass(frozen=True)
class Address:
    """Where to tell one appointment: `kind` is `mobile` or `email`; `relative`: not the person's own."""

    kind: str
    value: str
    relative: bool = False


def listen(listener: Listener) -> None:
    """Called once from an `AppConfig.ready`."""
    if listener not in _listeners:
        _listeners.append(listener)


def happened(what: str, ids: Sequence[int], at: datetime) -> None:
    """Tell the listeners, in the transaction of what happened."""
    if ids:
        with transaction.atomic(savepoint=False):
            for listener in _listeners:
                listener(what, ids, at)
