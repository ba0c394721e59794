"""The persons of a country directory, one age class at a time."""

from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from allant.country.population.files import Country
from allant.country.replay.eligibility import Days, eligible_days, situations_used
from allant.country.replay.persons import ClassPersons

IMMUNODEPRESSED = "immunodepressed"
LOT_BITS = 18
LAST_RANK = 2**13 - 1  # days; later eligibility, or none, comes last


class CountryPersons(Mapping[str, ClassPersons]):
    """Loads a class when it is asked for and keeps nothing, so that memory holds one class."""

    def __init__(self, country: Country, first_day: np.datetime64):
        """`first_day`: eligibility before it does not count as earlier."""
        self.country, self.first_day = country, first_day
        sizes = country.manifest.classes
        ends = np.cumsum(list(sizes.values()))
        self._ranges = {code: (int(end) - size + 1, int(end)) for (code, size), end in zip(sizes.items(), ends, strict=True)}

    def __len__(self) -> int:
        return len(self._ranges)

    def __iter__(self) -> Iterator[str]:
        return iter(self._ranges)

    def __getitem__(self, code: str) -> ClassPersons:
        first, last = self._ranges[code]
        persons = self._read("person", ["person_id", "birth_date", "died_on"], first, last)
        births = days_of(persons["birth_date"])
        situations = self._situations(first, last)
        order = self._order(persons["person_id"].to_numpy(), eligible_days(births, situations))
        return ClassPersons(
            person_id=persons["person_id"].to_numpy(),
            order=order,
            infected_on=self._infected_on(first, last),
            immunodepressed=situations[IMMUNODEPRESSED],
            birth_month=_months_since_1900(births),
            living=pc.is_null(persons["died_on"]).to_numpy(),
        )

    def living(self) -> dict[str, int]:
        """Living persons by class."""
        dead = self.country.dataset("person").to_table(columns=["person_id"], filter=pc.field("died_on").is_valid())
        ids = dead["person_id"].to_numpy()
        return {
            code: last - first + 1 - int(np.count_nonzero((ids >= first) & (ids <= last)))
            for code, (first, last) in self._ranges.items()
        }

    def _read(self, table: str, columns: list[str], first: int, last: int, where: pc.Expression | None = None) -> pa.Table:
        inside = (pc.field("person_id") >= first) & (pc.field("person_id") <= last)
        return self.country.dataset(table).to_table(columns=columns, filter=inside if where is None else inside & where)

    def _infected_on(self, first: int, last: int) -> Days:
        """First known infection of each person, NaT when there is none."""
        rows = self._read("infection", ["person_id", "occurred_on"], first, last)
        found = np.full(last - first + 1, np.datetime64("NaT", "D"))
        days, at = days_of(rows["occurred_on"]), rows["person_id"].to_numpy() - first
        latest_first = np.argsort(days)[::-1]
        found[at[latest_first]] = days[latest_first]
        return found

    def _situations(self, first: int, last: int) -> dict[str, NDArray[np.bool_]]:
        """Who is, or was during the campaign, in each situation that matters for eligibility."""
        names = sorted({IMMUNODEPRESSED, *situations_used()})
        kinds = sorted({name.partition(":")[0] for name in names})
        rows = self._read("situation", ["person_id", "kind", "code"], first, last, pc.field("kind").isin(kinds))
        at = rows["person_id"].to_numpy() - first
        masks = {}
        for name in names:
            kind, _, code = name.partition(":")
            chosen = pc.equal(rows["kind"], kind)
            if code:
                chosen = pc.and_(chosen, pc.equal(rows["code"], code))
            masks[name] = np.zeros(last - first + 1, dtype=np.bool_)
            masks[name][at[pc.fill_null(chosen, False).to_numpy()]] = True
        return masks

    def _order(self, person_id: NDArray[np.int64], eligible: Days) -> NDArray[np.int32]:
        """By day of eligibility, then by lot."""
        days = (eligible - self.first_day).astype(np.int64)
        rank = np.where(np.isnat(eligible), LAST_RANK, np.clip(days, 0, LAST_RANK))
        return ((rank << LOT_BITS) | _lots(person_id)).astype(np.int32)


def days_of(column: pa.ChunkedArray) -> Days:
    """A date column as datetime64[D]; NaT for null."""
    return np.asarray(pc.cast(column, pa.date32()).to_numpy(zero_copy_only=False), dtype="datetime64[D]")


def _lots(person_id: NDArray[np.int64]) -> NDArray[np.int64]:
    """A number of `LOT_BITS` bits drawn from each id (SplitMix64, Steele, Lea and Flood 2014)."""
    mixed = person_id.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (mixed >> np.uint64(64 - LOT_BITS)).astype(np.int64)


def _months_since_1900(births: Days) -> NDArray[np.int16]:
    months = births.astype("datetime64[M]").astype(np.int64) + 70 * 12
    return np.where(np.isnat(births), 0, months).astype(np.int16)
