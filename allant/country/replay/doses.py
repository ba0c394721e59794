"""The rows the replay produces."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from allant.country.official.series import VACCINES

SERIES = ("primary", "booster")
LOT_PREFIXES = {"comirnaty": "CO", "spikevax": "SP", "vaxzevria": "VA", "janssen": "JA", "unknown": "XX"}
LOTS_A_WEEK = 4
NAMES = pa.dictionary(pa.int8(), pa.string())
SCHEMA = pa.schema(
    [
        ("person_id", pa.int64()),
        ("occurred_on", pa.date32()),
        ("vaccine", NAMES),
        ("dose_number", pa.int8()),
        ("series", NAMES),
        ("series_doses", pa.int8()),
        ("lot", NAMES),
    ]
)


@dataclass
class DayDoses:
    """Doses of one day under construction: parallel lists of arrays and of their constants."""

    persons: list[NDArray[np.int64]] = field(default_factory=list)
    marks: list[tuple[int, int, int, int]] = field(default_factory=list)

    def add(self, person_id: NDArray[np.int64], vaccine: int, dose_number: int, series: str, series_doses: int) -> None:
        """The same dose for several persons; `vaccine` is its position in `VACCINES`."""
        if len(person_id):
            self.persons.append(person_id)
            self.marks.append((vaccine, dose_number, SERIES.index(series), series_doses))

    def table(self, day: np.datetime64) -> pa.Table:
        """Rows of `SCHEMA`, sorted by person_id."""
        if not self.persons:
            return SCHEMA.empty_table()
        person_id = np.concatenate(self.persons)
        rows = np.argsort(person_id, kind="stable")
        sizes = [len(part) for part in self.persons]
        vaccine, number, series, series_doses = (
            np.repeat(np.array(column, dtype=np.int8), sizes)[rows] for column in zip(*self.marks, strict=True)
        )
        person_id = person_id[rows]
        lot = (vaccine * LOTS_A_WEEK + person_id % LOTS_A_WEEK).astype(np.int8)
        columns = [
            pa.array(person_id),
            pa.array(np.full(len(person_id), day)),
            pa.DictionaryArray.from_arrays(pa.array(vaccine), pa.array(VACCINES)),
            pa.array(number),
            pa.DictionaryArray.from_arrays(pa.array(series), pa.array(SERIES)),
            pa.array(series_doses),
            pa.DictionaryArray.from_arrays(pa.array(lot), pa.array(week_lots(day))),
        ]
        return pa.table(columns, schema=SCHEMA)


def week_lots(day: np.datetime64) -> list[str]:
    """Made-up lot numbers in use that week, `LOTS_A_WEEK` for each vaccine in the order of `VACCINES`."""
    year, week, _ = day.astype("datetime64[D]").item().isocalendar()
    return [f"{LOT_PREFIXES[vaccine]}{year % 100}{week:02d}{number}" for vaccine in VACCINES for number in range(1, LOTS_A_WEEK + 1)]


def with_source_keys(doses: pa.Table) -> pa.Table:
    """The same rows with `source_key`: `vacsi:<person_id>:<dose_number>`, once for each dose of a person."""
    person, number = (pc.cast(doses[name], pa.string()) for name in ("person_id", "dose_number"))
    return doses.append_column("source_key", pc.binary_join_element_wise("vacsi", person, number, ":"))


def concat(tables: Sequence[pa.Table]) -> pa.Table:
    """One table, dictionaries unified (lots change every week)."""
    return pa.concat_tables([SCHEMA.empty_table(), *tables]).unify_dictionaries()
