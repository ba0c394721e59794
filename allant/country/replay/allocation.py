"""Exact integer allocation: one total over bounded cells, and one table with both margins."""

import numpy as np
from numpy.typing import NDArray

from allant.country.official.series import Counts

Weights = NDArray[np.float64]
ROUNDS = 30


def allot(total: int, wish: Weights | Counts, low: Counts, high: Counts) -> Counts:
    """Split `total` over cells, low <= cell <= high, as close to `wish` as can be.

    Raises ValueError when the bounds leave no room for `total`.
    """
    if not low.sum() <= total <= high.sum():
        raise ValueError(f"{total} does not fit between {low.sum()} and {high.sum()}")
    real = np.maximum(np.asarray(wish, dtype=np.float64), 0)
    if (asked := real.sum()) > 0 and asked != total:
        real = real * (total / asked)
    real = np.clip(real, low, high)
    if (difference := total - real.sum()) != 0:
        room = (high - real) if difference > 0 else (low - real)
        real = real + difference * room / room.sum()
    cells = np.clip(np.floor(real + 1e-9).astype(np.int64), low, high)
    while (missing := total - int(cells.sum())) != 0:
        step = 1 if missing > 0 else -1
        movable = np.flatnonzero(cells < high if step > 0 else cells > low)
        order = movable[np.argsort(step * (cells - real)[movable], kind="stable")]
        cells[order[: abs(missing)]] += step
    return cells


def clamp(value: float, low: int, high: int) -> int:
    """Nearest integer to `value` between the bounds; `high` wins when they cross."""
    return min(max(int(np.floor(value + 0.5)), int(low)), int(high))


def transport(rows: Counts, columns: Counts, weights: Weights, carry: Weights) -> Counts:
    """A table of integers with these margins, proportional to `weights` as far as the margins allow.

    Proportional fitting (Deming and Stephan, 1940), then rounding. `carry`, of the same shape, remembers what rounding
    withheld so that small daily counts are fair over the weeks; it is updated in place.
    """
    if rows.sum() != columns.sum():
        raise ValueError(f"margins differ: {rows.sum()} and {columns.sum()}")
    fitted = _fit(rows, columns, weights)
    table = np.floor(fitted + 1e-9).astype(np.int64)
    open_rows, open_columns = rows - table.sum(axis=1), columns - table.sum(axis=0)
    if open_rows.any():
        due = fitted - table + carry
        _fill(table, open_rows, open_columns, due, limit=1)
        _fill(table, open_rows, open_columns, weights, limit=int(open_rows.sum()))
    carry += fitted - table
    return table


def _fit(rows: Counts, columns: Counts, weights: Weights) -> Weights:
    """Real table whose margins reach, and never exceed, the ones asked for."""
    table = weights + weights.max() * 1e-9 + 1e-12
    for _ in range(ROUNDS):
        table = table * (rows / np.maximum(table.sum(axis=1), 1e-300))[:, None]
        table = table * (columns / np.maximum(table.sum(axis=0), 1e-300))
    table = table * np.minimum(1, rows / np.maximum(table.sum(axis=1), 1e-300))[:, None]
    return np.asarray(table * np.minimum(1, columns / np.maximum(table.sum(axis=0), 1e-300)))


def _fill(table: Counts, rows: Counts, columns: Counts, preference: Weights, limit: int) -> None:
    """Give the cells, most preferred first, up to `limit` more units while both margins are open; in place."""
    for cell in np.argsort(-preference, axis=None, kind="stable"):
        row, column = divmod(int(cell), table.shape[1])
        if units := min(limit, int(rows[row]), int(columns[column])):
            table[row, column] += units
            rows[row] -= units
            columns[column] -= units
