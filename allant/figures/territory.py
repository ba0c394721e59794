"""The file by territory: week × département × age class × vaccine, under statistical secrecy (FG-02, FG-03)."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from allant.figures.aggregate import Counts, Measure
from allant.figures.national import COUNTRY, VACCINE_CODES
from allant.figures.parameters import ALL, UNKNOWN, Secrecy
from allant.figures.secrecy import rounded, with_totals
from allant.figures.series import defend_series
from allant.geography import departements

FILE = "vacsi-dep-a-v-hebdo"
MEASURES: Mapping[str, Measure] = {"dose1": Measure.DOSE1, "complet": Measure.COMPLETE, "rappel": Measure.BOOSTER}


def weekly_file(weeks: Counts, secrecy: Secrecy) -> pa.Table:
    """One row a week, département, class and vaccine where an act was ever recorded, totals (`FR`, `0`, `0`) included.

    Acts whose département, class or vaccine is unknown are left out of the cells and of the totals of this file. `weeks` comes
    from `count_by_week`. Raises Indefensible.
    """
    places = [n for n, place in enumerate(weeks.places) if place != UNKNOWN]
    classes = [n for n, code in enumerate(weeks.classes) if code != UNKNOWN]
    vaccines = [weeks.vaccines.index(name) for name in VACCINE_CODES.values()]
    known = weeks.values[:, places][:, :, classes][:, :, :, vaccines]
    tables = {name: np.stack([with_totals(week) for week in known[..., measure]]) for name, measure in MEASURES.items()}
    shown = np.sum([table.cumsum(axis=0) for table in tables.values()], axis=0) > 0
    public = national_counts_are_public(tables["dose1"].shape[1:])
    weekly: dict[str, pa.Array] = {}
    running: dict[str, pa.Array] = {}
    for name, table in tables.items():
        hidden, hidden_cumulated = defend_series(table, secrecy.threshold, public)
        weekly[f"n_{name}"] = _column(table, hidden | (table < secrecy.threshold), secrecy, shown)
        cumulated = table.cumsum(axis=0)
        running[f"n_cum_{name}"] = _column(cumulated, hidden_cumulated | (cumulated < secrecy.threshold), secrecy, shown)
    return pa.table({**_keys(weeks, places, classes, shown), **weekly, **running})


def national_counts_are_public(shape: tuple[int, ...]) -> np.ndarray:
    """Mask [département, class, vaccine] of the national totals by class and by vaccine, exact in the `vacsi-*` files."""
    public = np.zeros(shape, bool)
    public[-1, -1, :] = True
    public[-1, :, -1] = True
    return public


def _column(counts: np.ndarray, hidden: np.ndarray, secrecy: Secrecy, shown: np.ndarray) -> pa.Array:
    values = rounded(counts, hidden, secrecy.rounding)[shown]
    return pa.array(values, mask=np.isnan(values)).cast(pa.int64())


def _keys(weeks: Counts, places: list[int], classes: list[int], shown: np.ndarray) -> dict[str, pa.Array]:
    names = {code: place.name for code, place in departements().items()} | {COUNTRY: "France entière"}
    week, place, age, vaccine = np.nonzero(shown)
    place_codes = [*(weeks.places[n] for n in places), COUNTRY]
    return {
        "semaine": pa.array(weeks.days, pa.date32()).take(pa.array(week)),
        "departement_residence": pa.array(place_codes).take(pa.array(place)),
        "libelle_departement": pa.array([names[code] for code in place_codes]).take(pa.array(place)),
        "clage_vacsi": pa.array([*(weeks.classes[n] for n in classes), ALL]).take(pa.array(age)),
        "vaccin": pa.array([*VACCINE_CODES, ALL]).take(pa.array(vaccine)),
    }
