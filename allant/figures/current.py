"""Counts at hand: computed once for each state of the doses, for the pages."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import date
from threading import Lock

from allant.figures.aggregate import Counts, count_by_departement, count_national
from allant.figures.parameters import Parameters
from allant.figures.sources import Source
from allant.geography import departements

SERIES_START = date(2020, 12, 27)  # first day of the official files
KEPT = 6  # counts in memory; those of the nation weigh 0.3 MB a year, of the départements 30 MB

_lock = Lock()
_kept: OrderedDict[tuple[object, ...], Counts] = OrderedDict()


def national_counts(source: Source, parameters: Parameters, on: date) -> Counts:
    """`count_national` until a day, from memory when no dose changed since. Raises NoDose."""
    classes = parameters.age_classes(on)
    return _remember(("FR", source.version(), on, classes.codes), lambda: count_national(source, classes, SERIES_START, on))


def departement_counts(source: Source, parameters: Parameters, on: date) -> Counts:
    """`count_by_departement` until a day, from memory when no dose changed since. Raises NoDose."""
    classes = parameters.age_classes(on)
    key = ("departement", source.version(), on, classes.codes)
    return _remember(key, lambda: count_by_departement(source, classes, tuple(departements()), SERIES_START, on))


def _remember(key: tuple[object, ...], compute: Callable[[], Counts]) -> Counts:
    """Least recently used goes first. Two threads may compute the same counts: no harm."""
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    counts = compute()
    with _lock:
        _kept[key] = counts
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return counts
