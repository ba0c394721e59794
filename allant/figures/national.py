"""The national open-data tables, with the columns, the order and the rounding of the official files (FG-02).

Reproducing the official files from their own counts shows their rule: coverage is 100 × cumulated / population, rounded once to
one decimal, over the populations of `figures.population` (tests/figures/test_official_files.py).
"""

from collections.abc import Mapping
from datetime import date

import numpy as np
import pyarrow as pa

from allant.figures.aggregate import Counts, Measure
from allant.figures.parameters import ALL, Parameters

# Column name of each measure, in the order of the files; None: no bivalent vaccine in 2021, zeros as in the official files.
BY_AGE: Mapping[str, Measure | None] = {
    "dose1": Measure.DOSE1, "complet": Measure.COMPLETE, "rappel": Measure.BOOSTER,
    "2_rappel": Measure.BOOSTER2, "rappel_biv": None, "3_rappel": Measure.BOOSTER3,
}  # fmt: skip
BY_VACCINE: Mapping[str, Measure | None] = {
    "dose1": Measure.DOSE1, "dose2": Measure.DOSE2, "dose3": Measure.DOSE3, "dose4": Measure.DOSE4,
    "complet": Measure.COMPLETE, "rappel": Measure.BOOSTER,
    "2_rappel": Measure.BOOSTER2, "rappel_biv": None, "3_rappel": Measure.BOOSTER3,
}  # fmt: skip
# The codes in the order of the official files.
CLASS_ORDER = ("04", "11", "17", "24", "29", "39", "49", "09", "59", "64", "69", "74", "79", "80", ALL)
VACCINE_CODES = {"1": "comirnaty", "2": "spikevax", "3": "vaxzevria", "4": "janssen"}
LATER_VACCINES = ("5", "6", "8", "9", "10", "11", "12")  # authorised after 2021: rows of zeros, as in the official file
COUNTRY = "FR"


def rounded_coverage(cumulated: np.ndarray, population: np.ndarray) -> np.ndarray:
    """Percent, one decimal; the two arrays broadcast."""
    return np.round(100 * cumulated / population, 1)


def vacsi_fra(counts: Counts, parameters: Parameters) -> pa.Table:
    """One row a day."""
    table = _by_age(counts, parameters, (ALL,))
    return table.drop_columns("clage_vacsi")


def vacsi_a_fra(counts: Counts, parameters: Parameters) -> pa.Table:
    """One row an age class and day."""
    return _by_age(counts, parameters, CLASS_ORDER)


def vacsi_tot_a_fra(counts: Counts, parameters: Parameters) -> pa.Table:
    """The last day's totals per age class, with the population behind the coverages."""
    everything = _by_age(counts, parameters, CLASS_ORDER)
    last = everything.filter(pa.compute.equal(everything["jour"], pa.scalar(counts.days[-1], pa.date32())))
    populations = parameters.population(counts.days[-1])
    columns = {name: last[name] for name in ("fra", "clage_vacsi", "jour")}
    columns |= {f"n_tot_{name}": last[f"n_cum_{name}"] for name in BY_AGE}
    columns["pop"] = pa.array([round(populations[code], 1) for code in CLASS_ORDER])
    columns |= {f"couv_tot_{name}": last[f"couv_{name}"] for name in BY_AGE}
    return pa.table(columns)


def vacsi_v_fra(counts: Counts) -> pa.Table:
    """One row a vaccine and day."""
    daily = counts.values.sum(axis=(1, 2))  # [day, vaccine, measure]
    nothing = np.zeros_like(daily[:, 0])
    known = [daily[:, counts.vaccines.index(vaccine)] for vaccine in VACCINE_CODES.values()]
    values = np.stack([*known, *[nothing for _ in LATER_VACCINES], daily.sum(axis=1)])
    keys = _keys("vaccin", (*VACCINE_CODES, *LATER_VACCINES, ALL), counts.days)
    return pa.table({**keys, **_count_columns(values, BY_VACCINE)})


def _by_age(counts: Counts, parameters: Parameters, codes: tuple[str, ...]) -> pa.Table:
    values = by_class(counts, codes)
    populations = parameters.populations(counts.days, codes).T
    columns = {**_keys("clage_vacsi", codes, counts.days), **_count_columns(values, BY_AGE)}
    cumulated = values.cumsum(axis=1)
    for name, measure in BY_AGE.items():
        persons = np.zeros_like(cumulated[..., 0]) if measure is None else cumulated[..., measure]
        columns[f"couv_{name}"] = pa.array(rounded_coverage(persons, populations).ravel())
    return pa.table(columns)


def by_class(counts: Counts, codes: tuple[str, ...]) -> np.ndarray:
    """Daily acts [class code, day, measure], all vaccines and places; the total `0` counts unknown ages too."""
    daily = counts.values.sum(axis=(1, 3))  # [day, class, measure]
    return np.stack([daily.sum(axis=1) if code == ALL else daily[:, counts.classes.index(code)] for code in codes])


def _keys(name: str, codes: tuple[str, ...], days: tuple[date, ...]) -> dict[str, pa.Array]:
    rows = len(codes) * len(days)
    return {
        "fra": pa.array([COUNTRY]).take(pa.array(np.zeros(rows, np.int32))),
        name: pa.array(codes).take(pa.array(np.repeat(np.arange(len(codes)), len(days)))),
        "jour": pa.array(days, pa.date32()).take(pa.array(np.tile(np.arange(len(days)), len(codes)))),
    }


def _count_columns(values: np.ndarray, measures: Mapping[str, Measure | None]) -> dict[str, pa.Array]:
    """Columns n_… then n_cum_… from daily acts [code, day, measure]."""
    nothing = np.zeros(values.shape[:2], np.int64)
    daily = {name: nothing if measure is None else values[..., measure] for name, measure in measures.items()}
    columns = {f"n_{name}": pa.array(acts.ravel()) for name, acts in daily.items()}
    return columns | {f"n_cum_{name}": pa.array(acts.cumsum(axis=1).ravel()) for name, acts in daily.items()}
