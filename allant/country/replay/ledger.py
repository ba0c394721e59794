"""What the recording checks ask about each person of a country, as arrays: facts of the register, and their last dose."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from allant.country.official.series import VACCINES
from allant.country.population.files import Country
from allant.country.replay.country_persons import days_of
from allant.country.replay.doses import SERIES

NO_DAY = np.iinfo(np.int32).min
PRIMARY, BOOSTER = SERIES.index("primary"), SERIES.index("booster")


class Ledger:
    """Indexed by person_id. Days are days since 1970, `NO_DAY` when unknown."""

    def __init__(self, country: Country):
        size = country.manifest.total + 1
        self.birth, self.died, self.infected = (np.full(size, NO_DAY, dtype=np.int32) for _ in range(3))
        for batch in country.dataset("person").to_batches(columns=["person_id", "birth_date", "died_on"]):
            ids = batch["person_id"].to_numpy()
            self.birth[ids], self.died[ids] = _numbers(batch["birth_date"]), _numbers(batch["died_on"])
        infections = country.dataset("infection").to_table(columns=["person_id", "occurred_on"])
        days, ids = _numbers(infections["occurred_on"]), infections["person_id"].to_numpy()
        latest_first = np.argsort(days)[::-1]
        self.infected[ids[latest_first]] = days[latest_first]
        self.last_day = np.full(size, NO_DAY, dtype=np.int32)
        self.last_number, self.last_vaccine = np.zeros(size, dtype=np.int8), np.zeros(size, dtype=np.int8)
        self.first_vaccine = np.zeros(size, dtype=np.int8)
        self.complete = np.zeros(size, dtype=np.bool_)

    def describe(self, doses: pa.Table) -> pa.Table:
        """The doses of a day with what was known before them: the columns of `immunizations.checks`.

        But `situations` and `last_infected_on`, looked for in the files.
        """
        ids = doses["person_id"].to_numpy()
        first = self.last_day[ids] == NO_DAY
        number = pa.array(self.last_number[ids], mask=first)
        last_vaccine, first_vaccine = (
            pa.DictionaryArray.from_arrays(pa.array(codes[ids], mask=first), pa.array(VACCINES))
            for codes in (self.last_vaccine, self.first_vaccine)
        )
        columns = {
            "birth_date": _dates(self.birth[ids]),
            "died_on": _dates(self.died[ids]),
            "infected_on": _dates(self.infected[ids]),
            "previous_on": _dates(self.last_day[ids]),
            "previous_number": number.cast(pa.int32()),
            "previous_vaccine": last_vaccine,
            "first_vaccine": first_vaccine,
            "previous_complete": pa.array(self.complete[ids], mask=first),
            "person_known": pa.repeat(True, len(ids)),
        }
        for name, column in columns.items():
            doses = doses.append_column(name, column)
        return doses

    def record(self, doses: pa.Table) -> None:
        """Remember the doses of one day."""
        ids = doses["person_id"].to_numpy()
        number, needed = doses["dose_number"].to_numpy(), doses["series_doses"].to_numpy()
        newcomers = self.last_day[ids] == NO_DAY
        self.first_vaccine[ids[newcomers]] = codes_of(doses["vaccine"], VACCINES)[newcomers]
        self.last_day[ids] = _numbers(doses["occurred_on"])
        self.last_number[ids], self.last_vaccine[ids] = number, codes_of(doses["vaccine"], VACCINES)
        self.complete[ids] |= (codes_of(doses["series"], SERIES) == PRIMARY) & (number == needed)


def codes_of(column: pa.ChunkedArray, values: tuple[str, ...]) -> NDArray[np.int64]:
    """Position in `values` of each text (no nulls); -1 for another one."""
    codes = [_chunk_codes(chunk, values) for chunk in column.chunks]
    return np.concatenate([np.empty(0, dtype=np.int64), *codes])


def _chunk_codes(chunk: pa.DictionaryArray, values: tuple[str, ...]) -> NDArray[np.int64]:
    known = [values.index(text) if text in values else -1 for text in chunk.dictionary.to_pylist()]
    return np.asarray(np.array(known, dtype=np.int64)[np.asarray(chunk.indices)])


def _numbers(column: pa.ChunkedArray | pa.Array) -> NDArray[np.int32]:
    """Days since 1970; `NO_DAY` for null."""
    days = days_of(column)
    return np.where(np.isnat(days), NO_DAY, days.astype(np.int64)).astype(np.int32)


def _dates(days: NDArray[np.int32]) -> pa.Array:
    return pa.array(days, mask=days == NO_DAY).cast(pa.date32())
