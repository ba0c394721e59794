"""A process drawn from its declaration, as a Mermaid state diagram, and told in tables (Markdown). Pure."""

from __future__ import annotations

from collections.abc import Iterable

from allant.casework.process import Process, Transition
from allant.casework.terms import Terms

_START = {"clock": "depuis l'ouverture (horloge)", "entered": "depuis l'entrée dans l'état"}


def mermaid(process: Process) -> str:
    """The diagram: states, and on each arrow its cause, its conditions in brackets."""
    lines = ["stateDiagram-v2", *(f"    {state.name}: {state.label}" for state in process.states)]
    lines.append(f"    [*] --> {process.initial.name}")
    for each in process.transitions:
        for source in each.source:
            lines.append(f"    {source} --> {each.target_from(source)}: {_arrow(process, each)}")
    lines += [f"    {state.name} --> [*]" for state in process.states if state.final]
    return "\n".join(lines)


def tables(process: Process, terms: Iterable[Terms]) -> str:
    """Deadlines with the delay of each version, and transitions with their conditions and effects."""
    versions = list(terms)
    heading = ["échéance", "compte", *(f"règle du {each.in_force:%d/%m/%Y}" for each in versions)]
    rows = [
        [
            each.label,
            _start(process, each.counts_from, each.before),
            *(str(version.delays[each.name] or "–") for version in versions),
        ]
        for each in process.deadlines
    ]
    rows += [["l'horloge s'arrête dans", "", *(_named(process, version.paused_in) for version in versions)]]
    rows += [["l'horloge repart de zéro après", "", *(_named(process, version.restarted_by) for version in versions)]]
    shifts = {"next": "jour ouvré suivant", "same": "même jour"}
    rows += [["échéance un jour non ouvré", "", *(shifts[version.non_working_day] for version in versions)]]
    kept = {"keep": "gardent leur règle", "change": "suivent celle-ci"}
    rows += [["dossiers déjà ouverts", "", *(kept[version.open_cases] for version in versions)]]
    moves = [
        [each.label, process.labels[each.on], ", ".join(map(str, each.given)) or "–", ", ".join(each.effects) or "–"]
        for each in process.transitions
    ]
    return _table(heading, rows) + "\n\n" + _table(["passage", "cause", "si", "effets"], moves)


def _arrow(process: Process, transition: Transition) -> str:
    given = f" [{', '.join(map(str, transition.given))}]" if transition.given else ""
    return f"{process.labels[transition.on]}{given}"


def _start(process: Process, counts_from: str, before: bool) -> str:
    if counts_from in _START:
        return _START[counts_from]
    return f"{'avant' if before else 'depuis'} : {process.dates[counts_from]}"


def _named(process: Process, names: Iterable[str]) -> str:
    return ", ".join(sorted(process.labels[name] for name in names)) or "–"


def _table(heading: list[str], rows: list[list[str]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in [heading, ["---"] * len(heading), *rows])
