"""The official files are read strictly: refused with file, line and reason, nothing loaded (issue 2, bad input)."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from allant.country.official.facts import load_population, load_series
from allant.country.official.read import BY_CLASS, BY_VACCINE, SHOWN_PROBLEMS, TOTAL, Layout, OfficialDataError, read_directory

POPULATION = load_population()
DAYS = ("2020-12-27", "2020-12-28", "2020-12-29")
# Daily counts of the only class and vaccine with doses, and of the total, which counts one more of unknown age.
COUNTS = {
    "dose1": (3, 2, 1), "complete": (1, 1, 1), "booster": (0, 1, 0), "dose2": (0, 1, 1), "dose3": (0, 1, 0), "dose4": (0, 0, 0),
    "booster2": (0, 0, 1), "booster3": (0, 0, 0),
}  # fmt: skip
Change = Callable[[str, str, str], None]


def write_file(directory: Path, layout: Layout) -> None:
    """A small right file."""
    lines = [";".join(layout.columns)]
    for group in layout.groups:
        counted = group in ("0", "80", "1")
        more = np.array([1, 0, 0]) if layout is not BY_CLASS or group == "0" else np.zeros(3, dtype=int)
        daily = {name: (np.array(COUNTS[name]) + (more if name == "dose1" else 0)) * counted for name in layout.measures}
        for at, day in enumerate(DAYS):
            counts = [daily[name][at] for name in daily] + [np.cumsum(daily[name])[at] for name in daily]
            lines.append(";".join([*([group] if layout.key else []), day, *map(str, counts)]))
    (directory / layout.name).write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    for layout in (TOTAL, BY_CLASS, BY_VACCINE):
        write_file(tmp_path, layout)
    return tmp_path


@pytest.fixture
def change(directory: Path) -> Change:
    """Replaces the first occurrence of a text in one of the files."""

    def replace(name: str, old: str, new: str) -> None:
        text = (directory / name).read_text(encoding="utf-8")
        assert old in text
        (directory / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    return replace


def problems_of(directory: Path) -> list[str]:
    with pytest.raises(OfficialDataError) as refused:
        read_directory(directory, POPULATION)
    assert "Rien n'a été chargé" in str(refused.value)
    return [str(problem) for problem in refused.value.problems]


def test_right_files_give_classes_and_the_rest_of_the_total_as_unknown(directory: Path) -> None:
    series = read_directory(directory, POPULATION)
    assert [str(day) for day in series.days] == list(DAYS)
    assert series.by_class["dose1"][:, series.classes.index("80")].tolist() == [3, 2, 1]
    assert series.by_class["dose1"][:, series.classes.index("NA")].tolist() == [1, 0, 0]
    assert series.by_vaccine["dose1"].sum(axis=1).tolist() == series.by_class["dose1"].sum(axis=1).tolist()


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        ("vacsi-fra.csv", "n_complet", "n_complets", "vacsi-fra.csv, ligne 1 : colonnes absentes : n_complet"),
        ("vacsi-fra.csv", "2020-12-28;2;", "2020-12-28;-2;", "ligne 3 : n_dose1 : nombre négatif « -2 »"),
        ("vacsi-fra.csv", "2020-12-28;2;", "2020-12-28;2.5;", "ligne 3 : n_dose1 : nombre qui n'est pas un entier « 2.5 »"),
        ("vacsi-fra.csv", "2020-12-28;2;", "2020-12-28;;", "ligne 3 : n_dose1 : nombre qui n'est pas un entier «  »"),
        ("vacsi-fra.csv", "2020-12-28;", "28/12/2020;", "jour « 28/12/2020 » illisible : une date AAAA-MM-JJ est attendue"),
        ("vacsi-fra.csv", "2020-12-28;", "2020-12-27;", "vacsi-fra.csv, ligne 3 : jour 2020-12-27 présent deux fois (groupe 0)"),
        ("vacsi-fra.csv", "2020-12-29;", "2020-12-30;", "ligne 4 : jours manquants entre 2020-12-28 et 2020-12-30 (groupe 0)"),
        ("vacsi-a-fra.csv", "80;2020-12-28;", "80;2020-12-27;", "ligne 45 : jour 2020-12-27 présent deux fois (groupe 80)"),
        ("vacsi-fra.csv", "2020-12-28;2;", "2020-12-28;3;", "vacsi-fra.csv, ligne 3 : n_cum_dose1 n'est pas le cumul de n_dose1"),
        ("vacsi-fra.csv", "2020-12-28;2;", "2020-12-28;2;9;", "vacsi-fra.csv, ligne 3 : 12 cellules au lieu de 11"),
    ],
)
def test_a_wrong_cell_is_refused_with_its_line(
    directory: Path, change: Change, name: str, old: str, new: str, expected: str
) -> None:
    change(name, old, new)
    assert any(problem.startswith(name) and problem.endswith(expected) for problem in problems_of(directory))


def test_a_wrong_separator_is_refused(directory: Path) -> None:
    path = directory / "vacsi-v-fra.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(";", ","), encoding="utf-8")
    assert problems_of(directory) == ["vacsi-v-fra.csv, ligne 1 : séparateur « ; » attendu"]


def test_more_complete_schedules_than_first_doses_is_refused(directory: Path) -> None:
    path = directory / "vacsi-a-fra.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[1:] = [line.replace("80;2020-12-27;3;1;0;0;0;3;1;0", "80;2020-12-27;3;4;0;0;0;3;4;0") for line in lines[1:]]
    path.write_text("\n".join(lines), encoding="utf-8")
    assert "vacsi-a-fra.csv, ligne 44 : plus de schémas complets que de premières doses" in problems_of(directory)


def test_fg_04_more_second_boosters_than_boosters_is_refused(directory: Path, change: Change) -> None:
    change("vacsi-fra.csv", "2020-12-29;1;1;0;1;0;7;3;1;1;0", "2020-12-29;1;1;0;2;0;7;3;1;2;0")
    assert problems_of(directory) == ["vacsi-fra.csv, ligne 4 : plus de deuxièmes rappels que de premiers"]


def test_a_total_that_disagrees_between_files_is_refused(directory: Path, change: Change) -> None:
    change("vacsi-fra.csv", "2020-12-29;1;1;0;1;0;7;3;1", "2020-12-29;2;1;0;1;0;8;3;1")
    assert any("le total (0) du 2020-12-29 diffère de vacsi-fra.csv : n_dose1" in problem for problem in problems_of(directory))


def test_errors_of_all_files_come_at_once_and_the_message_shows_the_first_twenty(directory: Path) -> None:
    for name in ("vacsi-a-fra.csv", "vacsi-v-fra.csv"):
        path = directory / name
        path.write_text(path.read_text(encoding="utf-8").replace(";0;", ";-7;"), encoding="utf-8")
    with pytest.raises(OfficialDataError) as refused:
        read_directory(directory, POPULATION)
    assert {problem.file for problem in refused.value.problems} == {"vacsi-a-fra.csv", "vacsi-v-fra.csv"}
    assert str(refused.value).count(", ligne ") == SHOWN_PROBLEMS
    assert f"et {len(refused.value.problems) - SHOWN_PROBLEMS} autres" in str(refused.value)


def test_a_missing_file_is_refused(directory: Path) -> None:
    (directory / "vacsi-v-fra.csv").unlink()
    assert any("vacsi-v-fra.csv, ligne 1 : fichier absent" in problem for problem in problems_of(directory))


def test_a_population_whose_total_is_wrong_is_refused(directory: Path) -> None:
    rows = [f"{code};{people}" for code, people in POPULATION.items()]
    (directory / "population-2021.csv").write_text("\n".join(["clage_vacsi;pop_2021", *rows, "0;12"]), encoding="utf-8")
    with pytest.raises(OfficialDataError, match="0 pour leur somme"):
        load_series(directory)
