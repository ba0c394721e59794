"""The processes of the product: each programme registers its own from `AppConfig.ready`, with what its transitions do
elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from allant.casework.process import Process, Transition
from allant.doctrine import RuleBook


@dataclass(frozen=True)
class Moved:
    """Cases that just took one transition, in the transaction that moved them; an effect reads them by their events.

    Each of `event_ids` is a row of `casework_caseevent` (case, number, the legal day `on`). `at`: the instant of recording;
    `day`: the day of the sweep or of the signal, on which anything sent to somebody is dated.
    """

    process: Process
    transition: Transition
    event_ids: list[int]
    by: str
    at: datetime
    day: date
    book: RuleBook


Effect = Callable[[Moved], None]
"""Done once for many cases, set-based, in the same transaction. An effect that raises leaves its cases where they were."""


class UnknownProcess(LookupError):
    """No programme registered this process."""


_processes: dict[str, Process] = {}
_effects: dict[str, Mapping[str, Effect]] = {}


def register(process: Process, effects: Mapping[str, Effect] | None = None) -> None:
    """Offer a process. Raises ValueError when one of its effects is missing, or another process has its slug."""
    given = dict(effects or {})
    named = {name for each in process.transitions for name in each.effects}
    if missing := sorted(named - given.keys()):
        raise ValueError(f"Process {process.slug!r}: no function for its effects {', '.join(missing)}.")
    if _processes.setdefault(process.slug, process) != process:
        raise ValueError(f"The process {process.slug!r} is registered twice.")
    _effects[process.slug] = given


def forget(slug: str) -> None:
    """Take a process back: for tests that declare their own."""
    _processes.pop(slug, None)
    _effects.pop(slug, None)


def processes() -> list[Process]:
    """Every registered process, by slug."""
    return [_processes[slug] for slug in sorted(_processes)]


def process_of(slug: str) -> Process:
    """The process of a slug. Raises UnknownProcess."""
    try:
        return _processes[slug]
    except KeyError:
        raise UnknownProcess(f"Processus inconnu : « {slug} ». Connus : {', '.join(sorted(_processes)) or 'aucun'}.") from None


def apply_effects(moved: Moved) -> None:
    """Do what the transition does elsewhere, in the order it names it."""
    for name in moved.transition.effects:
        _effects[moved.process.slug][name](moved)
