"""The throughput of a route, shared by every sender of every machine: one row, one statement."""

from __future__ import annotations

from django.db import connection

from allant.outreach.sms.routes import Route

# A bucket of one second's worth. The clock is the server's: the same one for every machine, and none of the campaign's days.
_TAKE = """
WITH filled AS (
    SELECT id, now.at,
           least(%(most)s::float, available + greatest(0, extract(epoch FROM now.at - filled_at)) * %(rate)s) AS available
    FROM outreach_routebudget, (SELECT clock_timestamp() AS at) AS now WHERE route = %(route)s FOR UPDATE OF outreach_routebudget
)
UPDATE outreach_routebudget AS budget
SET available = filled.available - least(%(wanted)s, floor(filled.available)), filled_at = greatest(budget.filled_at, filled.at)
FROM filled WHERE budget.id = filled.id
RETURNING least(%(wanted)s, floor(filled.available))::int"""
_OPEN = """INSERT INTO outreach_routebudget (route, available, filled_at) VALUES (%(route)s, %(most)s, clock_timestamp())
ON CONFLICT (route) DO NOTHING"""


def take(route: Route, wanted: int) -> int:
    """How many parts may leave now, at most `wanted`; they are counted at once."""
    most = max(1.0, route.per_second)
    values = {"route": route.name, "wanted": wanted, "rate": route.per_second, "most": most}
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, values)
        if (row := cursor.fetchone()) is None:
            cursor.execute(_OPEN, values)
            cursor.execute(_TAKE, values)
            row = cursor.fetchone()
    return int(row[0])
