"""The rows the replay produces."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from allant.country.official.series import VACCINES

Marks = int | NDArray[np.integer]
SERIES = ("primary", "booster", "second_booster", "third_booster")
LOT_PREFIXES = {"comirnaty": "CO", "spikevax": "SP", "vaxzevria": "VA", "janssen": "JA", "unknown": "XX"}
LOTS_A_WEEK = 4
NAMES = pa.dictionary(pa.int8(), pa.string())
LOTS = pa.dictionary(pa.int16(), pa.string())  # nearly a thousand over the replay
SCHEMA = pa.schema(
    [
        ("person_id", pa.int64()),
        ("occurred_on", pa.date32()),
        ("vaccine", NAMES),
        ("dose_number", pa.int8()),
        ("series", NAMES),
        ("series_doses", pa.int8()),
        ("lot", LOTS),
    ]
)


class DayDoses:
    """Doses of one day under construction."""

    def __init__(self) -> None:
        self._parts: list[tuple[NDArray[np.integer], ...]] = []

    def add(self, person_id: NDArray[np.int64], vaccine: Marks, dose_number: Marks, series: str, series_doses: Marks) -> None:
        """One dose each; `vaccine` is a position in `VACCINES`. `Marks`: one value for all, or one a person."""
        if size := len(person_id):
            marks = (vaccine, dose_number, SERIES.index(series), series_doses)
            self._parts.append((person_id, *(np.broadcast_to(np.asarray(mark, dtype=np.int8), size) for mark in marks)))

    def table(self, day: np.datetime64) -> pa.Table:
        """Rows of `SCHEMA`, sorted by person_id."""
        if not self._parts:
            return SCHEMA.empty_table()
        person_id, vaccine, number, series, series_doses = (np.concatenate(column) for column in zip(*self._parts, strict=True))
        rows = np.argsort(person_id, kind="stable")
        person_id, vaccine = person_id[rows], vaccine[rows]
        lot = (vaccine * LOTS_A_WEEK + person_id % LOTS_A_WEEK).astype(np.int16)
        columns = [
            pa.array(person_id),
            pa.array(np.full(len(person_id), day)),
            pa.DictionaryArray.from_arrays(pa.array(vaccine), pa.array(VACCINES)),
            pa.array(number[rows]),
            pa.DictionaryArray.from_arrays(pa.array(series[rows]), pa.array(SERIES)),
            pa.array(series_doses[rows]),
            pa.DictionaryArray.from_arrays(pa.array(lot), pa.array(week_lots(day))),
        ]
        return pa.table(columns, schema=SCHEMA)


def week_lots(day: np.datetime64) -> list[str]:
    """Made-up lot numbers in use that week, `LOTS_A_WEEK` for each vaccine in the order of `VACCINES`."""
    year, week, _ = day.astype("datetime64[D]").item().isocalendar()
    of_week = [f"{year % 100}{week:02d}{number}" for number in range(1, LOTS_A_WEEK + 1)]
    return [LOT_PREFIXES[vaccine] + lot for vaccine in VACCINES for lot in of_week]


def with_source_keys(doses: pa.Table) -> pa.Table:
    """The same rows with `source_key`: `vacsi:<person_id>:<dose_number>`, once for each dose of a person."""
    person, number = (pc.cast(doses[name], pa.string()) for name in ("person_id", "dose_number"))
    return doses.append_column("source_key", pc.binary_join_element_wise("vacsi", person, number, ":"))


def concat(tables: Sequence[pa.Table]) -> pa.Table:
    """One table, dictionaries unified (lots change every week)."""
    return pa.concat_tables([SCHEMA.empty_table(), *tables]).unify_dictionaries()
