"""How many people a definition means, and how they split: one reading of the register (TG-03)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from allant.campaigns.waves import channel_sql
from allant.targeting import Definition, engine_postgres

BAND = 10  # years, the width of an age band
AXES = ("sex", "age", "scheme", "departement", "channel")
_COLUMNS = ["birth_date", "departement", "has_email", "has_landline", "has_mobile", "scheme", "sex"]


@dataclass(frozen=True)
class Preview:
    """Persons in the target on a day; by value of each axis of `AXES` (None: unknown, or no channel), the most numerous first.

    The key of `age` is the lowest age of its band of ten years.
    """

    count: int
    by: dict[str, dict[Any, int]]


def preview(definition: Definition, on: date, channels: Sequence[str]) -> Preview:
    """Whom the target holds on a day, by what the register holds now; `channels` by order of preference."""
    target, parameters = engine_postgres.sql(definition, _COLUMNS)
    channel = channel_sql(channels) if channels else "NULL::text"
    axes = ", ".join(AXES)
    sets = ", ".join(["()", *(f"({axis})" for axis in AXES)])
    masks = ", ".join(f"GROUPING({axis})" for axis in AXES)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT {masks}, {axes}, count(*) FROM (
                    SELECT sex, extract(year FROM age(%s, birth_date))::int / {BAND} * {BAND} AS age, scheme, departement,
                           {channel} AS channel
                    FROM ({target}) AS t
                ) AS q GROUP BY GROUPING SETS ({sets}) ORDER BY count(*) DESC, {axes}""",
            [on, *parameters],
        )
        return _read(cursor.fetchall())


def _read(found: Sequence[tuple[Any, ...]]) -> Preview:
    count = 0
    by: dict[str, dict[Any, int]] = defaultdict(dict, {axis: {} for axis in AXES})
    for row in found:
        grouped, values, persons = row[: len(AXES)], row[len(AXES) : -1], row[-1]
        if 0 in grouped:
            at = grouped.index(0)
            by[AXES[at]][values[at]] = persons
        else:
            count = persons
    return Preview(count, dict(by))
