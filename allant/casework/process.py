"""A process declared once: what the sweep follows, what pages show, what the docs draw. Pure.

    Process(
        slug="loan", label="Prêt de matériel", rule="tests.loan",
        states=(State("lent", "Prêté"), State("late", "En retard"), State("back", "Rendu", final=True)),
        deadlines=(Deadline("due_back", "Retour attendu", term="lending"),),
        signals=(Signal("returned", "Matériel rendu"),),
        transitions=(
            Transition("remind", "Relance", ("lent",), "late", on="due_back"),
            Transition("give_back", "Retour", ("lent", "late"), "back", on="returned"),
        ),
    )

A declaration that cannot work is refused on construction (`checking`), with every fault.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

CLOCK, ENTERED = "clock", "entered"


@dataclass(frozen=True)
class State:
    """Where a case stands; a final one is left by nothing. The first of a process is where cases open."""

    name: str
    label: str
    final: bool = False


@dataclass(frozen=True)
class Deadline:
    """A day on which something happens by itself.

    `term`: the field of the doctrine's record that holds its delay. It counts from the `clock` of the case (which starts at the
    opening and may be paused or restarted), from the day the state was `entered`, or from a date that the case holds by name;
    `before`: the delay is counted backwards from that date.
    """

    name: str
    label: str
    term: str
    counts_from: str = CLOCK
    before: bool = False


@dataclass(frozen=True)
class Signal:
    """Something that may be told of a case: a document came, another system answered, an agent decided."""

    name: str
    label: str


@dataclass(frozen=True)
class Flag:
    """A condition: the case holds this flag, or does not."""

    name: str
    label: str
    held: bool = True

    def holds(self, data: Mapping[str, Any]) -> bool:
        """Whether it is so of a case's data."""
        return (data.get(self.name) is True) is self.held

    def __str__(self) -> str:
        return self.label if self.held else f"non ({self.label})"


@dataclass(frozen=True)
class Transition:
    """From one of `source` to `target` when `on` (a deadline or a signal) comes and every flag of `given` holds.

    Of several for one state and one `on`, the first whose conditions hold is taken. `target` None: the case stays in its state,
    entered on the day it was; a state that names itself as target is entered anew. `sets`: flags given or taken away by it.
    `effects`: names of what it does elsewhere (`registry`).
    """

    name: str
    label: str
    source: tuple[str, ...]
    target: str | None
    on: str
    given: tuple[Flag, ...] = ()
    sets: tuple[tuple[str, bool], ...] = ()
    effects: tuple[str, ...] = ()

    def target_from(self, state: str) -> str:
        """Where it leads from a state."""
        return self.target or state

    def holds(self, data: Mapping[str, Any]) -> bool:
        """Whether its conditions hold."""
        return all(flag.holds(data) for flag in self.given)


class ImpossibleProcess(ValueError):
    """A declaration that cannot work; `faults` says all that is wrong, in English, for who declares it."""

    def __init__(self, slug: str, faults: list[str]) -> None:
        super().__init__(f"Process {slug!r}: " + " ; ".join(faults))
        self.faults = faults


@dataclass(frozen=True)
class Process:
    """A kind of case. `rule` is the doctrine key of its terms (a record; see `terms`)."""

    slug: str
    label: str
    rule: str
    states: tuple[State, ...]
    deadlines: tuple[Deadline, ...]
    signals: tuple[Signal, ...]
    transitions: tuple[Transition, ...]
    dates: Mapping[str, str] = field(default_factory=dict, hash=False)
    "Named dates that a case may hold → their labels; deadlines may count from them."

    def __post_init__(self) -> None:
        from allant.casework.checking import faults_of

        if faults := faults_of(self):
            raise ImpossibleProcess(self.slug, faults)

    @property
    def initial(self) -> State:
        """Where cases open."""
        return self.states[0]

    @cached_property
    def state_names(self) -> Mapping[str, State]:
        """Name → state."""
        return {state.name: state for state in self.states}

    @cached_property
    def parts(self) -> tuple[State | Deadline | Signal | Transition, ...]:
        """All that it declares."""
        return (*self.states, *self.deadlines, *self.signals, *self.transitions)

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """Name → label of every state, deadline, signal and transition, and of the events every case has."""
        return {OPENED: "Ouverture du dossier", RETIMED: "Échéances recalculées"} | {part.name: part.label for part in self.parts}

    def transitions_on(self, state: str, on: str) -> tuple[Transition, ...]:
        """What may follow `on` in a state, in the order it is tried."""
        return tuple(each for each in self.transitions if each.on == on and state in each.source)

    def deadlines_of(self, state: str) -> tuple[Deadline, ...]:
        """The deadlines that run in a state."""
        return tuple(each for each in self.deadlines if self.transitions_on(state, each.name))

    def signals_of(self, state: str) -> tuple[Signal, ...]:
        """What may be told of a case in a state."""
        return tuple(each for each in self.signals if self.transitions_on(state, each.name))


OPENED, RETIMED = "opened", "retimed"
"""The events that every process has: a case is opened; its deadlines are counted again under a new rule."""
