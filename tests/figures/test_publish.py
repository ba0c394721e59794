"""FG-02: a production of open data: whole or absent, repeatable, documented."""

import csv
import json
from datetime import date
from pathlib import Path

import pyarrow.parquet
import pytest
from typer.testing import CliRunner

from allant.figures import files
from allant.figures.aggregate import NoDose
from allant.figures.commands import app
from allant.figures.parameters import Parameters
from allant.figures.publish import publish
from allant.figures.sources import ParquetSource
from tests.figures.conftest import SCENE

EARLIER, LATER = date(2021, 9, 5), date(2021, 11, 21)
TABLES = ("vacsi-fra", "vacsi-a-fra", "vacsi-v-fra", "vacsi-tot-a-fra", "vacsi-dep-a-v-hebdo")


@pytest.fixture
def country(tmp_path: Path) -> ParquetSource:
    return SCENE.in_parquet(tmp_path / "country")


def test_fg_02_a_production_holds_every_table_twice_a_dictionary_and_metadata(
    country: ParquetSource, parameters: Parameters, tmp_path: Path
) -> None:
    publish(country, parameters, LATER, tmp_path / "out", produced_on=date(2021, 11, 22))
    names = {f"{table}.{kind}" for table in TABLES for kind in ("csv", "parquet")}
    assert {path.name for path in (tmp_path / "out").iterdir()} == names | {"dictionnaire.csv", "metadata.json"}
    metadata = json.loads((tmp_path / "out" / "metadata.json").read_text("utf-8"))
    assert (metadata["produit_le"], metadata["donnees_jusqu_au"]) == ("2021-11-22", "2021-11-21")
    assert metadata["licence"]["nom"].startswith("Licence Ouverte")
    assert metadata["lignes"]["vacsi-a-fra"] == 15 * 330


def test_fg_02_the_dictionary_explains_every_column(country: ParquetSource, parameters: Parameters, tmp_path: Path) -> None:
    publish(country, parameters, LATER, tmp_path / "out", produced_on=LATER)
    with (tmp_path / "out" / "dictionnaire.csv").open(encoding="utf-8") as file:
        explained = {row["colonne"]: row["description"] for row in csv.DictReader(file, delimiter=";")}
    for table in TABLES:
        assert set(pyarrow.parquet.read_schema(tmp_path / "out" / f"{table}.parquet").names) <= set(explained)
    assert "Janssen" in explained["vaccin"]


def test_fg_02_unchanged_days_are_byte_identical_between_two_productions(
    country: ParquetSource, parameters: Parameters, tmp_path: Path
) -> None:
    publish(country, parameters, EARLIER, tmp_path / "first", produced_on=EARLIER)
    publish(country, parameters, LATER, tmp_path / "second", produced_on=LATER)
    for table in ("vacsi-fra", "vacsi-a-fra", "vacsi-v-fra", "vacsi-dep-a-v-hebdo"):
        first, second = ((tmp_path / turn / f"{table}.csv").read_bytes().splitlines() for turn in ("first", "second"))
        known = set(first)
        assert [line for line in second if line in known] == first
        assert len(second) > len(first)


def test_fg_02_the_same_production_twice_gives_the_same_bytes(
    country: ParquetSource, parameters: Parameters, tmp_path: Path
) -> None:
    for turn in ("first", "second"):
        publish(country, parameters, LATER, tmp_path / turn, produced_on=LATER)
    for path in (tmp_path / "first").iterdir():
        assert path.read_bytes() == (tmp_path / "second" / path.name).read_bytes(), path.name


def test_fg_02_csv_and_parquet_say_the_same(country: ParquetSource, parameters: Parameters, tmp_path: Path) -> None:
    publish(country, parameters, LATER, tmp_path / "out", produced_on=LATER)
    table = pyarrow.parquet.read_table(tmp_path / "out" / "vacsi-a-fra.parquet")
    files.write_csv(table, tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "out" / "vacsi-a-fra.csv").read_bytes()


def test_fg_03_the_file_by_territory_shows_no_count_under_the_threshold(
    country: ParquetSource, parameters: Parameters, tmp_path: Path
) -> None:
    """Seven persons: the rows are there, every count is blank."""
    publish(country, parameters, LATER, tmp_path / "out", produced_on=LATER)
    table = pyarrow.parquet.read_table(tmp_path / "out" / "vacsi-dep-a-v-hebdo.parquet")
    assert table.num_rows > 0
    assert {table[name].null_count for name in table.column_names if name.startswith("n_")} == {table.num_rows}


def test_fg_02_a_production_that_fails_leaves_the_former_one(tmp_path: Path) -> None:
    with files.replaced_folder(tmp_path / "out") as work:
        (work / "a.csv").write_text("former")
    with pytest.raises(RuntimeError), files.replaced_folder(tmp_path / "out") as work:
        (work / "a.csv").write_text("half")
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out" / "a.csv").read_text() == "former"


def test_fg_02_the_file_by_week_waits_for_a_whole_week(country: ParquetSource, parameters: Parameters, tmp_path: Path) -> None:
    """The first dose of these people is on a Monday."""
    production = publish(country, parameters, date(2021, 1, 5), tmp_path / "out", produced_on=LATER)
    assert "vacsi-fra" in production.rows
    assert "vacsi-dep-a-v-hebdo" not in production.rows


def test_nothing_to_publish_is_said(country: ParquetSource, parameters: Parameters, tmp_path: Path) -> None:
    with pytest.raises(NoDose, match="31/12/2020"):
        publish(country, parameters, date(2020, 12, 31), tmp_path / "out", produced_on=LATER)
    assert not (tmp_path / "out").exists()


def test_fg_02_the_command_publishes_from_a_country(country: ParquetSource, tmp_path: Path) -> None:
    arguments = ["--on", "2021-11-21", "--out", str(tmp_path / "out"), "--parquet", str(country.directory)]
    answer = CliRunner().invoke(app, [*arguments, "--json"])
    assert answer.exit_code == 0
    assert json.loads(answer.stdout)["rows"]["vacsi-fra"] == 330
    first = (tmp_path / "out" / "vacsi-fra.csv").read_text("utf-8").splitlines()
    assert first[0].startswith("fra;jour;n_dose1;")
    assert first[-1].startswith("FR;2021-11-21;0;0;0;0;0;0;7;4;1;")


@pytest.mark.django_db
def test_fg_02_the_command_publishes_the_register(tmp_path: Path) -> None:
    SCENE.in_postgres()
    answer = CliRunner().invoke(app, ["--on", "2021-11-21", "--out", str(tmp_path / "out")])
    assert answer.exit_code == 0, answer.output
    assert "21/11/2021" in answer.stdout
    assert (tmp_path / "out" / "vacsi-fra.csv").read_text("utf-8").splitlines()[-1].startswith("FR;2021-11-21;0;0;0;0;0;0;7;4;1;")


def test_the_command_says_what_is_missing(tmp_path: Path) -> None:
    answer = CliRunner().invoke(app, ["--on", "2021-11-21", "--out", str(tmp_path / "out"), "--parquet", str(tmp_path)])
    assert answer.exit_code == 1
    assert "allant country make" in answer.stderr
