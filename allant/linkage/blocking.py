"""Which records are compared: those that share a key of the model, blocks larger than the cap left out."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from allant.linkage.model import Model
from allant.linkage.records import PREPARED

PAIRS, KEYS = "linkage_pair", "linkage_key"


@dataclass(frozen=True)
class Blocked:
    """What a key brought: pairs no key before it had brought, and records left aside in blocks larger than the cap."""

    code: str
    pairs: int
    left_aside: int


def block(connection: duckdb.DuckDBPyConnection, model: Model, *, among: str = "TRUE") -> list[Blocked]:
    """Make the table `PAIRS` (join_key_l < join_key_r, match_key) of the prepared records; gives what each key brought.

    `among`: a condition on `l.id` and `r.id`, to compare only what changed.
    """
    connection.execute(f"CREATE OR REPLACE TABLE {PAIRS} (join_key_l BIGINT, join_key_r BIGINT, match_key UTINYINT)")
    return [_add(connection, rank, rule.code, rule.sql, model.cap, among) for rank, rule in enumerate(model.blocking)]


def _add(connection: duckdb.DuckDBPyConnection, rank: int, code: str, key: str, cap: int, among: str) -> Blocked:
    several = f"unnest({key})" if key.startswith("list_") else key
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE {KEYS} AS
        WITH keyed AS (SELECT DISTINCT hash({several}) AS key, {several} AS said, id FROM {PREPARED}),
             sized AS (SELECT key, id, count(*) OVER (PARTITION BY key) AS size FROM keyed WHERE said IS NOT NULL)
        SELECT key, id, size > {cap} AS too_many FROM sized WHERE size > 1""")
    left_aside = connection.execute(f"SELECT count(*) FROM {KEYS} WHERE too_many").fetchone()
    added = connection.execute(f"""
        INSERT INTO {PAIRS}
        SELECT DISTINCT l.id, r.id, {rank} FROM {KEYS} AS l JOIN {KEYS} AS r ON l.key = r.key AND l.id < r.id
        WHERE NOT l.too_many AND ({among})
        EXCEPT ALL SELECT join_key_l, join_key_r, {rank} FROM {PAIRS}""").fetchone()
    assert left_aside is not None and added is not None
    return Blocked(code, added[0], left_aside[0])
