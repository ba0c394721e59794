"""Statements that are asked by the thousand: planned once on each connection, for planning costs as much as a few dozen rows."""

from __future__ import annotations

from typing import Any

import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper

from allant.bulk.prepared import keep_statements

RUNS = 3
"Times a statement is run before the server keeps its plan."


class _Cursor(psycopg.Cursor[Any]):
    """Binds on the server, as a statement to be planned once must; Django's own cursors bind before they send."""


def prepared_cursor() -> CursorWrapper:
    """A cursor whose statements the server keeps; what watches or counts statements sees them as any other."""
    connection.ensure_connection()
    raw = connection.connection
    keep_statements(raw, after=RUNS)
    return CursorWrapper(_Cursor(raw), connection)
