"""The official series as counts: the daily files when they stand beside the clone, else the facts shipped with the project."""

import csv
from datetime import date
from pathlib import Path

import numpy as np

from allant.country.official.facts import load_series
from allant.figures.aggregate import NATION, VACCINES, Counts, Measure

FOLDER = Path(__file__).parents[3] / "shared" / "data"
EXCERPT = Path(__file__).with_name("coverages.csv")
OF_MEASURE = {
    "dose1": Measure.DOSE1, "dose2": Measure.DOSE2, "dose3": Measure.DOSE3, "dose4": Measure.DOSE4,
    "complete": Measure.COMPLETE, "booster": Measure.BOOSTER, "booster2": Measure.BOOSTER2, "booster3": Measure.BOOSTER3,
}  # fmt: skip


def official_counts() -> Counts:
    """By class for the measures that the files give by class; ranks 2 to 4, given by vaccine only, stand in the unknown class."""
    series = load_series(FOLDER if FOLDER.is_dir() else None)
    values = np.zeros((len(series.days), 1, len(series.classes), len(VACCINES), len(Measure)), np.int64)
    for name, daily in series.by_class.items():
        values[:, 0, :, -1, OF_MEASURE[name]] = daily
    for name in ("dose2", "dose3", "dose4"):
        values[:, 0, -1, :, OF_MEASURE[name]] = series.by_vaccine[name]
    return Counts(tuple(series.days.astype(object)), (NATION,), series.classes, VACCINES, values)


def published_coverages() -> list[dict[str, str]]:
    """Lines of `vacsi-a-fra` until the end of 2021: all of them, else an excerpt of four days."""
    path = FOLDER / "vacsi-a-fra.csv" if FOLDER.is_dir() else EXCERPT
    with path.open(encoding="utf-8") as file:
        lines = csv.DictReader((line for line in file if not line.startswith("#")), delimiter=";")
        return [line for line in lines if date.fromisoformat(line["jour"]).year <= 2021]
