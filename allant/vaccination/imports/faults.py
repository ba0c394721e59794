"""The faults found so far in the lines of a file, by row."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from allant.vaccination.imports.reasons import KINDS

Mask = npt.NDArray[np.bool_]
Details = Callable[[int], dict[str, object]]


def always(**details: object) -> Details:
    """The same details on every row."""
    return lambda _row: details


class Faults:
    """What is wrong with each row; empty for most. Rows count from 0."""

    def __init__(self, rows: int) -> None:
        self._by_row: dict[int, list[dict[str, str]]] = {}
        self.faulty: Mask = np.zeros(rows, dtype=bool)

    def add(self, where: Mask | Iterable[int], code: str, details: Details | None = None, *, column: str = "") -> None:
        """Note a fault on the rows of a mask, or on these rows; `details` gives what its message names, row by row.

        `column`: where the kind leaves it open.
        """
        rows = np.flatnonzero(where) if isinstance(where, np.ndarray) and where.dtype == bool else where
        kind = KINDS[code]
        for row in rows:
            given = details(int(row)) if details else {}
            self._note(int(row), code, column or kind.column.format(**given), kind.says(**given))

    def _note(self, row: int, code: str, column: str, message: str) -> None:
        found = self._by_row.setdefault(row, [])
        if not column or all(fault["column"] != column for fault in found):  # one thing to correct a column, the first found
            found.append({"code": code, "column": column, "message": message})
        self.faulty[row] = True

    def of(self, row: int) -> list[dict[str, Any]]:
        """The faults of one row: code, column, message."""
        return list(self._by_row.get(row, []))

    def rows(self) -> list[int]:
        """The faulty rows, in order."""
        return sorted(self._by_row)
