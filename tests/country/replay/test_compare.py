"""Published and official files are compared cell by cell."""

from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from allant.country.replay.commands import app
from allant.country.replay.compare import KEYS, Difference, NothingToCompare, compare_files

HEADER = "fra;jour;n_dose1;n_complet;n_2_rappel;n_cum_dose1;couv_dose1"
ROWS = ("FR;2021-01-01;3;1;0;3;0.1", "FR;2021-01-02;4;0;2;7;0.2", "FR;2021-01-03;5;0;0;12;0.3")
UNTIL = date(2021, 1, 2)


def write(path: Path, *rows: str, header: str = HEADER) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def test_equal_files_have_no_difference_up_to_the_day(tmp_path: Path) -> None:
    official = write(tmp_path / "official.csv", *ROWS)
    same = ROWS[0].replace("0.1", "0.10"), ROWS[1].replace("0.2", "0.20")
    published = write(tmp_path / "published.csv", *same, "FR;2021-01-03;9;9;9;9;9")
    found = compare_files(published, official, ("jour",), UNTIL)
    assert (found.compared, found.differing) == (10, 0)


def test_fg_02_second_boosters_are_compared_too(tmp_path: Path) -> None:
    official = write(tmp_path / "official.csv", *ROWS)
    published = write(tmp_path / "published.csv", ROWS[0], ROWS[1].replace(";2;", ";0;"))
    found = compare_files(published, official, ("jour",), UNTIL)
    assert found.differences == (Difference("2021-01-02", "n_2_rappel", "0", "2"),)


def test_a_cell_that_differs_is_shown(tmp_path: Path) -> None:
    official = write(tmp_path / "official.csv", *ROWS)
    published = write(tmp_path / "published.csv", ROWS[0], ROWS[1].replace(";4;", ";5;"), ROWS[2])
    found = compare_files(published, official, ("jour",), UNTIL)
    assert found.differences == (Difference("2021-01-02", "n_dose1", "5", "4"),)


@pytest.mark.parametrize(("ours", "theirs"), [(ROWS[:1], ROWS[:2]), (ROWS[:2], ROWS[:1])])
def test_a_row_on_one_side_only_differs_in_every_cell(tmp_path: Path, ours: tuple[str, ...], theirs: tuple[str, ...]) -> None:
    found = compare_files(write(tmp_path / "p.csv", *ours), write(tmp_path / "o.csv", *theirs), ("jour",), UNTIL)
    assert (found.compared, found.differing) == (10, 5)
    assert {difference.row for difference in found.differences} == {"2021-01-02"}


def test_a_missing_column_file_or_day_is_said(tmp_path: Path) -> None:
    official = write(tmp_path / "o.csv", *ROWS)
    with pytest.raises(NothingToCompare, match="n_dose1"):
        compare_files(write(tmp_path / "p.csv", "FR;2021-01-01", header="fra;jour"), official, ("jour",), UNTIL)
    with pytest.raises(NothingToCompare, match="Fichier absent"):
        compare_files(tmp_path / "none.csv", official, ("jour",), UNTIL)
    with pytest.raises(NothingToCompare, match="aucun jour"):
        compare_files(official, official, ("jour",), date(2020, 1, 1))


def test_the_command_says_how_many_cells_differ(tmp_path: Path) -> None:
    for side, dose in (("published", "4"), ("official", "5")):
        (tmp_path / side).mkdir()
        for name, keys in KEYS.items():
            write(tmp_path / side / name, f"0;2021-01-01;{dose}", header=f"{keys[0] if len(keys) > 1 else 'fra'};jour;n_dose1")
    arguments = ["compare", "--official", str(tmp_path / "official"), "--until", "2021-01-01", "--published"]
    result = CliRunner().invoke(app, [*arguments, str(tmp_path / "published")])
    assert result.exit_code == 1
    assert "vacsi-fra.csv jusqu'au 2021-01-01 : 1 cellules différentes sur 1." in result.stdout
    assert CliRunner().invoke(app, [*arguments, str(tmp_path / "official")]).exit_code == 0
