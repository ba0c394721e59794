"""How many people a definition means, and how they split: one reading of the register or of a snapshot (TG-03)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from allant.campaigns.workshop.snapshots import Snapshot
from allant.outreach.reaching import channel_sql
from allant.targeting import Definition, engine_postgres

BAND = 10  # years, the width of an age band
AXES = ("sex", "age", "scheme", "departement", "channel")
_COLUMNS = ["birth_date", "departement", "has_email", "has_landline", "has_mobile", "scheme", "sex"]
_IN_SNAPSHOT = {"call": "has_landline", "sms": "has_mobile", "email": "has_email", "account": "has_email", "letter": "true"}
_NO_CHANNEL = "CAST(NULL AS text)"


@dataclass(frozen=True)
class Preview:
    """Persons in the target on a day; by value of each axis of `AXES` (None: unknown, or no channel), the most numerous first.

    The key of `age` is the lowest age of its band of ten years.
    """

    count: int
    by: dict[str, dict[Any, int]]


def preview(definition: Definition, on: date, channels: Sequence[str], snapshot: Snapshot | None = None) -> Preview:
    """Whom the target holds on a day, by what the register, or a snapshot of it, holds; `channels` by order of preference.

    Raises SnapshotMissing when the snapshot lacks a table.
    """
    if snapshot is not None:
        query = _split(_reach(channels), f"date_sub('year', birth_date, DATE '{on.isoformat()}')")
        return _read(snapshot.engine().over(definition, _COLUMNS, query))
    target, parameters = engine_postgres.sql(definition, _COLUMNS)
    channel = channel_sql(channels) if channels else _NO_CHANNEL
    query = _split(channel, f"extract(year FROM age(TIMESTAMP '{on.isoformat()}', CAST(birth_date AS timestamp)))")
    with connection.cursor() as cursor:
        cursor.execute(query.format(target=target), parameters)
        return _read(cursor.fetchall())


def _reach(channels: Sequence[str]) -> str:
    """As `channel_sql`, on a snapshot: it has no returned letters, so a letter reaches everybody."""
    cases = " ".join(f"WHEN {_IN_SNAPSHOT[name]} THEN '{name}'" for name in channels)
    return f"CASE {cases} END" if cases else _NO_CHANNEL


def _split(channel: str, years: str) -> str:
    """The question over `{target}`; `channel` and `years` (the age) as this engine writes them.

    People are first gathered by all axes together: the splits are then those of some thousand rows, not of the nation.
    """
    axes = ", ".join(AXES)
    sets = ", ".join(["()", *(f"({axis})" for axis in AXES)])
    masks = ", ".join(f"GROUPING({axis})" for axis in AXES)
    return f"""
        WITH gathered AS (
            SELECT sex, CAST(floor({years} / {BAND}) AS int) * {BAND} AS age, scheme, departement, {channel} AS channel,
                   count(*) AS persons
            FROM ({{target}}) AS t GROUP BY 1, 2, 3, 4, 5
        )
        SELECT {masks}, {axes}, CAST(sum(persons) AS bigint) FROM gathered
        GROUP BY GROUPING SETS ({sets}) ORDER BY sum(persons) DESC, {axes}"""


def _read(found: Sequence[tuple[Any, ...]]) -> Preview:
    count = 0
    by: dict[str, dict[Any, int]] = defaultdict(dict, {axis: {} for axis in AXES})
    for row in found:
        grouped, values, persons = row[: len(AXES)], row[len(AXES) : -1], row[-1]
        if 0 in grouped:
            at = grouped.index(0)
            by[AXES[at]][values[at]] = persons
        else:
            count = persons or 0  # nobody: the sum of no row
    return Preview(count, dict(by))
