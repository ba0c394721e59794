"""What makes a declaration impossible: names that lead nowhere, states nobody reaches, deadlines without an exit. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from allant.casework.process import Process

RESERVED = {"opened", "retimed", "clock", "entered"}


def faults_of(process: Process) -> list[str]:
    """Every fault, in the order they are best mended; none when the process can work."""
    named = [*_names(process), *_references(process)]
    return named or [*_reached(process), *_left(process), *_exits(process), *_turning(process)]


def _names(process: Process) -> Iterator[str]:
    if not process.states:
        yield "it has no state"
    for name, count in Counter(part.name for part in process.parts).items():
        if count > 1:
            yield f"{name!r} is declared {count} times: states, deadlines, signals and transitions each need a name of their own"
        if name in RESERVED:
            yield f"{name!r} is a word of the engine: choose another name"
        if not name.isidentifier():
            yield f"{name!r} is not a name: letters, digits and underscores are expected"


def _references(process: Process) -> Iterator[str]:
    states = {state.name for state in process.states}
    causes = {deadline.name for deadline in process.deadlines} | {signal.name for signal in process.signals}
    for each in process.transitions:
        for state in {*each.source, each.target or each.source[0]} - states:
            yield f"transition {each.name!r} names an unknown state {state!r}"
        if each.on not in causes:
            yield f"transition {each.name!r} waits for {each.on!r}, which is neither a deadline nor a signal"
    for deadline in process.deadlines:
        if deadline.counts_from not in {"clock", "entered", *process.dates}:
            yield f"deadline {deadline.name!r} counts from an unknown date {deadline.counts_from!r}"
        if deadline.before and deadline.counts_from not in process.dates:
            yield f"deadline {deadline.name!r} counts backwards, which only a named date allows"
    used = {each.on for each in process.transitions}
    for name in sorted(causes - used):
        yield f"{name!r} causes nothing: no transition waits for it"


def _reached(process: Process) -> Iterator[str]:
    found, waiting = set(), [process.states[0].name]
    while waiting:
        if (state := waiting.pop()) not in found:
            found.add(state)
            waiting += [each.target_from(state) for each in process.transitions if state in each.source]
    for declared in process.states:
        if declared.name not in found:
            yield f"state {declared.name!r} is never reached"


def _left(process: Process) -> Iterator[str]:
    """A final state is left by nothing; from any other, a final one can be reached."""
    finals = {state.name for state in process.states if state.final}
    for state in sorted(finals):
        for each in process.transitions:
            if state in each.source:
                yield f"state {state!r} is final and transition {each.name!r} leaves it"
    ending, grown = set(finals), True
    while grown:
        more = {source for each in process.transitions for source in each.source if each.target_from(source) in ending} - ending
        ending, grown = ending | more, bool(more)
    for declared in process.states:
        if declared.name not in ending:
            yield f"no final state can be reached from {declared.name!r}"


def _exits(process: Process) -> Iterator[str]:
    """Whatever the flags, a deadline that falls due leads somewhere: its last transition has no condition."""
    for state in process.states:
        for deadline in process.deadlines_of(state.name):
            choices = process.transitions_on(state.name, deadline.name)
            if choices[-1].given:
                yield f"deadline {deadline.name!r} has no exit from {state.name!r} when no condition holds"
            for useless in choices[:-1]:
                if not useless.given:
                    yield f"in {state.name!r}, what follows {useless.name!r} on {deadline.name!r} is never taken"


def _turning(process: Process) -> Iterator[str]:
    """A deadline that does not count from the day of an entry stays past: what it joins must not form a circle."""
    deadlines = {deadline.name for deadline in process.deadlines}
    fixed = {deadline.name for deadline in process.deadlines if deadline.counts_from != "entered"}
    joined: dict[str, set[str]] = {}
    for each in process.transitions:
        if each.on in fixed or (each.on in deadlines and each.target is None):
            for source in each.source:
                joined.setdefault(source, set()).add(each.target_from(source))
    for state in sorted(joined):
        if state in _after(joined, joined[state]):
            yield f"deadlines that stay past lead from {state!r} back to it: the sweep would never end"


def _after(joined: dict[str, set[str]], start: Iterable[str]) -> set[str]:
    found: set[str] = set()
    waiting = list(start)
    while waiting:
        if (state := waiting.pop()) not in found:
            found.add(state)
            waiting += joined.get(state, set())
    return found
