"""What each criterion means, over the facts about one person, in Kleene's three-valued logic.

True, False, or None for unknown. This is the reference: the engines must select exactly the people for whom
`truth` is True, and "pourquoi ?" shows its verdicts.
"""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from allant.facts import ENDS_ON, ONE, STARTS_ON

from .calendar import elapsed
from .model import (
    ActiveOn,
    And,
    Column,
    Compare,
    Count,
    Criterion,
    Elapsed,
    Events,
    Exists,
    Extreme,
    Known,
    Not,
    OneOf,
    Or,
    Value,
)

Row = Mapping[str, Any]
Facts = Mapping[str, Sequence[Row]]
"""The rows about one person, by table; a table left out has none."""
Truth = bool | None

COMPARISONS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def truth(criterion: Criterion, facts: Facts, row: Row | None = None) -> Truth:
    """Whether the criterion holds for this person; inside an event table, for this row of theirs."""
    match criterion:
        case And(parts):
            return all_of(truth(part, facts, row) for part in parts)
        case Or(parts):
            return negated(all_of(negated(truth(part, facts, row)) for part in parts))
        case Not(part):
            return negated(truth(part, facts, row))
        case Compare(op, left, right):
            ours = value(left, facts, row)
            theirs = value(right, facts, row) if isinstance(right, Value) else right
            return None if ours is None or theirs is None else COMPARISONS[op](ours, theirs)
        case OneOf(inside, choices):
            found = value(inside, facts, row)
            return None if found is None else found in choices
        case Known(inside):
            return value(inside, facts, row) is not None
        case Exists(events):
            return bool(matching(events, facts))
        case ActiveOn(_, on):
            assert row is not None
            starts, ends = row.get(STARTS_ON), row.get(ENDS_ON)
            return (starts is None or starts <= on) and (ends is None or on < ends)
    raise TypeError(criterion)


def all_of(truths: Iterable[Truth]) -> Truth:
    """False as soon as one is false, else unknown as soon as one is unknown, else true."""
    seen = list(truths)
    if False in seen:
        return False
    return None if None in seen else True


def negated(of: Truth) -> Truth:
    """The contrary; the contrary of unknown is unknown."""
    return None if of is None else not of


def value(of: Value, facts: Facts, row: Row | None = None) -> Any:
    """The value found for this person, None when unknown."""
    match of:
        case Column(table, fact):
            found = (_only_row(table.name, facts) if table.rows == ONE else row or {}).get(fact.name)
            return fact.null_is if found is None else found
        case Elapsed(since, unit, on):
            start = value(since, facts, row)
            return None if start is None else elapsed(start, unit, on)
        case Count(events):
            return len(matching(events, facts))
        case Extreme(which, events, fact):
            column = Column(events.table, fact)
            found = [known for each in matching(events, facts) if (known := value(column, facts, each)) is not None]
            pick = min if which == "first" else max
            return pick(found, default=None)
    raise TypeError(of)


def matching(events: Events, facts: Facts) -> list[Row]:
    """The rows of this person of which the criterion is true."""
    rows = facts.get(events.table.name, ())
    return [row for row in rows if events.where is None or truth(events.where, facts, row) is True]


def _only_row(table: str, facts: Facts) -> Row:
    rows = facts.get(table, ())
    if len(rows) > 1:
        raise ValueError(f"Table « {table} » : {len(rows)} lignes pour une personne, une au plus était annoncée.")
    return rows[0] if rows else {}
