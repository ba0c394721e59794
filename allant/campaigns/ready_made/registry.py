"""The programmes that ship campaigns: each registers its file, and how it tells who has done what a campaign is for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from allant.doctrine import RuleBook
from allant.targeting.language import Condition

Criteria = Mapping[str, Any]
"""The `criteria` of a group of the doctrine."""


@dataclass(frozen=True)
class Act:
    """What a campaign asks for.

    `fact`: the day it was done, as `table.column`. `due(book, on, criteria)`: who may do it by that day, whether or not they
    have; None when everybody may. `done()`: who has. `among(criteria)`: whom it concerns at all, besides the group; None: all.
    """

    fact: str
    done: Callable[[], Condition]
    due: Callable[[RuleBook, date, Criteria], Condition | None] = lambda book, on, criteria: None
    among: Callable[[Criteria], Condition | None] = lambda criteria: None


@dataclass(frozen=True)
class Programme:
    """`package` holds the file `ready_made.yaml`; `acts` by the name that its entries use."""

    code: str
    package: str
    acts: Mapping[str, Act] = field(default_factory=dict)


_programmes: dict[str, Programme] = {}


def register(programme: Programme) -> None:
    """Called once by each programme from its `AppConfig.ready`; another one of the same code is an error."""
    if _programmes.setdefault(programme.code, programme) != programme:
        raise ValueError(f"The programme {programme.code!r} is registered twice.")


def programmes() -> Mapping[str, Programme]:
    """The registered programmes by code, in order of registration."""
    return dict(_programmes)
