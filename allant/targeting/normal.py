"""Negations pushed down to the leaves and groups flattened: the one shape that engines and sentences read.

Sound in Kleene's logic: De Morgan's laws hold, and the contrary of `a < b` is `a >= b` with the same unknowns.
"""

from typing import Final

from .calendar import cut_off
from .model import And, Compare, Count, Criterion, Elapsed, Exists, Node, Not, Operator, Or

OPPOSITE: Final[dict[Operator, Operator]] = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def normal(criterion: Criterion, negate: bool = False) -> Criterion:
    """An equivalent criterion in which Not stands only on a leaf other than Compare, and no group holds its like."""
    match criterion:
        case Not(part):
            return normal(part, not negate)
        case And(parts) | Or(parts):
            conjunction = isinstance(criterion, And) is not negate
            return _group(conjunction, [normal(part, negate) for part in parts])
        case Compare(op, left, right):
            return _presence(Compare(OPPOSITE[op], left, right) if negate else criterion)
    return Not(criterion) if negate else criterion


def _presence(compare: Compare) -> Criterion:
    """Counting no row, or at least one, is asking whether one exists: a join in place of a count."""
    match compare:
        case Compare("==" | "<=", Count(events), 0) | Compare("<", Count(events), 1):
            return Not(Exists(events))
        case Compare("!=" | ">", Count(events), 0) | Compare(">=", Count(events), 1):
            return Exists(events)
    return compare


def _group(conjunction: bool, parts: list[Criterion]) -> Criterion:
    shape = And if conjunction else Or
    flat: list[Criterion] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, And | Or) and isinstance(part, shape) else [part])
    unique = tuple(dict.fromkeys(flat))
    return unique[0] if len(unique) == 1 else shape(unique)


def conjuncts(criterion: Criterion) -> tuple[Criterion, ...]:
    """The criteria that must all hold."""
    shape = normal(criterion)
    return shape.parts if isinstance(shape, And) else (shape,)


def tables(node: Node) -> frozenset[str]:
    """Names of the tables that a node reads."""
    return frozenset(inside.table.name for inside in node.walk() if hasattr(inside, "table"))


def as_dates(compare: Compare) -> Criterion:
    """A comparison of elapsed time as comparisons of dates, its cut-offs computed here once."""
    of, length = compare.left, compare.right
    assert isinstance(of, Elapsed) and isinstance(length, int)

    def reached(units: int) -> Compare:
        return Compare("<=", of.since, cut_off(units, of.unit, of.on))

    def before(units: int) -> Compare:
        return Compare(">", of.since, cut_off(units, of.unit, of.on))

    match compare.op:
        case ">=":
            return reached(length)
        case ">":
            return reached(length + 1)
        case "<":
            return before(length)
        case "<=":
            return before(length + 1)
        case "==":
            return And((reached(length), before(length + 1)))
        case _:
            return Or((before(length), reached(length + 1)))
