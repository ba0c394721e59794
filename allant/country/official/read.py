"""Strict readers of the official daily files; see `read_directory`.

Source of the files: Santé publique France, data.gouv.fr, Licence Ouverte 2.0.
"""

import csv
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from allant.country.official.series import (
    CLASS_MEASURES,
    CLASSES,
    LAST_DAY,
    VACCINE_CODES,
    VACCINE_MEASURES,
    Counts,
    Series,
)

SHOWN_PROBLEMS = 20
COLUMN_OF = {
    "dose1": "dose1",
    "dose2": "dose2",
    "dose3": "dose3",
    "dose4": "dose4",
    "complete": "complet",
    "booster": "rappel",
    "booster2": "2_rappel",
    "booster3": "3_rappel",
}
NESTED = (  # who counts in the first measure counts in the second
    ("complete", "dose1", "plus de schémas complets que de premières doses"),
    ("booster", "complete", "plus de rappels que de schémas complets"),
    ("booster2", "booster", "plus de deuxièmes rappels que de premiers"),
    ("booster3", "booster2", "plus de troisièmes rappels que de deuxièmes"),
)
_INTEGER = re.compile(r"[0-9]+")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Layout:
    """What a daily file must look like: `key` is the column of its groups, if any."""

    name: str
    key: str | None
    groups: tuple[str, ...]
    measures: tuple[str, ...]
    nested: bool  # see `NESTED`

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that must be there."""
        counts = [f"{prefix}{COLUMN_OF[measure]}" for prefix in ("n_", "n_cum_") for measure in self.measures]
        return (*([self.key] if self.key else []), "jour", *counts)


TOTAL = Layout("vacsi-fra.csv", None, ("0",), CLASS_MEASURES, True)
BY_CLASS = Layout("vacsi-a-fra.csv", "clage_vacsi", ("0", *CLASSES), CLASS_MEASURES, True)
BY_VACCINE = Layout("vacsi-v-fra.csv", "vaccin", ("0", *VACCINE_CODES.values()), VACCINE_MEASURES, False)


@dataclass(frozen=True, order=True)
class Problem:
    """One reason to refuse a file; `line` 1 is the header."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}, ligne {self.line} : {self.reason}"


class OfficialDataError(ValueError):
    """The official files are refused; `problems` holds every reason, the message the first twenty."""

    def __init__(self, problems: list[Problem]):
        self.problems = sorted(problems)
        shown = [f"  {problem}" for problem in self.problems[:SHOWN_PROBLEMS]]
        if hidden := len(problems) - len(shown):
            shown.append(f"  … et {hidden} autres.")
        advice = "Rien n'a été chargé. Reprenez les fichiers d'origine sur data.gouv.fr, sans les modifier."
        super().__init__("\n".join(["Fichiers officiels refusés :", *shown, advice]))


@dataclass(frozen=True)
class Daily:
    """A file that passed: counts of shape [day, group] for each measure."""

    days: np.ndarray
    counts: dict[str, Counts]


def read_directory(directory: Path, population: dict[str, int], until: date = LAST_DAY) -> Series:
    """Read `vacsi-fra.csv`, `vacsi-a-fra.csv` and `vacsi-v-fra.csv` as one series, up to `until`.

    `population`: persons per age class. Raises `OfficialDataError` with every problem of every file.
    """
    problems: list[Problem] = []
    files = [read_daily(directory / layout.name, layout, problems) for layout in (TOTAL, BY_CLASS, BY_VACCINE)]
    if problems:
        raise OfficialDataError(problems)
    total, by_class, by_vaccine = (file for file in files if file is not None)
    _check_agreement(total, by_class, BY_CLASS, problems)
    _check_agreement(total, by_vaccine, BY_VACCINE, problems)
    if problems:
        raise OfficialDataError(problems)
    series = Series(total.days, _with_unknown(by_class), _with_unknown(by_vaccine), population).until(until)
    _check_unknown(series)
    return series


