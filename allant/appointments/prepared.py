"""Statements that every visitor runs: the server plans each once a connection, and one message asks and answers (PF-04).

Django's own cursor writes the values into the text, so that the server plans it again each time; psycopg's cursor on the same
connection prepares it. Transactions, time zones and error classes stay Django's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from django.db import connection
from psycopg.types.numeric import Int8

ONLY_WHEN_ASKED = 2**31
"""Sendings after which psycopg prepares a text by itself: never. Django's own `None` would refuse `prepare=True` too."""


def rows(query: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of a statement kept prepared on this connection. Raises Django's database errors.

    Integers go as bigint, whatever their size, so that one text is one plan: the text casts what is narrower.
    """
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    connection.connection.prepare_threshold = ONLY_WHEN_ASKED
    typed = {name: Int8(value) if type(value) is int else value for name, value in values.items()}
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        return cursor.execute(query, typed, prepare=True).fetchall()
