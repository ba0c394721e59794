"""The facts about one person, as every explanation reads them."""

from collections.abc import Iterable
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from .vocabulary import FactTable
from .vocabulary import registry as installed


def of_person(
    connection: BaseDatabaseWrapper, person_id: int, tables: Iterable[FactTable] = installed
) -> dict[str, list[dict[str, Any]]]:
    """The rows of one person in each table, read from PostgreSQL: {table: [{column: value}]}; no row gives []."""
    return {table.name: _rows(connection, person_id, table) for table in tables}


def _rows(connection: BaseDatabaseWrapper, person_id: int, table: FactTable) -> list[dict[str, Any]]:
    names = [table.key, *(fact.name for fact in table.columns)]
    columns = ", ".join(f'"{name}"' for name in names)
    # The registered query is plain SQL: its percent signs are no placeholders.
    query = table.postgres_query.replace("%", "%%")
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT {columns} FROM ({query}) AS facts WHERE "{table.key}" = %s ORDER BY {columns}', [person_id])
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
