"""Rows read by a query whose text is made once: a query that every request asks costs more to compile than to run (PF-02)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import connection, models

M = TypeVar("M", bound=models.Model)


class Rows(Generic[M]):
    """`Rows(Membership, "row.user_id = %s", related="organisation")`: the rows that a condition selects, as model instances.

    `where`: SQL over `row`, the table of the model, with `%s` for each parameter; never made of what a visitor typed. `related`:
    one foreign key whose row is read along. Nothing else of a queryset: for the few reads that every request makes.
    """

    def __init__(self, model: type[M], where: str, *, related: str = "") -> None:
        self.model, self.where, self.related = model, where, related

    def all(self, *parameters: Any) -> list[M]:
        """Every row."""
        return list(self._read(parameters))

    def first(self, *parameters: Any) -> M | None:
        """The first row, or None."""
        return next(self._read(parameters), None)

    def _read(self, parameters: tuple[Any, ...]) -> Iterator[M]:
        text, names, other, other_names = self._compiled
        with connection.cursor() as cursor:
            cursor.execute(text, parameters)
            rows = cursor.fetchall()
        for row in rows:
            found = self.model.from_db(connection.alias, names, row[: len(names)])
            if other is not None:
                related = row[len(names) :]
                known = None if related[0] is None else other.from_db(connection.alias, other_names, related)
                found._state.fields_cache[self.related] = known
            yield found

    @cached_property
    def _compiled(self) -> tuple[str, list[str], type[models.Model] | None, list[str]]:
        names, columns = _columns(self.model, "row")
        source = f'"{self.model._meta.db_table}" AS row'
        other, other_names = None, []
        if self.related:
            key = self.model._meta.get_field(self.related)
            other = key.related_model
            other_names, other_columns = _columns(other, "other")
            columns += other_columns
            source += f' LEFT JOIN "{other._meta.db_table}" AS other ON other."{other._meta.pk.column}" = row."{key.column}"'
        return f"SELECT {', '.join(columns)} FROM {source} WHERE {self.where}", names, other, other_names


def _columns(model: type[models.Model], alias: str) -> tuple[list[str], list[str]]:
    """Attribute and column of each field, the key first."""
    fields = sorted(model._meta.concrete_fields, key=lambda field: not field.primary_key)
    return [field.attname for field in fields], [f'{alias}."{field.column}"' for field in fields]
