"""Statements that every visitor runs: the server plans each once a connection, and one message asks and answers (PF-04).

Django's own cursor writes the values into the text, so that the server plans it again each time; psycopg's cursor on the same
connection prepares it. Transactions, time zones and error classes stay Django's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection
from psycopg._preparing import PrepareManager
from psycopg.types.numeric import Int8

ONLY_WHEN_ASKED = 2**31
"""Sendings after which psycopg prepares a text by itself: never. Django's own `None` would refuse `prepare=True` too."""


def rows(query: str, values: Mapping[str, Any] | Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows of a statement kept prepared on this connection. Raises Django's database errors.

    Integers go as bigint, whatever their size, so that one text is one plan: the text casts what is narrower.
    """
    with _sent(query, values) as cursor:
        return cursor.fetchall()


def count(query: str, values: Mapping[str, Any] | Sequence[Any]) -> int:
    """How many rows such a statement wrote."""
    with _sent(query, values) as cursor:
        return cursor.rowcount


class _OwnStatements(PrepareManager):
    """After a rollback psycopg forgets what it prepared, and tells the server to forget all: what others prepared by name on the
    same connection (`immunizations.plans`) went with it. This one names its own. Nothing public of psycopg does it."""

    def clear(self) -> bool:
        """Forget its statements, each by its name."""
        names = list(self._names.values())
        self._counts.clear()
        self._names.clear()
        self._to_flush.extend(names)
        return bool(names)


def keep_statements(raw: psycopg.Connection[Any], *, after: int) -> None:
    """Let a connection of Django's prepare what it is asked to, and what it was sent `after` times."""
    if not isinstance(raw._prepared, _OwnStatements):
        raw._prepared = _OwnStatements()  # Django lets it prepare nothing: there is nothing to take over
    raw.prepare_threshold = after


@contextmanager
def _sent(query: str, values: Mapping[str, Any] | Sequence[Any]) -> Iterator[psycopg.Cursor[Any]]:
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    keep_statements(connection.connection, after=ONLY_WHEN_ASKED)
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        yield cursor.execute(query, _wide(values), prepare=True)


def _wide(values: Mapping[str, Any] | Sequence[Any]) -> dict[str, Any] | list[Any]:
    if isinstance(values, Mapping):
        return {name: _bigint(value) for name, value in values.items()}
    return [_bigint(value) for value in values]


def _bigint(value: Any) -> Any:
    if isinstance(value, list) and value and type(value[0]) is int:
        return [Int8(each) for each in value]
    return Int8(value) if type(value) is int else value
