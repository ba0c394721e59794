"""Sessions in the database, as Django keeps them; the read that every request makes is one plain statement (PF-02)."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends import db
from django.db import connection

_READ = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > statement_timestamp()"


class SessionStore(db.SessionStore):
    """Everything but the read is Django's."""

    def load(self) -> dict[str, Any]:
        """The content of a living session, or nothing."""
        with connection.cursor() as cursor:
            cursor.execute(_READ, [self.session_key])
            row = cursor.fetchone()
        if row is None:
            self._session_key = None
            return {}
        content: dict[str, Any] = self.decode(row[0])
        return content
