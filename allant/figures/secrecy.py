"""Statistical secrecy of one table with its totals (FG-03).

Counts of 1 to threshold - 1 are *sensitive*. Like zeros they are blank; unlike a zero, which tells nobody's act, they are also
defended against subtraction: each must keep at least two values that agree with all that is published.

The defence is the hypercube method (known from the tool τ-ARGUS as GHMITER): around each sensitive cell a box of cells is hidden,
two positions on each axis, chosen to lose the least. Adding 1 to some corners and taking 1 from the others changes no total:
that other table is the proof that the cell cannot be told. A box stays a proof whatever else is hidden, so nothing has to be
iterated again, and the lines that plain complementary suppression settles by repeated passes hold from the start. A total is a
position like another: a margin made of one cell is hidden with it.

Proofs suppose that visible counts are known exactly. They are in fact rounded, but a published rate of a small population
gives its count back. Measures are defended one by one: relations between them (complete is at most first doses) are not modelled.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import product

import numpy as np

Cell = tuple[int, ...]

NEW_CELL = 1_000_000.0  # a hidden cell costs this and its count: fewest cells first, then smallest counts
ZERO_CORNER = 100.0  # a corner that stays at zero keeps the box open (see `series`)
SHARED = 1.0  # another sensitive cell defended by the same box


class Indefensible(ValueError):
    """No box exists: the cell can be told from counts that must stay visible."""


@dataclass(frozen=True)
class Box:
    """Corners of a box and the sign each takes in the move that keeps every total."""

    corners: tuple[Cell, ...]
    signs: tuple[int, ...]

    def directions(self, values: np.ndarray) -> frozenset[int]:
        """The ways the move leaves every count of `values` at zero or more: +1, -1, both or none."""
        counts = [int(values[corner]) for corner in self.corners]
        return frozenset(
            way for way in (1, -1) if all(count >= 1 for count, sign in zip(counts, self.signs, strict=True) if sign * way < 0)
        )


@dataclass
class Defence:
    """What is hidden in one table, and the boxes that prove it."""

    hidden: np.ndarray
    boxes: dict[Cell, list[Box]] = field(default_factory=lambda: defaultdict(list))

    def add(self, box: Box) -> None:
        """Hide the corners and remember the proof of each."""
        for corner in box.corners:
            self.hidden[corner] = True
            self.boxes[corner].append(box)


def with_totals(inner: np.ndarray) -> np.ndarray:
    """Counts of the cells → the same with a last position on each axis for its total."""
    for axis in range(inner.ndim):
        inner = np.concatenate([inner, inner.sum(axis=axis, keepdims=True)], axis=axis)
    return inner


def sensitive_cells(values: np.ndarray, threshold: int, public: np.ndarray) -> np.ndarray:
    """Mask of the counts to defend: under the threshold, not zero, and not published elsewhere as they are."""
    return (values > 0) & (values < threshold) & ~public


def defend(values: np.ndarray, threshold: int, public: np.ndarray | None = None) -> Defence:
    """Hide cells of a table with totals until no sensitive one can be told.

    `public` marks counts published exactly elsewhere: never hidden. Raises Indefensible when they give a sensitive cell back.
    """
    public = np.zeros(values.shape, bool) if public is None else public
    sensitive = sensitive_cells(values, threshold, public)
    defence = Defence((values < threshold) & ~public)
    for cell in cells_of(sensitive):
        if not defence.boxes.get(cell):
            defence.add(cheapest_box(cell, values, defence, sensitive, public))
    return defence


def cells_of(mask: np.ndarray) -> Iterator[Cell]:
    """The positions of a mask, in order."""
    return (tuple(map(int, position)) for position in np.argwhere(mask))


def cheapest_box(cell: Cell, values: np.ndarray, defence: Defence, sensitive: np.ndarray, public: np.ndarray) -> Box:
    """The box around a cell that hides the fewest and smallest counts more. Raises Indefensible."""
    loss = np.where(defence.hidden, 0.0, NEW_CELL + values) + np.where(values == 0, ZERO_CORNER, 0.0) - SHARED * sensitive
    loss = np.where(public, np.inf, loss)
    total_loss = np.zeros(values.shape)
    falls = {1: np.ones(values.shape, bool), -1: np.ones(values.shape, bool)}  # may the move go this way?
    enough = values >= 1
    for moved in product((False, True), repeat=values.ndim):
        view = tuple(slice(None) if away else slice(at, at + 1) for away, at in zip(moved, cell, strict=True))
        total_loss = total_loss + loss[view]
        falling = _signs(moved, cell, values.shape) < 0
        falls[1] &= ~falling | enough[view]
        falls[-1] &= falling | enough[view]
    total_loss[~(falls[1] | falls[-1])] = np.inf
    for axis, at in enumerate(cell):
        total_loss[(slice(None),) * axis + (at,)] = np.inf
    best = int(np.argmin(total_loss))
    if not np.isfinite(total_loss.flat[best]):
        raise Indefensible(f"La case {cell} se déduit des totaux publiés exactement : ne publiez pas ce tableau.")
    return _box(cell, tuple(map(int, np.unravel_index(best, values.shape))), values.shape)


@cache
def _axis_signs(size: int, at: int) -> np.ndarray:
    """The sign of a partner: against the cell between two cells of a line; with it when one of the two is the total."""
    signs = np.full(size, 1 if at == size - 1 else -1)
    signs[-1] = 1
    return signs


def _signs(moved: tuple[bool, ...], cell: Cell, shape: tuple[int, ...]) -> np.ndarray:
    """Signs of one corner for every choice of partners (broadcasts over the table)."""
    sign = np.ones((1,) * len(shape), int)
    for axis, away in enumerate(moved):
        if away:
            along = [1] * len(shape)
            along[axis] = shape[axis]
            sign = sign * _axis_signs(shape[axis], cell[axis]).reshape(along)
    return sign


def _box(cell: Cell, partner: Cell, shape: tuple[int, ...]) -> Box:
    corners, signs = [], []
    for moved in product((False, True), repeat=len(cell)):
        corners.append(tuple(p if away else c for away, c, p in zip(moved, cell, partner, strict=True)))
        signs.append(int(np.prod([_axis_signs(shape[a], cell[a])[partner[a]] for a, away in enumerate(moved) if away])))
    return Box(tuple(corners), tuple(signs))


def rounded(values: np.ndarray, hidden: np.ndarray, step: int) -> np.ndarray:
    """Counts to the nearest multiple of `step` (halves up) as floats; NaN where hidden."""
    return np.where(hidden, np.nan, np.floor(values / step + 0.5) * step)
