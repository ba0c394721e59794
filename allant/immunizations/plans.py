"""Statements prepared once on a connection (PostgreSQL): planning the judging of a dose costs more than doing it.

The text depends on the doctrine, so a statement is prepared for the book of the day, under a name that says its content; the
connection keeps the plan, and each use is one short EXECUTE.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection

# The server settles on one plan at the sixth run. Made on a new installation, it is kept while tables grow: it must not read
# them whole.
SETTLED = 8
_WITHOUT_WHOLE_TABLES = "SET LOCAL enable_seqscan = off; {}; SET LOCAL enable_seqscan = on"
KEPT = 8  # on one connection; each takes about a megabyte of the server


@dataclass(frozen=True, slots=True)
class Plan:
    """A statement to prepare: its name, the text that prepares it, the one that drops it."""

    name: str
    prepare: str
    drop: str


def named(query: str, kind: str) -> str:
    """A name for a statement: another text has another."""
    return f"{kind}_{hashlib.sha256(query.encode()).hexdigest()[:16]}"


_plans: WeakKeyDictionary[Any, dict[str, tuple[Plan, int]]] = WeakKeyDictionary()  # on each connection: plans, times run


def message(plan: Plan, execute: str) -> tuple[str, int]:
    """`execute` as it is to be sent, the plan being prepared on this connection; and how many results come before its own.

    To be run inside a transaction, or as a message of several statements, which is one.
    """
    connection.ensure_connection()
    plans = _plans.setdefault(connection.connection, {})
    if plan.name not in plans:
        with connection.cursor() as cursor:
            if len(plans) >= KEPT:
                oldest = next(iter(plans))
                cursor.execute(plans[oldest][0].drop)
                del plans[oldest]
            cursor.execute(plan.prepare)
        plans[plan.name] = plan, 0
    runs = plans[plan.name][1] + 1
    plans[plan.name] = plan, runs
    return (_WITHOUT_WHOLE_TABLES.format(execute), 1) if runs <= SETTLED else (execute, 0)
