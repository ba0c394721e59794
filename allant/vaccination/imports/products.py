"""The product of a dose after the first: only what the doctrine of its day foresees (VC-33, VC-41).

A dose read from a document is history, not a choice: it is let in.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from allant.doctrine import RuleBook
from allant.vaccination.imports import typed
from allant.vaccination.imports.faults import Faults
from allant.vaccination.imports.ranks import Ranked
from allant.vaccination.imports.values import Values
from allant.vaccination.products import foreseen_after, foreseen_for_booster

SECOND = 2


def note_unforeseen(ranked: Ranked, values: Values, faults: Faults, book: RuleBook) -> None:
    """Note the second doses and the boosters of a product that no rule foresees."""
    vaccine = values.vaccine.take(ranked.rows)
    primary = typed.mask(pc.equal(ranked.series, "primary"))
    chosen = typed.empty(values.proof.take(ranked.rows))
    other = typed.mask(pc.not_equal(vaccine, ranked.first_vaccine))
    for place in np.flatnonzero(other & primary & chosen & (ranked.rank == SECOND)).tolist():
        row = int(ranked.rows[place])
        on, born_on = values.occurred_on[row].item(), values.born_on[row].item()
        if vaccine[place].as_py() not in foreseen_after(ranked.first_vaccine[place].as_py(), on, _age(born_on, on), book):
            faults.add([row], "product_not_foreseen")
    boosters = np.flatnonzero(~primary & chosen)
    faults.add(ranked.rows[boosters][_unforeseen_boosters(ranked.rows[boosters], values, book)], "product_not_foreseen")


def _unforeseen_boosters(rows: np.ndarray, values: Values, book: RuleBook) -> np.ndarray:
    """Which of these rows have another product than those of boosters on their day; asked once a day and product."""
    days = pc.cast(pa.array(values.occurred_on[rows], pa.date32()), pa.string())
    cases = pc.binary_join_element_wise(days, values.vaccine.take(pa.array(rows)), "|")

    def unforeseen(case: str) -> bool:
        day, vaccine = case.split("|")
        codes = foreseen_for_booster(date.fromisoformat(day), book)
        return bool(codes) and vaccine not in codes

    return typed.mask(typed.mapped(cases, unforeseen, pa.bool_()))


def _age(born_on: date, on: date) -> int:
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))
