"""The population language by example: small tables, one expression, the people it selects.

Each chapter is checked on every engine and rendered into docs/reference/population-language.md.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from allant.facts import BOOLEAN, DATE, INTEGER, FactTable
from allant.targeting import Definition, define, tables

from ..vocabulary import REGISTRY
from ..world import Population


@dataclass(frozen=True)
class Case:
    """What is shown, the expression as typed, and the persons it selects."""

    shows: str
    expression: str
    people: list[int]

    @property
    def definition(self) -> Definition:
        """The definition of this expression."""
        return define(eval(self.expression, {"t": tables(REGISTRY), "date": date}))


@dataclass(frozen=True)
class Chapter:
    """Cases on the same small tables; `-` in a table is unknown."""

    title: str
    text: str
    tables: dict[str, str]
    cases: list[Case]

    @property
    def population(self) -> Population:
        """The tables as rows."""
        return {name: _rows(REGISTRY.table(name), text) for name, text in self.tables.items()}


def _rows(table: FactTable, text: str) -> list[dict[str, Any]]:
    header, *lines = (cells(line) for line in text.strip().splitlines())
    unknown = {fact.name: None for fact in table.columns}
    return [unknown | {name: _cell(table, name, cell) for name, cell in zip(header, line, strict=True)} for line in lines]


def cells(line: str) -> list[str]:
    """The cells of one line."""
    return [cell.strip() for cell in line.split("|")]


def _cell(table: FactTable, name: str, cell: str) -> Any:
    if cell == "-":
        return None
    kind = INTEGER if name == table.key else table.fact(name).kind
    if kind == DATE:
        return date.fromisoformat(cell)
    return {INTEGER: int, BOOLEAN: "true".__eq__}.get(kind, str)(cell)
