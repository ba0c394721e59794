"""Controlled rounding of cumulated counts: cells and totals stay within one of the exact value, every day.

Exact values are fractions `numerators / denominator`, so nothing depends on floating point. A cell's unit j may be
placed from the first day its exact value exceeds j - 1 and is due the first day it reaches j; placing the earliest due
first meets every due date (level schedules of just-in-time production: Steiner and Yeomans, 1993).
"""

import numpy as np

from allant.country.official.series import Counts


def nearest(numerators: Counts, denominator: int) -> Counts:
    """Exact values rounded half up."""
    return (2 * numerators + denominator) // (2 * denominator)


def round_cumulated(
    numerators: Counts, denominator: int, totals: Counts, limits: Counts | None = None, *, totals_first: bool = False
) -> Counts:
    """Round cumulated series of shape [day, cell] to integers that add up to `totals` of shape [day].

    Each cell is the floor or the ceiling of its exact value. `limits` of shape [day, cell], never decreasing, caps the
    cells. When caps and totals conflict the cells win; `totals_first` makes the totals win instead.
    """
    floors = numerators // denominator
    ceilings = -(-numerators // denominator)
    if limits is not None:
        ceilings = np.minimum(ceilings, limits)
    rounded = np.empty_like(numerators)
    placed = np.zeros(numerators.shape[1], dtype=np.int64)
    for day in range(len(numerators)):
        before, placed = placed, np.maximum(placed, floors[day])
        missing = int(totals[day] - placed.sum())
        if missing > 0:
            open_cells = np.flatnonzero(ceilings[day] > placed)
            placed[_earliest_due(numerators, denominator, placed, open_cells)[:missing]] += 1
        if totals_first:
            _force_total(placed, before, numerators[day] / denominator, int(totals[day]))
        rounded[day] = placed
    return rounded


def _earliest_due(numerators: Counts, denominator: int, placed: Counts, cells: Counts) -> Counts:
    """The cells ordered by the day their next unit is due, then by what is already owed."""
    next_unit = (placed + 1) * denominator
    due = np.array([np.searchsorted(numerators[:, cell], next_unit[cell]) for cell in cells], dtype=np.int64)
    owed = numerators[-1, cells] - next_unit[cells]
    return cells[np.lexsort((-owed, due))]


def _force_total(placed: Counts, before: Counts, exact: np.ndarray, total: int) -> None:
    """Move single units, in place, from or to the cells furthest from their exact value until `total` is met."""
    while (difference := total - int(placed.sum())) != 0:
        if difference > 0:
            placed[np.argmax(exact - placed)] += 1
        else:
            removable = np.where(placed > before, placed - exact, -np.inf)
            placed[np.argmax(removable)] -= 1
