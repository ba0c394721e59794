"""The weeks of a series: from Monday to Sunday, the first and the last possibly shorter."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class Week:
    """Days of the series in one week, both ends included."""

    first: date
    last: date


def weeks(first: date, last: date) -> Iterator[Week]:
    """The weeks of the days from `first` to `last`, both included, in order and without gaps."""
    while first <= last:
        end = min(last, first + timedelta(6 - first.weekday()))
        yield Week(first, end)
        first = end + timedelta(1)
