"""Why a person is in a target, or not: each criterion in French, with the value found and the verdict (TG-06)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from allant.facts import Fact

from .definition import Definition
from .model import And, Compare, Count, Criterion, Elapsed, Exists, Extreme, Known, Not, OneOf, Or, Value
from .normal import normal
from .truth import Facts, Row, matching, truth, value
from .wording import length, shown, title, words

VERDICTS: Final = {True: "vrai", False: "faux", None: "inconnu"}
ALL: Final = "Toutes ces conditions"
ANY: Final = "Au moins une de ces conditions"
_SHOWN_ROWS: Final = 3


@dataclass(frozen=True)
class Verdict:
    """One criterion and what became of it for one person.

    `wording` says the criterion, `found` the value (empty for a group), `verdict` is vrai, faux or inconnu;
    `parts` are the criteria of a group.
    """

    wording: str
    found: str
    verdict: str
    parts: tuple["Verdict", ...] = field(default=())

    @property
    def holds(self) -> bool:
        """The criterion is true of the person."""
        return self.verdict == VERDICTS[True]

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "wording": self.wording,
            "found": self.found,
            "verdict": self.verdict,
            "parts": [part.to_json() for part in self.parts],
        }


def why(definition: Definition, facts: Facts) -> Verdict:
    """The verdict tree of a definition over the facts about one person ({table: rows}, as `facts.of_person` gives).

    Groups keep the shape of the definition, negations are pushed to the leaves: every leaf reads as a plain statement.
    """
    return _verdict(normal(definition.criteria), facts)


def _verdict(criterion: Criterion, facts: Facts) -> Verdict:
    verdict = VERDICTS[truth(criterion, facts)]
    if isinstance(criterion, And | Or):
        parts = tuple(_verdict(part, facts) for part in criterion.parts)
        return Verdict(ALL if isinstance(criterion, And) else ANY, "", verdict, parts)
    return Verdict(words(criterion), _found(criterion, facts), verdict)


def _found(leaf: Criterion, facts: Facts) -> str:
    match leaf:
        case Not(inside):
            return _found(inside, facts)
        case Compare(_, left, right) if isinstance(right, Value):
            return f"{title(left)} : {_value(left, facts)} ; {title(right)} : {_value(right, facts)}"
        case Compare(_, inside) | OneOf(inside) | Known(inside):
            return _value(inside, facts)
        case Exists(events):
            rows = matching(events, facts)
            return _listed(rows, events.table.columns) if rows else "aucune ligne"
    raise TypeError(leaf)


def _value(of: Value, facts: Facts) -> str:
    found = value(of, facts)
    match of:
        case Elapsed(since, unit, _) if found is not None:
            return f"{length(found, unit)} ({title(since)} : {_value(since, facts)})"
        case Elapsed(since):
            return since.column.unknown_fr
        case Count(events):
            rows = matching(events, facts)
            return f"{found} : {_listed(rows, events.table.columns)}" if rows else "0"
        case Extreme() if found is None:
            return "aucune"
    if found is None:
        return of.fact.unknown_fr if of.fact else "inconnu"
    return shown(found, of.fact)


def _listed(rows: list[Row], columns: Sequence[Fact]) -> str:
    """The first rows in words, and how many more."""
    told = " ; ".join(_row(row, columns) for row in rows[:_SHOWN_ROWS])
    return f"{told} ; et {len(rows) - _SHOWN_ROWS} de plus" if len(rows) > _SHOWN_ROWS else told


def _row(row: Row, columns: Sequence[Fact]) -> str:
    return ", ".join(f"{fact.label_fr} : {shown(row[fact.name], fact)}" for fact in columns if row.get(fact.name) is not None)