def read_population(path: Path) -> dict[str, int]:
    """Persons per age class from `clage_vacsi;pop_2021`; the total row must be their sum."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.reader(file, delimiter=";") if row and not row[0].startswith("#")]
    if rows[:1] != [["clage_vacsi", "pop_2021"]]:
        raise OfficialDataError([Problem(path.name, 1, "en-tête attendu : clage_vacsi;pop_2021")])
    found = {row[0]: int(row[1]) for row in rows[1:] if len(row) == 2 and _INTEGER.fullmatch(row[1])}
    total = found.pop("0", None)
    if set(found) != set(CLASSES) or total != sum(found.values()):
        reason = f"une population entière attendue pour {', '.join(CLASSES)}, et 0 pour leur somme"
        raise OfficialDataError([Problem(path.name, 1, reason)])
    return {code: found[code] for code in CLASSES}


def read_daily(path: Path, layout: Layout, problems: list[Problem]) -> Daily | None:
    """One file; what is wrong is added to `problems`, and the result is then None."""
    known = len(problems)
    cells = _read_cells(path, layout, problems)
    if cells is None or len(problems) > known:
        return None
    days = np.array(cells["jour"], dtype="datetime64[D]")
    numbers = {name: np.array(cells[name]).astype(np.int64) for name in cells if name.startswith("n_")}
    order = _order_rows(path.name, layout, cells, days, problems)
    if len(problems) > known or order is None:
        return None
    _check_counts(path.name, layout, numbers, order, problems)
    if len(problems) > known:
        return None
    counts = {measure: numbers[f"n_{COLUMN_OF[measure]}"][order].T for measure in layout.measures}
    return Daily(days[order[0]], counts)


def _read_cells(path: Path, layout: Layout, problems: list[Problem]) -> dict[str, list[str]] | None:
    """Texts of the needed columns, every cell checked one by one."""
    if not path.is_file():
        problems.append(Problem(path.name, 1, f"fichier absent du dossier {path.parent.name or '.'}"))
        return None
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, delimiter=";"))
    header = rows[0] if rows else []
    if missing := [column for column in layout.columns if column not in header]:
        reason = "séparateur « ; » attendu" if len(header) < 2 else f"colonnes absentes : {', '.join(missing)}"
        problems.append(Problem(path.name, 1, reason))
        return None
    found = [Problem(path.name, line, reason) for line, row in enumerate(rows[1:], start=2) for reason in _bad_cells(header, row)]
    problems += found
    if found:
        return None
    columns = dict(zip(header, zip(*rows[1:], strict=True), strict=True)) if len(rows) > 1 else {}
    return {name: list(columns.get(name, ())) for name in layout.columns}


def _bad_cells(header: list[str], row: list[str]) -> list[str]:
    if len(row) != len(header):
        return [f"{len(row)} cellules au lieu de {len(header)}"]
    reasons = []
    for name, cell in zip(header, row, strict=True):
        if name == "jour" and not _is_day(cell):
            reasons.append(f"jour « {cell} » illisible : une date AAAA-MM-JJ est attendue")
        if not name.startswith("n_") or _INTEGER.fullmatch(cell):
            continue
        kind = "négatif" if cell.startswith("-") else "qui n'est pas un entier"
        reasons.append(f"{name} : nombre {kind} « {cell} »")
    return reasons


def _is_day(text: str) -> bool:
    try:
        return bool(_DAY.fullmatch(text)) and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _order_rows(
    file: str, layout: Layout, cells: dict[str, list[str]], days: np.ndarray, problems: list[Problem]
) -> np.ndarray | None:
    """Row numbers of shape [group, day]; a date twice, a gap or groups of different lengths are problems."""
    keys = np.array(cells[layout.key]) if layout.key else np.full(len(days), "0")
    orders, found = [], []
    for group in layout.groups:
        rows = np.flatnonzero(keys == group)
        if not len(rows):
            found.append(Problem(file, 1, f"aucune ligne pour {layout.key or 'le total'} = {group}"))
            continue
        rows = rows[np.argsort(days[rows], kind="stable")]
        steps = np.diff(days[rows]).astype(np.int64)
        for at in np.flatnonzero(steps != 1):
            day, before = days[rows[at + 1]], days[rows[at]]
            reason = f"jour {day} présent deux fois" if steps[at] == 0 else f"jours manquants entre {before} et {day}"
            found.append(Problem(file, int(rows[at + 1]) + 2, f"{reason} (groupe {group})"))
        orders.append(rows)
    spans = {(days[rows[0]], days[rows[-1]], len(rows)) for rows in orders}
    if not found and len(spans) > 1:
        found.append(Problem(file, 1, "tous les groupes doivent couvrir les mêmes jours"))
    problems += found
    return None if found else np.stack(orders)


def _check_counts(file: str, layout: Layout, numbers: dict[str, np.ndarray], order: np.ndarray, problems: list[Problem]) -> None:
    """Cumulated columns are running sums; each step of the schedule within the one before."""

    def refuse(wrong: np.ndarray, reason: str) -> None:
        problems.extend(Problem(file, int(row) + 2, reason) for row in order[wrong])

    cumulated = {}
    for measure in layout.measures:
        name = COLUMN_OF[measure]
        cumulated[measure] = np.cumsum(numbers[f"n_{name}"][order], axis=1)
        refuse(numbers[f"n_cum_{name}"][order] != cumulated[measure], f"n_cum_{name} n'est pas le cumul de n_{name}")
    if layout.nested:
        for inner, outer, reason in NESTED:
            refuse(cumulated[inner] > cumulated[outer], reason)


def _check_agreement(total: Daily, other: Daily, layout: Layout, problems: list[Problem]) -> None:
    """Group 0 of a detailed file must say the same as the national file."""
    if not np.array_equal(total.days, other.days):
        problems.append(Problem(layout.name, 1, f"les jours diffèrent de ceux de {TOTAL.name}"))
        return
    for measure in CLASS_MEASURES:
        for at in np.flatnonzero(total.counts[measure][:, 0] != other.counts[measure][:, 0]):
            reason = f"le total (0) du {total.days[at]} diffère de {TOTAL.name} : n_{COLUMN_OF[measure]}"
            problems.append(Problem(layout.name, 1, reason))


def _with_unknown(file: Daily) -> dict[str, Counts]:
    """Groups without the total, then what the total counts beyond them."""
    return {
        measure: np.column_stack([counts[:, 1:], counts[:, 0] - counts[:, 1:].sum(axis=1)])
        for measure, counts in file.counts.items()
    }


def _check_unknown(series: Series) -> None:
    problems = []
    for layout, counts in ((BY_CLASS, series.by_class), (BY_VACCINE, series.by_vaccine)):
        for measure, values in counts.items():
            for at in np.flatnonzero(values[:, -1] < 0):
                reason = f"le {series.days[at]}, la somme des groupes dépasse le total : n_{COLUMN_OF[measure]}"
                problems.append(Problem(layout.name, 1, reason))
    if problems:
        raise OfficialDataError(problems)
