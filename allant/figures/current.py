"""Counts at hand: computed once for each state of the doses, for the pages."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import date
from threading import Lock

from allant.figures.aggregate import Counts, count_by_departement, count_national
from allant.figures.parameters import AgeClasses
from allant.figures.sources import Source
from allant.geography import departements

SERIES_START = date(2020, 12, 27)  # first day of the official files
KEPT = 4  # counts in memory; a year weighs 1.3 MB for the nation, 30 MB for the départements

_lock = Lock()
_kept: OrderedDict[tuple[object, ...], Counts] = OrderedDict()


def national_counts(source: Source, classes: AgeClasses) -> Counts:
    """`count_national` of every dose, from memory when none changed since. Raises NoDose."""
    return _remember(("FR", source.version(), classes.codes), lambda: count_national(source, classes, SERIES_START))


def departement_counts(source: Source, classes: AgeClasses) -> Counts:
    """`count_by_departement` of every dose, from memory when none changed since. Raises NoDose."""
    key = ("departement", source.version(), classes.codes)
    return _remember(key, lambda: count_by_departement(source, classes, tuple(departements()), SERIES_START))


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
