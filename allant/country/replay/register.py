"""The persons of the register as the replay needs them: by official class, in the order doses are offered to them."""

from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from allant import bulk
from allant.country.official.series import UNKNOWN_CLASS, Series
from allant.country.replay.eligibility import eligible_days
from allant.country.replay.persons import ClassPersons
from allant.doctrine import rules
from allant.figures.parameters import Parameters

LATE = 4095
"""Stands for never, in days since the start of the series."""

# The lot decides among equals: drawn by a hash, the same at every run.
_PERSONS = """
    SELECT p.id AS person_id, p.birth_date,
           (SELECT min(f.occurred_on) FROM immunizations_infection f WHERE f.person_id = p.id) AS infected_on,
           EXISTS (SELECT FROM people_situation s WHERE s.person_id = p.id AND s.kind = 'immunodepressed') AS immunodepressed,
           hashint8extended(p.id, 2021) & 4294967295 AS lot
    FROM people_person p WHERE p.died_on IS NULL ORDER BY p.id"""
_PERSONS_SCHEMA = pa.schema([
    ("person_id", pa.int64()), ("birth_date", pa.date32()), ("infected_on", pa.date32()), ("immunodepressed", pa.bool_()),
    ("lot", pa.int64()),
])  # fmt: skip
_INVITED = """
    SELECT i.person_id, min(i.invited_on) AS invited_on
    FROM campaigns_invitation i JOIN campaigns_campaign c ON c.id = i.campaign_id
    WHERE c.act = 'dose_summary.first_on' AND i.revoked_at IS NULL AND i.invited_on BETWEEN %s AND %s GROUP BY 1"""
_INVITED_SCHEMA = pa.schema([("person_id", pa.int64()), ("invited_on", pa.date32())])


class Register:
    """Read once; the invitations are followed week by week."""

    def __init__(self, series: Series) -> None:
        self._first = series.days[0]
        self._codes = series.classes
        people = bulk.copy_out(_PERSONS, (), _PERSONS_SCHEMA)
        births = people["birth_date"].to_numpy().astype("datetime64[D]")
        self._ids = people["person_id"].to_numpy()
        self._infected = people["infected_on"].to_numpy().astype("datetime64[D]")
        self._immunodepressed = people["immunodepressed"].to_numpy(zero_copy_only=False)
        self._months = np.where(np.isnat(births), 0, births.astype("datetime64[M]").astype(np.int64) + 70 * 12).astype(np.int16)
        classes = age_classes(births, series.days[-1].item())
        self._of_class = {code: np.flatnonzero(classes == code) for code in self._codes}
        self._rest = (_since(eligible_days(births), self._first) << 32) | people["lot"].to_numpy()
        self._invited = np.full(len(births), LATE, dtype=np.int64)
        self._read_until = self._first - 1

    def capacity(self) -> NDArray[np.int64]:
        """Living persons of each class of the series."""
        return np.array([len(self._of_class[code]) for code in self._codes], dtype=np.int64)

    def persons(self) -> dict[str, ClassPersons]:
        """The persons of each class; their order is that of nobody invited, `order` says the order of a day."""
        return {
            code: ClassPersons(
                self._ids[chosen], self._rest[chosen], self._infected[chosen], self._immunodepressed[chosen], self._months[chosen]
            )
            for code, chosen in self._of_class.items()
        }

    def order(self, on: date) -> dict[str, NDArray[np.int64]]:
        """By class: those invited first by `on`, then those whom a phase admitted first, then by lot."""
        fresh = bulk.copy_out(_INVITED, [(self._read_until + 1).item(), on], _INVITED_SCHEMA)
        at = np.searchsorted(self._ids, fresh["person_id"].to_numpy())
        day = _since(fresh["invited_on"].to_numpy().astype("datetime64[D]"), self._first)
        self._invited[at] = np.minimum(self._invited[at], day)
        self._read_until = np.datetime64(on, "D")
        order = (self._invited << 44) | self._rest
        return {code: order[chosen] for code, chosen in self._of_class.items()}


def age_classes(births: NDArray[np.datetime64], on: date) -> NDArray[np.str_]:
    """The official class of each birth date (datetime64[D]) in the series of a day, `NA` for none."""
    classes = Parameters(rules.as_known_on(on)).age_classes(on)
    oldest_first = np.array(classes.cut_offs()[::-1], dtype="datetime64[D]")
    found = np.array(classes.codes)[len(oldest_first) - np.searchsorted(oldest_first, births, side="left")]
    return np.where(np.isnat(births), UNKNOWN_CLASS, found)


def _since(days: NDArray[np.datetime64], first: np.datetime64) -> NDArray[np.int64]:
    """Days since the first of the series, at least 0; `LATE` for no date."""
    counted = (days - first).astype("timedelta64[D]").astype(np.int64)
    return np.where(np.isnat(days), LATE, np.clip(counted, 0, LATE))
