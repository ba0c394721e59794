"""Targets on the live register: SQL compiled by Ibis without a connection, run on Django's cursor in its transaction.

Ibis is imported where it compiles: a second that a process without targets need not wait.
Each fact table is the query that its room registered, as a common table expression that PostgreSQL may inline.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
from django.db import connections

from allant.facts import PERSON, PERSON_ID, FactTable, Registry
from allant.facts import registry as installed

from .definition import Definition

if TYPE_CHECKING:
    from ibis import ir

TARGET: Final = pa.schema([(PERSON_ID, pa.int64())])
Parameters = list[Any]


def sql(
    definition: Definition, columns: Sequence[str] = (), registry: Registry = installed, *, bare: bool = False
) -> tuple[str, Parameters]:
    """A SELECT of `person_id` (and columns of the person table) to compose into other statements, and its parameters.

    The text is one for a cursor that is given parameters: literal percent signs are doubled. Unordered, no duplicate.
    `bare`: for a statement over many targets, which begins with `sources`.
    """
    asked = _Asked(definition.content_hash, tuple(columns), definition)
    query = _remembered(asked) if registry is installed else _text(asked, registry)
    return (query if bare else _with_sources(query, definition, registry)), []


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the text of a query depends on; equal when the definitions say the same."""

    content_hash: str
    columns: tuple[str, ...]
    definition: Definition = field(compare=False)


def _text(asked: _Asked, registry: Registry) -> str:
    from . import engine_ibis

    return _compiled(engine_ibis.people(asked.definition, registry.table(PERSON), asked.columns))


@lru_cache(maxsize=256)
def _remembered(asked: _Asked) -> str:
    """A page asks the same target several times; compiling it takes longer than reading a small register."""
    return _text(asked, installed)


def sources(kept: Collection[str], registry: Registry = installed) -> str:
    """`WITH` and the fact tables by name, for the targets of a statement asked `bare`; those `kept` are read once for all."""
    named = (f'"{table.name}" AS {_how(table.name in kept)} ({fact_query(table.name, registry)})' for table in registry)
    return f"WITH {', '.join(named)}\n"


def _how(kept: bool) -> str:
    return "MATERIALIZED" if kept else "NOT MATERIALIZED"


def fact_query(table: str, registry: Registry = installed) -> str:
    """The registered query of a fact table, percent signs doubled, to compose into other statements."""
    return registry.table(table).postgres_query.replace("%", "%%")


def people(definition: Definition, registry: Registry = installed, using: str = "default") -> pa.Table:
    """The persons of the target: one column `person_id` (int64), ascending."""
    query, parameters = sql(definition, registry=registry)
    found = _run(f"SELECT {PERSON_ID} FROM ({query}) AS target ORDER BY {PERSON_ID}", parameters, using)
    return pa.table([[person for (person,) in found]], schema=TARGET)


def count(definition: Definition, registry: Registry = installed, using: str = "default") -> int:
    """How many persons."""
    query, parameters = sql(definition, registry=registry)
    return int(_run(f"SELECT count(*) FROM ({query}) AS target", parameters, using)[0][0])


def breakdown(definition: Definition, column: str, registry: Registry = installed, using: str = "default") -> dict[Any, int]:
    """How many persons by value of a column of the person table (None: unknown), the most numerous first."""
    query, parameters = sql(definition, [column], registry)
    found = _run(f'SELECT "{column}", count(*) FROM ({query}) AS target GROUP BY 1 ORDER BY 2 DESC, 1', parameters, using)
    return dict(found)


def breakdowns(
    definition: Definition, columns: Sequence[str], registry: Registry = installed, using: str = "default"
) -> tuple[int, dict[str, dict[Any, int]]]:
    """`count`, and `breakdown` by each of these columns: one reading of the register for all."""
    query, parameters = sql(definition, columns, registry)
    names = [f'"{column}"' for column in columns]
    sets = ", ".join(["()", *(f"({name})" for name in names)])
    listed = ", ".join([*(f"GROUPING({name}) = 0" for name in names), *names, "count(*)"])
    found = _run(
        f"SELECT {listed} FROM ({query}) AS target GROUP BY GROUPING SETS ({sets}) ORDER BY count(*) DESC, {', '.join(names)}",
        parameters,
        using,
    )
    total, by_column = 0, {column: dict[Any, int]() for column in columns}
    for *row, persons in found:
        grouped, values = row[: len(names)], row[len(names) :]
        if any(grouped):
            by_column[columns[grouped.index(True)]][values[grouped.index(True)]] = persons
        else:
            total = persons
    return total, by_column


def _run(query: str, parameters: Parameters, using: str) -> list[tuple[Any, ...]]:
    with connections[using].cursor() as cursor:
        cursor.execute(query, parameters)
        return list(cursor.fetchall())


def _compiled(expression: ir.Table) -> str:
    from ibis.backends.sql.compilers import postgres
    from sqlglot import exp
    from sqlglot.transforms import eliminate_semi_and_anti_joins

    tree = postgres.compiler.to_sqlglot(expression)
    # PostgreSQL has no SEMI JOIN; sqlglot's own rewriting skips every second one of a SELECT, hence the loop.
    for select in tree.find_all(exp.Select):
        while any(join.kind in ("SEMI", "ANTI") for join in select.args.get("joins") or ()):
            eliminate_semi_and_anti_joins(select)
    return str(tree.sql(dialect="postgres", pretty=True)).replace("%", "%%")


def _with_sources(query: str, definition: Definition, registry: Registry) -> str:
    tables: list[FactTable] = [registry.table(PERSON), *definition.tables.values()]
    named = (f'"{table.name}" AS {_how(False)} ({fact_query(table.name, registry)})' for table in tables)
    return f"WITH {', '.join(named)}\nSELECT * FROM ({query}) AS target"
