"""Elapsed time between two dates, and the cut-off date that turns "75 ans ou plus" into one comparison of dates.

A year has passed on the anniversary; someone born on 29 February has theirs on 1 March when the year has none, since
the civil code counts age from day to day and 28 February is not yet the day. Months are clamped to the last day of
a short month (31 August + 6 months = 28 February), as the vaccination intervals count them.
"""

from calendar import monthrange
from datetime import date, timedelta
from typing import Final, Literal

from allant.doctrine.age import age_on, born_by

Unit = Literal["years", "months", "days"]
LONGEST: Final[dict[Unit, int]] = {"years": 150, "months": 1800, "days": 54_750}
"""The longest delay a criterion may ask for: 150 years, in each unit."""


def add_months(day: date, months: int) -> date:
    """The same day so many months later (earlier when negative), or the last of that month when it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def elapsed(start: date, unit: Unit, on: date) -> int:
    """Whole units from `start` to `on`; negative before `start`."""
    if unit == "days":
        return (on - start).days
    if unit == "years":
        return age_on(start, on)
    months = (on.year - start.year) * 12 + on.month - start.month
    return months - (add_months(start, months) > on)


def cut_off(length: int, unit: Unit, on: date) -> date:
    """The latest start from which at least `length` units have passed on `on`.

    So `elapsed(start, unit, on) >= length` exactly when `start <= cut_off(length, unit, on)`.
    """
    if unit == "days":
        return on - timedelta(days=length)
    if unit == "years":
        return born_by(length, on)
    earlier = add_months(on, -length)
    last_of_month = on.day == monthrange(on.year, on.month)[1]
    return earlier.replace(day=monthrange(earlier.year, earlier.month)[1]) if last_of_month else earlier
