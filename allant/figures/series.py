"""Statistical secrecy of a series of tables with cumulated counts, published again and again (FG-03).

Each period has its table; cumulated counts are the sums of the periods. A hidden count of one period would come back as the
difference of two cumulated counts, so the box that defends it also hides the cumulated counts of its corners, from that period
until the box *closes*: in a later period whose own counts at the corners are hidden as well, and where the move can go the
other way. The proof then spans the two periods: one more in the first, one less in the second, same cumulated counts after.

What is decided for a period depends on that period and those before it. A later publication therefore repeats the earlier ones
and adds periods: the newest one is all that an attacker has.
"""

from dataclasses import dataclass, field

import numpy as np

from allant.figures.secrecy import Box, Cell, Defence, Indefensible, cells_of, cheapest_box, sensitive_cells


@dataclass
class _Open:
    """A box whose cumulated corners are hidden, and the ways its move can still go, one set for each period it defends."""

    box: Box
    ways: list[frozenset[int]]

    def can_close(self, values: np.ndarray, cumulated: np.ndarray, threshold: int) -> bool:
        """True when the move can be undone in this period and no cumulated corner is itself sensitive."""
        back = self.box.directions(values)
        undone = all(any(-way in back for way in ways) for ways in self.ways)
        return undone and not any(0 < cumulated[corner] < threshold for corner in self.box.corners)


@dataclass
class _Boxes:
    """The open boxes, found by corner."""

    every: list[_Open] = field(default_factory=list)

    def by_corner(self) -> dict[Cell, list[_Open]]:
        found: dict[Cell, list[_Open]] = {}
        for each in self.every:
            for corner in each.box.corners:
                found.setdefault(corner, []).append(each)
        return found


def defend_series(values: np.ndarray, threshold: int, public: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Masks of the hidden counts of each period and of the hidden cumulated counts, both shaped as `values`.

    `values` [period, axis…] are tables with totals; `public` [axis…] marks cells published exactly elsewhere. A count that those
    give back whatever is hidden here (one vaccine in use: its total by class is the class total) is blank and not defended.
    """
    cumulated = values.cumsum(axis=0)
    hidden = np.empty(values.shape, bool)
    hidden_cumulated = np.empty(values.shape, bool)
    boxes = _Boxes()
    for period, table in enumerate(values):
        defence = Defence((table < threshold) & ~public)
        boxes.every = _close(boxes.every, table, cumulated[period], threshold, defence)
        _defend_period(boxes, table, threshold, public, defence)
        hidden[period] = defence.hidden
        hidden_cumulated[period] = (cumulated[period] < threshold) & ~public
        for each in boxes.every:
            for corner in each.box.corners:
                hidden_cumulated[(period, *corner)] = True
    return hidden, hidden_cumulated


def _close(opened: list[_Open], table: np.ndarray, cumulated: np.ndarray, threshold: int, defence: Defence) -> list[_Open]:
    """Close the boxes that can be; their corners are hidden, and defended, in this period. Returns those still open."""
    still = []
    for each in opened:
        if each.can_close(table, cumulated, threshold):
            defence.add(each.box)
        else:
            still.append(each)
    return still


def _defend_period(boxes: _Boxes, table: np.ndarray, threshold: int, public: np.ndarray, defence: Defence) -> None:
    """Give each sensitive count a box: one that closes now, one still open that can serve again, or a new one."""
    sensitive = sensitive_cells(table, threshold, public)
    by_corner = boxes.by_corner()
    for cell in cells_of(sensitive):
        if defence.boxes.get(cell):
            continue
        again = next((each for each in by_corner.get(cell, ()) if each.box.directions(table)), None)
        if again is None:
            try:
                again = _Open(cheapest_box(cell, table, defence, sensitive, public), [])
            except Indefensible:  # only public counts can make it so: with all others hidden, a box through the totals exists
                continue
            boxes.every.append(again)
            for corner in again.box.corners:
                by_corner.setdefault(corner, []).append(again)
        again.ways.append(again.box.directions(table))
        defence.add(again.box)
