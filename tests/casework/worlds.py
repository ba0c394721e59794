"""Random processes, terms and lives of cases, as plain data: what both the engine and the reference interpreter are given."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import yaml

from allant.casework.process import Deadline, Flag, Process, Signal, State, Transition

FIRST = date(2021, 1, 1)


@dataclass
class World:
    """A process (transitions in order), the versions of its terms, and what is told of each case on which day."""

    states: list[str]
    finals: set[str]
    deadlines: dict[str, str]
    "Deadline → what it counts from."
    transitions: list[dict[str, Any]]
    versions: list[dict[str, Any]]
    cases: list[tuple[date, dict[str, date]]] = field(default_factory=list)
    told: dict[date, list[tuple[int, str, dict[str, Any]]]] = field(default_factory=dict)


def world(seed: int, cases: int, days: int) -> World:
    """A process of a chain of states that deadlines lead along, with signals that lead anywhere, and a change of rule or two."""
    rng = random.Random(seed)
    length = rng.randint(3, 5)
    states = [f"s{n}" for n in range(length)] + ["end", "out"]
    made = World(states, {"end", "out"}, {}, [], [])
    for rank in range(length):
        onward = states[rank + 1] if rank + 1 < length else "end"
        counts = rng.choice(["clock", "clock", "entered", "ends"])
        _deadline(made, rng, f"d{rank}", counts, states[rank], onward)
        if rng.random() < 0.4:
            _deadline(made, rng, f"e{rank}", "entered", states[rank], states[rank])
    for number in range(rng.randint(3, 6)):
        target = rng.choice([*states[:length], None, "out"])
        made.transitions.append(
            _transition(rng, f"t{number}", rng.sample(states[:length], 2), target, f"g{number}", rng.random() < 0.3)
        )
    made.transitions.append(_transition(rng, "leave", states[:length], "out", "g9", False))
    starts = sorted(rng.sample(range(1, days), 2)) if rng.random() < 0.8 else []
    for start in [0, *starts]:
        made.versions.append(_terms(rng, made, FIRST + timedelta(start)))
    _lives(made, rng, cases, days)
    return made


def _deadline(made: World, rng: random.Random, name: str, counts: str, source: str, target: str) -> None:
    made.deadlines[name] = counts
    if rng.random() < 0.4:  # a choice of two ways, the second without condition
        made.transitions.append(_transition(rng, f"{name}_if", [source], "out" if target == source else target, name, True))
    made.transitions.append(_transition(rng, f"{name}_go", [source], target, name, False))


def _transition(
    rng: random.Random, name: str, source: list[str], target: str | None, on: str, conditioned: bool
) -> dict[str, Any]:
    given = {rng.choice("xy"): rng.random() < 0.5} if conditioned else {}
    sets = {rng.choice("xy"): rng.random() < 0.5} if rng.random() < 0.3 else {}
    return {"name": name, "source": source, "target": target, "on": on, "given": given, "sets": sets}


def _terms(rng: random.Random, made: World, start: date) -> dict[str, Any]:
    delays = {name: {"months": rng.randint(0, 3), "days": rng.randint(1, 40)} for name in made.deadlines}
    alive = [state for state in made.states if state not in made.finals]
    return {
        "start": start,
        "delays": delays,
        "shift": rng.choice(["next", "same"]),
        "paused_in": rng.sample(alive, rng.randint(0, 1)),
        "restarted_by": rng.sample([each["name"] for each in made.transitions if each["on"].startswith("g")], 1),
        "open_cases": rng.choice(["keep", "change"]),
    }


def _lives(made: World, rng: random.Random, cases: int, days: int) -> None:
    signals = sorted({each["on"] for each in made.transitions} - made.deadlines.keys() - {"g9"})
    for case in range(cases):
        opened = rng.randint(0, days * 2 // 3)
        held = {"ends": FIRST + timedelta(opened + rng.randint(-5, 200))} if rng.random() < 0.7 else {}
        made.cases.append((FIRST + timedelta(opened), held))
        for _ in range(rng.randint(0, 6)):
            day = FIRST + timedelta(min(opened + rng.randint(0, 300), days))
            brings: dict[str, Any] = {rng.choice("xy"): True} if rng.random() < 0.3 else {}
            if rng.random() < 0.2:
                brings["ends"] = day + timedelta(rng.randint(0, 100))
            made.told.setdefault(day, []).append((case, rng.choice(signals), brings))


def process(made: World, slug: str) -> Process:
    """The declaration of a world, as a programme would write it."""
    signals = sorted({each["on"] for each in made.transitions} - made.deadlines.keys())
    return Process(
        slug, slug, f"tests.{slug}",
        states=tuple(State(name, name, name in made.finals) for name in made.states),
        deadlines=tuple(Deadline(name, name, name, counts) for name, counts in made.deadlines.items()),
        signals=tuple(Signal(name, name) for name in signals),
        transitions=tuple(
            Transition(
                each["name"], each["name"], tuple(each["source"]), each["target"], each["on"],
                tuple(Flag(name, name, held) for name, held in each["given"].items()), tuple(each["sets"].items()),
            )
            for each in made.transitions
        ),
        dates={"ends": "fin"},
    )  # fmt: skip


def doctrine(made: World, slug: str) -> str:
    """The terms of a world, as a book."""
    fields = dict.fromkeys(made.deadlines, "delay") | {
        "non_working_day": "text", "paused_in": "texts", "restarted_by": "texts", "open_cases": "text",
    }  # fmt: skip
    versions = [
        {
            "in_force": terms["start"], "known_from": FIRST, "assumption": "hasard",
            "value": terms["delays"] | {"non_working_day": terms["shift"]}
            | {name: terms[name] for name in ("paused_in", "restarted_by", "open_cases")},
        }
        for terms in made.versions
    ]  # fmt: skip
    rule = {"label": slug, "unit": "record", "fields": fields, "versions": versions}
    return yaml.safe_dump({f"tests.{slug}": rule}, allow_unicode=True)
