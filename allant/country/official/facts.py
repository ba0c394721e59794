"""The compact facts shipped with the project: cumulated figures per week end, and how days are made from them.

Three small files in `data/`, written by `allant country facts` from the official daily files. `load_series` gives the
same `Series` from them or from the daily files.
"""

import csv
from collections.abc import Iterable, Mapping
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import numpy as np

from allant.country.official.read import read_directory, read_population
from allant.country.official.rounding import nearest, round_cumulated
from allant.country.official.series import (
    CLASS_MEASURES,
    CLASSES,
    LAST_DAY,
    UNKNOWN_CLASS,
    VACCINE_MEASURES,
    VACCINES,
    Counts,
    Series,
)

WEEK = 7
DATA = files("allant.country.official") / "data"
CLASS_FILE, VACCINE_FILE, POPULATION_FILE = "age-class.csv", "vaccine.csv", "population.csv"
CREDIT = (
    "# Source : Santé publique France, « Données relatives aux personnes vaccinées contre la Covid-19 », data.gouv.fr,",
    "# Licence Ouverte 2.0, état du 2023-05-03. Cumuls en fin de semaine (dimanche), réécrits par `allant country facts`.",
)
POPULATION_CREDIT = (
    "# Populations sous-jacentes aux couvertures publiées en 2021, déduites des effectifs et couvertures de",
    "# Santé publique France (data.gouv.fr, Licence Ouverte 2.0, état du 2023-05-03).",
)


def load_series(directory: Path | None = None, until: date = LAST_DAY) -> Series:
    """The official series: from the daily files of `directory`, else from the compact facts."""
    if directory is None:
        return read_facts().until(until)
    return read_directory(directory, load_population(directory), until)


def load_population(directory: Path | None = None) -> dict[str, int]:
    """Persons per age class: `population-2021.csv` of `directory` when there, else the packaged one."""
    official = directory / "population-2021.csv" if directory else None
    if official and official.is_file():
        return read_population(official)
    with (DATA / POPULATION_FILE).open(encoding="utf-8") as file:
        return {row["age_class"]: int(row["people"]) for row in _rows(file)}


def write_facts(series: Series, directory: Path) -> list[Path]:
    """Write the three compact files of `series` into `directory`; returns their paths."""
    week_ends = np.flatnonzero((series.days.astype("datetime64[D]").astype(np.int64) + 3) % WEEK == WEEK - 1)
    directory.mkdir(parents=True, exist_ok=True)
    tables = (
        (CLASS_FILE, "age_class", series.classes, series.by_class),
        (VACCINE_FILE, "vaccine", series.vaccines, series.by_vaccine),
    )
    written = []
    for name, key, groups, counts in tables:
        cumulated = {measure: np.cumsum(values, axis=0) for measure, values in counts.items()}
        rows = (
            (str(series.days[at]), group, *(int(values[at, column]) for values in cumulated.values()))
            for at in week_ends
            for column, group in enumerate(groups)
        )
        written.append(_write(directory / name, CREDIT, ("week_end", key, *counts), rows))
    people = ((code, series.population[code]) for code in CLASSES)
    written.append(_write(directory / POPULATION_FILE, POPULATION_CREDIT, ("age_class", "people"), people))
    return written


def read_facts(directory: Traversable | Path = DATA) -> Series:
    """Daily series from the compact files of `directory`.

    Week ends are exact. Inside a week cumulated figures grow by a seventh a day, rounded so that each cell and the
    total stay within one person of the straight line.
    """
    week_ends, by_class = _read_cumulated(directory / CLASS_FILE, (*CLASSES, UNKNOWN_CLASS), CLASS_MEASURES)
    _, by_vaccine = _read_cumulated(directory / VACCINE_FILE, VACCINES, VACCINE_MEASURES)
    with (directory / POPULATION_FILE).open(encoding="utf-8") as file:
        population = {row["age_class"]: int(row["people"]) for row in _rows(file)}
    return Series(
        days=np.arange(week_ends[0], week_ends[-1] + 1),
        by_class={measure: _daily(values) for measure, values in by_class.items()},
        by_vaccine={measure: _daily(values) for measure, values in by_vaccine.items()},
        population=population,
    )


def _daily(week_ends: Counts) -> Counts:
    """Daily counts from cumulated week ends of shape [week, group]; the first week end is the first day."""
    steps = np.arange(WEEK)[None, :, None]
    inside = week_ends[:-1, None, :] * (WEEK - steps) + week_ends[1:, None, :] * steps
    sevenths = np.concatenate([inside.reshape(-1, week_ends.shape[1]), week_ends[-1:] * WEEK])
    cumulated = round_cumulated(sevenths, WEEK, nearest(sevenths.sum(axis=1), WEEK), totals_first=True)
    return np.diff(cumulated, axis=0, prepend=0)


def _read_cumulated(
    path: Traversable | Path, groups: tuple[str, ...], measures: tuple[str, ...]
) -> tuple[np.ndarray, dict[str, Counts]]:
    with path.open(encoding="utf-8") as file:
        rows = list(_rows(file))
    days = np.array([row["week_end"] for row in rows[:: len(groups)]], dtype="datetime64[D]")
    shape = (len(days), len(groups))
    return days, {measure: np.array([int(row[measure]) for row in rows], dtype=np.int64).reshape(shape) for measure in measures}


def _rows(lines: Iterable[str]) -> Iterable[Mapping[str, str]]:
    return csv.DictReader((line for line in lines if not line.startswith("#")), delimiter=";")


def _write(path: Path, credit: tuple[str, ...], header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> Path:
    lines = [*credit, ";".join(header), *(";".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
