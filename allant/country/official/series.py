"""The official series in memory: daily counts by age class and by vaccine."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]

LAST_DAY = date(2021, 11, 21)
CLASSES = ("04", "09", "11", "17", "24", "29", "39", "49", "59", "64", "69", "74", "79", "80")
UNKNOWN_CLASS = "NA"
VACCINES = ("comirnaty", "spikevax", "vaxzevria", "janssen", "unknown")
VACCINE_CODES = {"comirnaty": "1", "spikevax": "2", "vaxzevria": "3", "janssen": "4"}
CLASS_MEASURES = ("dose1", "complete", "booster", "booster2", "booster3")
VACCINE_MEASURES = ("dose1", "dose2", "dose3", "dose4", "complete", "booster", "booster2", "booster3")


@dataclass(frozen=True)
class Series:
    """Daily counts of persons.

    `days` is a gapless datetime64[D] axis. `by_class[measure]` has shape [day, class], the classes being those of
    `population` then `NA` (age unknown: the total row minus the classes). `by_vaccine[measure]` has shape
    [day, vaccine]; `unknown` is the total row minus the named vaccines. Both add up to the same totals.
    """

    days: NDArray[np.datetime64]
    by_class: Mapping[str, Counts]
    by_vaccine: Mapping[str, Counts]
    population: Mapping[str, int]
    classes: tuple[str, ...] = (*CLASSES, UNKNOWN_CLASS)
    vaccines: tuple[str, ...] = VACCINES

    @property
    def people(self) -> int:
        """Population of the country, in persons."""
        return sum(self.population.values())

    def until(self, last_day: date) -> "Series":
        """The same series up to `last_day` included."""
        size = int(np.searchsorted(self.days, np.datetime64(last_day, "D"), side="right"))
        return replace(
            self,
            days=self.days[:size],
            by_class={measure: counts[:size] for measure, counts in self.by_class.items()},
            by_vaccine={measure: counts[:size] for measure, counts in self.by_vaccine.items()},
        )
