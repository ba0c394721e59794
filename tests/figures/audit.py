"""An attacker with a linear programme: what range of values agrees with everything that is published?"""

from itertools import product

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import lil_matrix


def ranges(
    values: np.ndarray, hidden: np.ndarray, targets: np.ndarray, cumulated_hidden: np.ndarray | None = None
) -> list[tuple[float, float]]:
    """Lowest and highest value of each target cell, visible counts taken as exact.

    `values` is a table with totals, or, with `cumulated_hidden`, a series of them whose cumulated counts are published too.
    """
    series = cumulated_hidden is not None
    tables = values if series else values[None]
    masks = hidden if series else hidden[None]
    shape = tables.shape
    rows, size = _equations(shape, series), tables.size * (2 if series else 1)
    matrix = lil_matrix((len(rows), size))
    for number, row in enumerate(rows):
        for variable, factor in row:
            matrix[number, variable] = factor
    known = np.concatenate([tables.ravel(), tables.cumsum(axis=0).ravel()]) if series else tables.ravel()
    blank = np.concatenate([masks.ravel(), cumulated_hidden.ravel()]) if series else masks.ravel()
    bounds = [(0, None) if unknown else (value, value) for unknown, value in zip(blank, known, strict=True)]
    found = []
    for target in np.flatnonzero(targets.ravel()):
        goal = np.zeros(size)
        goal[target] = 1
        least, most = (linprog(way * goal, A_eq=matrix.tocsr(), b_eq=np.zeros(len(rows)), bounds=bounds) for way in (1, -1))
        found.append((least.fun, np.inf if most.status == 3 else -most.fun))
    return found


def _equations(shape: tuple[int, ...], series: bool) -> list[list[tuple[int, float]]]:
    """Lines add up to their total; with a series, each cumulated count is the one before plus the period's."""
    rows = []
    index = np.arange(np.prod(shape)).reshape(shape)
    for axis in range(1, len(shape)):
        for rest in product(*(range(n) for a, n in enumerate(shape) if a != axis)):
            at = [*rest[:axis], slice(None), *rest[axis:]]
            line = index[tuple(at)]
            rows.append([*((int(cell), 1.0) for cell in line[:-1]), (int(line[-1]), -1.0)])
    if series:
        for cell in np.ndindex(shape):
            row = [(int(index[cell]) + index.size, 1.0), (int(index[cell]), -1.0)]
            rows.append([*row, (int(index[(cell[0] - 1, *cell[1:])]) + index.size, -1.0)] if cell[0] else row)
    return rows
