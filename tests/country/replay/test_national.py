"""The replay in Parquet: whole days, the same files after a kill, checked, compared with the official files (FG-04, PERF)."""

import json
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pytest
from typer.testing import CliRunner

from allant.country.official.facts import load_series
from allant.country.official.series import Series
from allant.country.population.make import make_country
from allant.country.replay import commands, national
from allant.country.replay.doses import DayDoses
from allant.country.replay.national import NationalReport, OtherReplay, replay_national
from allant.immunizations.checks import REASONS
from allant.immunizations.summary import dose_summary_sql

PEOPLE = 1_500
LAST = date(2021, 5, 2)


@pytest.fixture(scope="module")
def short_series() -> Series:
    """The campaign up to 2 May 2021: first and second doses, Janssen, first boosters."""
    return load_series(until=LAST)


def make(directory: Path) -> Path:
    make_country(directory, PEOPLE, 7, lambda done, total: None, jobs=1)
    return directory


def quiet(stage: str, done: int, total: int) -> None:
    """Progress nobody watches."""


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory, short_series: Series) -> tuple[Path, NationalReport]:
    directory = make(tmp_path_factory.mktemp("country"))
    return directory, replay_national(directory, short_series, quiet)


def query(sql: str) -> list[tuple]:
    with duckdb.connect() as database:
        return database.execute(sql).fetchall()


def contents(directory: Path) -> dict[str, bytes]:
    """Every file of the replay."""
    folders = (directory / name for name in ("dose", "dose_summary", "replay"))
    paths = (path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(directory)): path.read_bytes() for path in paths}


def test_each_day_has_its_file_and_class_counts_are_within_one_person(
    replayed: tuple[Path, NationalReport], short_series: Series
) -> None:
    directory, report = replayed
    assert len(list((directory / "dose").glob("*.parquet"))) == len(short_series.days)
    counted = query(f"""
        SELECT p.age_class, count(*) FILTER (WHERE dose_number = 1),
               count(*) FILTER (WHERE series = 'primary' AND dose_number = series_doses)
        FROM '{directory}/dose/*.parquet' JOIN '{directory}/person/*.parquet' AS p USING (person_id) GROUP BY 1""")
    assert report.doses == query(f"SELECT count(*) FROM '{directory}/dose/*.parquet'")[0][0] > 400
    for code, *found in counted:
        at = short_series.classes.index(code)
        official = [int(short_series.by_class[measure][:, at].sum()) for measure in ("dose1", "complete")]
        assert all(abs(ours - theirs * PEOPLE / short_series.people) < 1 for ours, theirs in zip(found, official, strict=True))


@pytest.mark.parametrize("weeks_done", [2, 5, 9])
def test_killed_anywhere_it_goes_on_and_the_files_are_the_same(
    replayed: tuple[Path, NationalReport], short_series: Series, tmp_path: Path, weeks_done: int
) -> None:
    """Interrupted after some weeks; then as a kill within the last one leaves it: days missing, one half written."""
    directory = make(tmp_path)

    def interrupt(stage: str, done: int, total: int) -> None:
        if (stage, done) == ("Doses", weeks_done):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replay_national(directory, short_series, interrupt)
    *_, half, last = sorted((directory / "dose").glob("*.parquet"))
    last.unlink()
    half.rename(half.with_name(f".{half.name}.tmp")).write_bytes(b"PAR1")
    assert replay_national(directory, short_series, quiet) == replayed[1]
    assert contents(directory) == contents(replayed[0])


def test_a_second_start_does_nothing_over(replayed: tuple[Path, NationalReport], short_series: Series) -> None:
    directory, report = replayed
    before = {path: path.stat().st_mtime_ns for path in (directory / "dose").glob("*.parquet")}
    assert replay_national(directory, short_series, quiet) == report
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_another_series_is_refused(replayed: tuple[Path, NationalReport], short_series: Series) -> None:
    with pytest.raises(OtherReplay, match="contient déjà un rejeu"):
        replay_national(replayed[0], short_series.until(date(2021, 2, 7)), quiet)


def test_the_summary_means_what_the_product_says(replayed: tuple[Path, NationalReport]) -> None:
    doses = dose_summary_sql(f"read_parquet('{replayed[0]}/dose/*.parquet')")
    assert query(f"SELECT * FROM '{replayed[0]}/dose_summary/*.parquet'") == query(f"{doses} ORDER BY person_id")


def test_acts_that_break_a_rule_are_counted_by_rule_and_none_is_refused(replayed: tuple[Path, NationalReport]) -> None:
    report = json.loads((replayed[0] / "replay" / "report.json").read_text("utf-8"))
    assert 0 < report["forced_doses"] < 0.1 * report["doses"]
    assert set(report["forced_by_rule"]) <= set(REASONS)
    assert report["refused_by_reason"] == {}


def test_checks_see_what_came_before(replayed: tuple[Path, NationalReport], short_series: Series) -> None:
    """The same doses told twice are refused: rank taken, day taken."""
    country = national.files.read(replayed[0])
    day = short_series.days[60].item()
    doses = national.read_doses(country, day)
    checks = national.NationalChecks(country)
    checks.remember(doses)
    verdicts = checks.judge([doses], day)
    assert verdicts.refused_by_reason == {"same_day": doses.num_rows, "rank_taken": doses.num_rows}


def test_checks_know_the_product_of_the_first_dose(replayed: tuple[Path, NationalReport]) -> None:
    """VC-33: at 70, Comirnaty after AstraZeneca is not foreseen; AstraZeneca again is, whatever came between."""
    country = national.files.read(replayed[0])
    checks = national.NationalChecks(country)
    (born,) = query(
        f"SELECT person_id FROM '{replayed[0]}/person/*.parquet' WHERE birth_date < '1950-01-01' AND died_on IS NULL LIMIT 1"
    )
    found = {}
    for number, (on, vaccine) in enumerate([("2021-02-10", 2), ("2021-04-20", 0), ("2021-06-20", 2)], 1):
        given = DayDoses()
        given.add(np.array([born[0]]), vaccine, number, "primary", 3)
        verdicts = checks.judge([given.table(np.datetime64(on))], date.fromisoformat(on))
        found[number] = "product_not_foreseen" in verdicts.forced_by_rule
    assert found == {1: False, 2: True, 3: False}


def test_the_command_replays_the_whole_campaign(tmp_path: Path) -> None:
    result = CliRunner().invoke(commands.app, ["national", "--dir", str(make(tmp_path)), "--json"])
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert (report["last_day"], report["refused_by_reason"]) == ("2021-11-21", {})
    boosters = query(f"SELECT count(*) FROM '{tmp_path}/dose/*.parquet' WHERE series = 'booster'")[0][0]
    assert abs(boosters - 5_710_526 * PEOPLE / 67_676_577) <= 1


def test_the_command_refuses_a_folder_without_country(tmp_path: Path) -> None:
    result = CliRunner().invoke(commands.app, ["national", "--dir", str(tmp_path)])
    assert result.exit_code == 1
    assert "aucun pays" in result.output
