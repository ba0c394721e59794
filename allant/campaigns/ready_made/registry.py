"""The programmes that ship campaigns: each registers its file, and how it tells who has done what a campaign is for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from allant.campaigns.acts import read_act
from allant.doctrine import RuleBook
from allant.targeting.language import Condition

Criteria = Mapping[str, Any]
"""The `criteria` of a group of the doctrine."""


@dataclass(frozen=True)
class Act:
    """What a campaign asks for.

    `fact`: the day it was done, as `campaigns.acts` reads it. `label`: its French name. `done()`: who has; None when the groups
    themselves leave out who has, so that no objective speaks of them. `due(book, on, criteria)`: who may do it by that day,
    whether or not they have; None when everybody may. `among(criteria)`: whom it concerns at all, besides the group; None: all.
    """

    fact: str
    done: Callable[[], Condition] | None = None
    due: Callable[[RuleBook, date, Criteria], Condition | None] = lambda book, on, criteria: None
    among: Callable[[Criteria], Condition | None] = lambda criteria: None
    label: str = ""


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


def acts_offered() -> list[tuple[str, dict[str, str]]]:
    """Of each programme that has some, its code, and the French names of its acts by what `Campaign.act` keeps."""
    return [(code, acts) for code, each in _programmes.items() if (acts := _named(each))]


def act_name(fact: str) -> str:
    """What a programme calls the act that a campaign asks for, or else what the facts call it. Raises FactError, UnknownName."""
    return next((acts[fact] for _, acts in acts_offered() if fact in acts), "") or read_act(fact).label


def _named(programme: Programme) -> dict[str, str]:
    """The first name given to a fact is the one that stays: two acts may differ by who is due alone."""
    names: dict[str, str] = {}
    for act in programme.acts.values():
        names.setdefault(act.fact, act.label or read_act(act.fact).label)
    return names
