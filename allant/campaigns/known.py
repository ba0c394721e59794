"""The facts about one person as they stood at the beginning of a day, from dated rows: for explanations after the event."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db import connection

from allant import facts
from allant.immunizations.summary import CURRENT_DOSES, dose_summary_sql

Rows = Sequence[Mapping[str, Any]]
_HAPPENED = ("occurred_on", "invited_on")


def known_before(person_id: int, day: date) -> dict[str, Rows]:
    """The rows of each fact table, without what happened on `day` or later; the dose summary is made anew from earlier doses.

    A wave leaves before the acts of its day are recorded. Facts without a date (scheme, contact data…) are those of now.
    """
    known: dict[str, Rows] = {name: _before(rows, day) for name, rows in facts.of_person(connection, person_id).items()}
    return known | {"dose_summary": _dose_summary(person_id, day)}


def _before(rows: Rows, day: date) -> Rows:
    earlier = [row for row in rows if not any(name in row and row[name] >= day for name in _HAPPENED)]
    return [{**row, "died_on": None} if _dies_later(row, day) else row for row in earlier]


def _dies_later(row: Mapping[str, Any], day: date) -> bool:
    died_on: date | None = row.get("died_on")
    return died_on is not None and died_on >= day


def _dose_summary(person_id: int, day: date) -> Rows:
    earlier = f"(SELECT * FROM ({CURRENT_DOSES}) AS dose WHERE person_id = %s AND occurred_on < %s)"
    with connection.cursor() as cursor:
        cursor.execute(dose_summary_sql(earlier), [person_id, day])
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
