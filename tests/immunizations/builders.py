"""Acts and batches for tests."""

from datetime import date
from typing import Any

import pyarrow as pa

from allant.immunizations.actions import Act

TODAY = date(2022, 1, 1)
FIELDS = ("source_key", "person_id", "occurred_on", "vaccine", "dose_number", "series", "series_doses")


def day(text: str) -> date:
    """`2021-03-01`."""
    return date.fromisoformat(text)


def act(on: str = "2021-03-01", **values: Any) -> Act:
    """A first dose of Comirnaty, unless told otherwise."""
    return Act(
        **{"occurred_on": day(on), "vaccine": "comirnaty", "dose_number": 1, "series": "primary", "series_doses": 2, **values}
    )


def rows(text: str) -> pa.Table:
    """A batch from lines of `source_key person_id occurred_on vaccine dose_number series series_doses`; `-` is null."""
    lines = [[None if word == "-" else word for word in line.split()] for line in text.strip().splitlines()]
    columns = dict(zip(FIELDS, zip(*lines, strict=True), strict=True))
    return pa.table(
        {
            "source_key": pa.array(columns["source_key"]),
            "person_id": pa.array([word and int(word) for word in columns["person_id"]], pa.int64()),
            "occurred_on": pa.array([word and day(word) for word in columns["occurred_on"]], pa.date32()),
            "vaccine": pa.array(columns["vaccine"], pa.string()),
            "dose_number": pa.array([word and int(word) for word in columns["dose_number"]], pa.int32()),
            "series": pa.array(columns["series"], pa.string()),
            "series_doses": pa.array([word and int(word) for word in columns["series_doses"]], pa.int32()),
        }
    )
