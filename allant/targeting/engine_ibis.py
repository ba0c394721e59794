"""One lean relational expression from a definition, for every SQL engine.

The criteria that must all hold are sorted by what they read. Those on `person` alone filter it; those on one other
table become one semi-join (or one anti-join, when they hold of someone absent from that table); only criteria that
mix tables cost a left join. A table is read once. SQL's own logic is Kleene's, so nothing is said about nulls except
where absence is a fact.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from functools import reduce
from operator import and_, or_
from typing import Any, Final

import ibis
from ibis import ir

from allant.facts import BOOLEAN, DATE, ENDS_ON, INTEGER, MANY, PERSON, PERSON_ID, STARTS_ON, TEXT, FactTable

from .definition import Definition
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
    Node,
    Not,
    OneOf,
    Or,
    Value,
)
from .normal import as_dates, conjuncts, tables
from .truth import COMPARISONS, truth

IBIS_TYPE: Final = {TEXT: "string", INTEGER: "int64", DATE: "date", BOOLEAN: "boolean"}
Resolved = Mapping[Node, Any]
"""Ibis columns that stand for nodes already computed."""


def people(definition: Definition, person: FactTable, columns: Sequence[str] = ()) -> ir.Table:
    """The persons of the target: column `person_id`, and these columns of the person table, unordered.

    The tables are unbound, named as the fact tables: compile with `ibis.to_sql` for any dialect.
    """
    plan = _Plan(definition)
    rows = unbound(person)
    if plan.on_person:
        rows = rows.filter(*(boolean(part, rows) for part in plan.on_person))
    for table, parts in plan.on_one_table.items():
        rows = _restrict(rows, definition.tables[table], parts)
    if plan.on_several:
        rows = _with_columns(rows, definition, plan.on_several)
    return rows.select(PERSON_ID, *(person.fact(column).name for column in columns))


def unbound(table: FactTable) -> ir.Table:
    """The fact table as Ibis knows it, bound to no database."""
    columns = {table.key: "int64"} | {fact.name: IBIS_TYPE[fact.kind] for fact in table.columns}
    return ibis.table(columns, name=table.name)


class _Plan:
    """The criteria that must all hold, sorted by the tables they read."""

    def __init__(self, definition: Definition) -> None:
        self.on_person: list[Criterion] = []
        self.on_one_table: dict[str, list[Criterion]] = defaultdict(list)
        self.on_several: list[Criterion] = []
        for part in conjuncts(definition.criteria):
            others = tables(part) - {PERSON}
            if not others:
                self.on_person.append(part)
            elif len(tables(part)) == 1:
                self.on_one_table[next(iter(others))].append(part)
            else:
                self.on_several.append(part)
        # A table that is joined anyway is not read a second time.
        for table in frozenset().union(*map(tables, self.on_several)) & set(self.on_one_table):
            self.on_several += self.on_one_table.pop(table)


def _restrict(rows: ir.Table, table: FactTable, parts: list[Criterion]) -> ir.Table:
    """Keep the persons for whom criteria on this one table all hold."""
    absent = [part.part.events for part in parts if isinstance(part, Not) and isinstance(part.part, Exists)]
    if len(absent) == len(parts):
        return rows.anti_join(_matching_any(absent), PERSON_ID)
    if len(parts) == 1 and isinstance(parts[0], Exists):
        return rows.semi_join(_matching_any([parts[0].events]), PERSON_ID)
    source, resolved = _per_person(table, parts)
    condition = reduce(and_, (boolean(part, source, resolved) for part in parts))
    if truth(And(tuple(parts)), {}) is True:  # it holds of those absent from the table
        return rows.anti_join(source.filter(~condition.fill_null(False)), PERSON_ID)
    return rows.semi_join(source.filter(condition), PERSON_ID)


def _matching_any(wanted: list[Events]) -> ir.Table:
    """The rows that one of these asks for."""
    rows = unbound(wanted[0].table)
    if any(events.where is None for events in wanted):
        return rows
    return rows.filter(reduce(or_, (boolean(events.where, rows) for events in wanted if events.where)))


def _per_person(table: FactTable, parts: list[Criterion]) -> tuple[ir.Table, Resolved]:
    """A relation with at most one row a person, and its columns that stand for the nodes of these criteria."""
    if table.rows == MANY:
        return _grouped(parts, table)
    rows = unbound(table)
    return rows, {Exists(Events(table)): ibis.literal(True)}


def _grouped(parts: list[Criterion], table: FactTable) -> tuple[ir.Table, Resolved]:
    """One scan of an event table, grouped by person: a column for each thing counted over its rows."""
    nodes = [node for part in parts for node in part.walk()]
    wanted = dict.fromkeys(node for node in nodes if isinstance(node, Count | Exists | Extreme) and node.events.table == table)
    asked = dict.fromkeys(node.events for node in wanted)
    rows = _matching_any(list(asked))
    columns = {f"v{i}": _aggregate(node, rows, filtered=len(asked) > 1) for i, node in enumerate(wanted)}
    grouped = rows.group_by(PERSON_ID).aggregate(**columns)
    return grouped, {node: grouped[f"v{i}"] for i, node in enumerate(wanted)}


def _aggregate(node: Count | Exists | Extreme, rows: ir.Table, filtered: bool) -> Any:
    where = boolean(node.events.where, rows) if filtered and node.events.where else None
    if isinstance(node, Count):
        return rows.count(where=where)
    if isinstance(node, Exists):
        return rows.count(where=where) > 0
    column = _column(Column(node.events.table, node.column), rows)
    return column.min(where=where) if node.which == "first" else column.max(where=where)


def _with_columns(rows: ir.Table, definition: Definition, parts: list[Criterion]) -> ir.Table:
    """Keep the persons for whom criteria that mix tables hold, each table joined once."""
    resolved: dict[Node, Any] = {}
    joined: dict[Node, str] = {}
    for table in sorted(frozenset().union(*map(tables, parts)) - {PERSON}):
        known = definition.tables[table]
        source, inside = _per_person(known, parts)
        nodes = _needed(parts, known, source, inside)
        key = f"{table}_key"
        flat = source.select(**{key: source[PERSON_ID]}, **{f"{table}_{i}": column for i, column in enumerate(nodes.values())})
        joined |= {node: f"{table}_{i}" for i, node in enumerate(nodes)} | {Exists(Events(known)): key}
        rows = rows.left_join(flat, rows[PERSON_ID] == flat[key])
    for node, column in joined.items():
        resolved[node] = _or_absent(node, rows[column], definition)
    return rows.filter(*(boolean(part, rows, resolved) for part in parts))


def _needed(parts: list[Criterion], table: FactTable, source: ir.Table, inside: Resolved) -> dict[Node, Any]:
    if table.rows == MANY:
        return dict(inside)
    nodes = dict.fromkeys(node for part in parts for node in part.walk() if isinstance(node, Column) and node.table == table)
    return {node: source[node.column.name] for node in nodes}


def _or_absent(node: Node, column: Any, definition: Definition) -> Any:
    """What a left-joined column says of someone who has no row there."""
    match node:
        case Count():
            return column.fill_null(0)
        case Exists(events) if events.table.rows == MANY and column.type().is_boolean():
            return column.fill_null(False)
        case Exists():
            return column.notnull()
        case Column(_, fact) if fact.null_is is not None:
            return column.fill_null(_literal(fact.null_is))
    return column


def boolean(criterion: Criterion, rows: ir.Table, resolved: Resolved | None = None) -> Any:
    """The criterion as an Ibis boolean over one relation."""
    known = resolved or {}
    match criterion:
        case And(parts):
            return reduce(and_, (boolean(part, rows, known) for part in parts))
        case Or(parts):
            return reduce(or_, (boolean(part, rows, known) for part in parts))
        case Not(part):
            return negation(boolean(part, rows, known))
        case Compare(_, Elapsed(), _):
            return boolean(as_dates(criterion), rows, known)
        case Compare(op, left, right):
            return _compare(op, _value(left, rows, known), _value(right, rows, known) if isinstance(right, Value) else right)
        case OneOf(inside, choices):
            return _value(inside, rows, known).isin([_literal(choice) for choice in choices])
        case Known(inside):
            return _value(inside, rows, known).notnull()
        case Exists(events):
            return known[criterion] if criterion in known else ibis.literal(events.table.name == PERSON)
        case ActiveOn(_, on):
            starts, ends, day = rows[STARTS_ON], rows[ENDS_ON], ibis.literal(on)
            return (starts.isnull() | (starts <= day)) & (ends.isnull() | (ends > day))
    raise TypeError(criterion)


def negation(of: Any) -> Any:
    """The contrary; null stays null."""
    return ~of


def _compare(op: str, left: Any, right: Any) -> Any:
    if isinstance(right, bool):
        return left if right is (op == "==") else ~left
    return COMPARISONS[op](left, _literal(right) if isinstance(right, str | int | date) else right)


def _value(value: Value, rows: ir.Table, known: Resolved) -> Any:
    if value in known:
        return known[value]
    assert isinstance(value, Column)
    return _column(value, rows)


def _column(column: Column, rows: ir.Table) -> Any:
    found, null_is = rows[column.column.name], column.column.null_is
    return found if null_is is None else found.fill_null(_literal(null_is))


def _literal(value: Any) -> Any:
    return ibis.literal(value, type="int64") if type(value) is int else ibis.literal(value)
