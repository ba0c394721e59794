"""The fact table `dose_summary` of a country directory, from its dose files, in one pass and bounded memory.

Same meaning as `allant.immunizations.summary.dose_summary_sql`, whose single GROUP BY would not fit 67.7 million
persons in 4 GiB; a test holds the two together.
"""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from allant.country.official.series import VACCINES
from allant.country.population.files import Country
from allant.country.replay.country_persons import days_of
from allant.country.replay.doses import SERIES
from allant.country.replay.ledger import BOOSTER, PRIMARY, codes_of

PART = 5_000_000  # persons
NEVER = np.int16(-1)
EPOCH = np.datetime64("2020-12-27", "D")  # int16 days from here last until 2110


class _State:
    """By person_id; days since `EPOCH`, `NEVER` when it did not happen."""

    def __init__(self, size: int):
        self.dose_count = np.zeros(size, dtype=np.int8)
        self.first_on, self.complete_on, self.booster_on, self.last_on = (np.full(size, NEVER) for _ in range(4))
        self.first_vaccine, self.last_vaccine = (np.zeros(size, dtype=np.int8) for _ in range(2))

    def add(self, doses: pa.Table) -> None:
        """Doses of one day, later than those before."""
        ids = doses["person_id"].to_numpy()
        if not len(ids):
            return
        day = (days_of(doses["occurred_on"])[0] - EPOCH).astype(np.int16)
        vaccine, series = codes_of(doses["vaccine"], VACCINES), codes_of(doses["series"], SERIES)
        newcomers = self.first_on[ids] == NEVER
        self.first_on[ids[newcomers]] = day
        self.first_vaccine[ids[newcomers]] = vaccine[newcomers]
        ended = (series == PRIMARY) & (doses["dose_number"].to_numpy() == doses["series_doses"].to_numpy())
        for days, happened in ((self.complete_on, ended), (self.booster_on, series == BOOSTER)):
            fresh = ids[happened]
            days[fresh[days[fresh] == NEVER]] = day
        self.dose_count[ids] += 1
        self.last_on[ids], self.last_vaccine[ids] = day, vaccine

    def table(self, first: int, last: int) -> pa.Table:
        """Rows of the vaccinated persons of ids `first` to `last` excluded."""
        ids = first + np.flatnonzero(self.dose_count[first:last])
        return pa.table(
            {
                "person_id": ids,
                "dose_count": self.dose_count[ids].astype(np.int16),
                "first_on": _dates(self.first_on[ids]),
                "first_vaccine": _names(self.first_vaccine[ids]),
                "complete_on": _dates(self.complete_on[ids]),
                "booster_on": _dates(self.booster_on[ids]),
                "last_on": _dates(self.last_on[ids]),
                "last_vaccine": _names(self.last_vaccine[ids]),
            }
        )


def write_summary(country: Country, progress: Callable[[int, int], None]) -> None:
    """Write `dose_summary/part-NNNNN.parquet`, sorted by person_id, from every file of `dose/`."""
    state = _State(country.manifest.total + 1)
    days = sorted((country.directory / "dose").glob("*.parquet"))
    for number, path in enumerate(days, 1):
        state.add(pq.ParquetFile(path, read_dictionary=["vaccine", "series"]).read())
        progress(number, len(days))
    directory = country.directory / "dose_summary"
    directory.mkdir(exist_ok=True)
    for part, first in enumerate(range(1, country.manifest.total + 1, PART)):
        last = min(first + PART, country.manifest.total + 1)
        _write(state.table(first, last), directory / f"part-{part:05d}.parquet")


def _write(table: pa.Table, path: Path) -> None:
    unfinished = path.with_name(f".{path.name}.tmp")
    pq.write_table(table, unfinished, compression="zstd", compression_level=1, store_schema=False)
    os.replace(unfinished, path)


def _dates(days: NDArray[np.int16]) -> pa.Array:
    return pa.array(days + EPOCH.astype(np.int32), mask=days == NEVER).cast(pa.date32())


def _names(codes: NDArray[np.int8]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(VACCINES))
