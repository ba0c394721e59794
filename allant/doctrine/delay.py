"""Delays in months and days, and the two ways of counting a month."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
import numpy.typing as npt

Counting = Literal["calendar", "thirty_and_half"]
"""`calendar`: same day of a later month, or its last day. `thirty_and_half`: 30.5 days a month, rounded up."""

Days = npt.NDArray[np.datetime64]


@dataclass(frozen=True, slots=True)
class Delay:
    """A legal delay: months, then days."""

    months: int = 0
    days: int = 0

    def __str__(self) -> str:
        """In French: « 5 mois », « 28 jours », « 5 mois et 2 jours »."""
        days = f"{self.days} jour{'s' if self.days > 1 else ''}"
        if not self.months:
            return days
        return f"{self.months} mois" + (f" et {days}" if self.days else "")

    def __add__(self, other: "Delay") -> "Delay":
        return Delay(self.months + other.months, self.days + other.days)

    def in_days(self) -> int:
        """Days of the delay when a month counts 30.5 days rounded up: 1 → 31, 5 → 153, 7 → 214."""
        return (self.months * 61 + 1) // 2 + self.days


def add_delay(day: date, delay: Delay, counting: Counting = "calendar") -> date:
    """The day that comes `delay` after `day`; months by the calendar stop at the end of a short month."""
    if counting == "thirty_and_half":
        return day + timedelta(days=delay.in_days())
    months = day.year * 12 + day.month - 1 + delay.months
    year, month = divmod(months, 12)
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last)) + timedelta(days=delay.days)


def add_delays(days: Days, delay: Delay, counting: Counting = "calendar") -> Days:
    """`add_delay` for an array of datetime64[D]; NaT stays NaT."""
    if counting == "thirty_and_half":
        return np.asarray(days + np.timedelta64(delay.in_days(), "D"))
    month = days.astype("datetime64[M]")
    of_month = days - month.astype("datetime64[D]")
    target = month + np.timedelta64(delay.months, "M")
    first = target.astype("datetime64[D]")
    length = (target + np.timedelta64(1, "M")).astype("datetime64[D]") - first
    return np.asarray(first + np.minimum(of_month, length - np.timedelta64(1, "D")) + np.timedelta64(delay.days, "D"))
