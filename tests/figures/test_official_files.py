"""FG-02: our files are those of the official open data, column for column and cell for cell."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from allant.figures import national
from allant.figures.aggregate import Counts
from allant.figures.definitions import Undefined, describe
from allant.figures.files import write_csv
from allant.figures.parameters import Parameters
from tests.figures.official import FOLDER, official_counts, published_coverages

BY_AGE = (
    "fra;clage_vacsi;jour;n_dose1;n_complet;n_rappel;n_2_rappel;n_rappel_biv;n_3_rappel;n_cum_dose1;n_cum_complet;n_cum_rappel;"
    "n_cum_2_rappel;n_cum_rappel_biv;n_cum_3_rappel;couv_dose1;couv_complet;couv_rappel;couv_2_rappel;couv_rappel_biv;couv_3_rappel"
)
BY_VACCINE = (
    "fra;vaccin;jour;n_dose1;n_dose2;n_dose3;n_dose4;n_complet;n_rappel;n_2_rappel;n_rappel_biv;n_3_rappel;n_cum_dose1;n_cum_dose2;"
    "n_cum_dose3;n_cum_dose4;n_cum_complet;n_cum_rappel;n_cum_2_rappel;n_cum_rappel_biv;n_cum_3_rappel"
)
TOTALS = (
    "fra;clage_vacsi;jour;n_tot_dose1;n_tot_complet;n_tot_rappel;n_tot_2_rappel;n_tot_rappel_biv;n_tot_3_rappel;pop;"
    "couv_tot_dose1;couv_tot_complet;couv_tot_rappel;couv_tot_2_rappel;couv_tot_rappel_biv;couv_tot_3_rappel"
)


@pytest.fixture(scope="module")
def counts() -> Counts:
    return official_counts()


def lines_of(table: pa.Table, folder: Path) -> list[str]:
    write_csv(table, folder / "table.csv")
    return (folder / "table.csv").read_text("utf-8").splitlines()


def week_ends_around(day: date) -> tuple[date, date]:
    """The last Sunday by that day and the first from it on: the same when it is one."""
    after = day + timedelta(days=6 - day.weekday())
    return (after if after == day else after - timedelta(days=7)), after


def test_fg_02_columns_are_the_official_ones(counts: Counts, parameters: Parameters, tmp_path: Path) -> None:
    assert lines_of(national.vacsi_a_fra(counts, parameters), tmp_path)[0] == BY_AGE
    assert lines_of(national.vacsi_fra(counts, parameters), tmp_path)[0] == BY_AGE.replace("clage_vacsi;", "")
    assert lines_of(national.vacsi_v_fra(counts), tmp_path)[0] == BY_VACCINE
    assert lines_of(national.vacsi_tot_a_fra(counts, parameters), tmp_path)[0] == TOTALS


def test_fg_02_a_line_is_written_as_the_official_one(counts: Counts, parameters: Parameters, tmp_path: Path) -> None:
    """Week ends are exact in the shipped facts too: cumulated counts and coverages of the last Sunday."""
    last = [line for line in lines_of(national.vacsi_a_fra(counts, parameters), tmp_path) if ";2021-11-21;" in line]
    assert [line.split(";")[1] for line in last] == list(national.CLASS_ORDER)
    assert last[2].endswith("3930445;3748216;3484;3;0;0;77.3;73.7;0.1;0.0;0.0;0.0")
    assert last[-1].endswith("52277481;50819018;5710526;2990;0;4;77.2;75.1;8.4;0.0;0.0;0.0")


def test_fg_02_every_coverage_of_2021_comes_out_of_its_count(parameters: Parameters) -> None:
    """One rounding, to a tenth, over the populations of the doctrine."""
    lines = published_coverages()
    population = parameters.population(date(2021, 11, 21))
    apart = set()
    for measure in national.BY_AGE:
        cumulated = np.array([int(line[f"n_cum_{measure}"]) for line in lines])
        ours = national.rounded_coverage(cumulated, np.array([population[line["clage_vacsi"]] for line in lines]))
        theirs = np.array([float(line[f"couv_{measure}"]) for line in lines])
        apart |= {(lines[n]["clage_vacsi"], lines[n]["jour"], measure) for n in np.flatnonzero(np.abs(ours - theirs) > 1e-9)}
    assert len(lines) >= 60
    assert not apart


def test_fg_02_the_file_by_age_is_the_official_file(counts: Counts, parameters: Parameters) -> None:
    """Every count of every published line, second and third boosters too.

    The shipped facts know week ends only: without the daily files, the published count of another day lies between ours of the
    week ends around it.
    """
    ours = {(row["clage_vacsi"], str(row["jour"])): row for row in national.vacsi_a_fra(counts, parameters).to_pylist()}
    exact = FOLDER.is_dir()
    compared = [line for line in published_coverages() if (line["clage_vacsi"], line["jour"]) in ours]
    for line in compared:
        day = date.fromisoformat(line["jour"])
        before, after = (day, day) if exact else week_ends_around(day)
        for measure in national.BY_AGE:
            low, high = (ours[line["clage_vacsi"], str(end)][f"n_cum_{measure}"] for end in (before, after))
            assert low <= int(line[f"n_cum_{measure}"]) <= high, (line["jour"], line["clage_vacsi"])
    assert len(compared) >= 60


def test_fg_02_vaccines_later_than_2021_are_rows_of_zeros_and_the_total_counts_unknown_ones(counts: Counts) -> None:
    rows = [row for row in national.vacsi_v_fra(counts).to_pylist() if row["jour"] == date(2021, 11, 21)]
    assert [row["vaccin"] for row in rows] == ["1", "2", "3", "4", "5", "6", "8", "9", "10", "11", "12", "0"]
    assert {row["n_cum_dose2"] for row in rows[4:11]} == {0}
    assert rows[-1]["n_cum_dose2"] == 45_778_559 >= sum(row["n_cum_dose2"] for row in rows[:4])


def test_fg_02_nothing_is_published_without_its_meaning() -> None:
    for column in (*BY_AGE.split(";"), *BY_VACCINE.split(";"), *TOTALS.split(";")):
        assert describe(column).text.endswith(".")
    with pytest.raises(Undefined, match="n_dose9"):
        describe("n_dose9")
