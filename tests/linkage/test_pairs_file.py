"""`allant identity score-pairs`: any pairs, one file in, one file out; what is wrong is said by line (ID-09)."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

import pytest
from typer.testing import CliRunner

from allant.identification.commands import app
from allant.linkage.pairs_file import PairsRefused, read_pairs

NAMES = ("family_name", "given_names", "birth_date", "phones")
GOOD = "\n".join(
    (
        ";".join(["pair", *(f"{side}_{name}" for side in ("left", "right") for name in NAMES)]),
        "a;Martin;Camille;1985-05-12;0639980001;Martin;Camille;1985-12-05;06 39 98 00 01",
        ";Martin;Camille;1985-05-12;;Durand;Louise;1950-01-01;",
    )
)


def test_id09_pairs_are_scored_with_each_level(tmp_path: Path) -> None:
    """ID-09."""
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(GOOD, "utf-8")
    told = CliRunner().invoke(app, ["score-pairs", str(source), str(target)])
    assert told.exit_code == 0 and "2 paire(s)" in told.output, told.output
    rows = list(csv.DictReader(StringIO(target.read_text("utf-8")), delimiter=";"))
    assert [row["pair"] for row in rows] == ["a", "3"]
    assert (
        rows[0]["birth_date_level"] == "swapped"
        and rows[0]["reach_level"] == "phone"
        and rows[0]["birth_place_level"] == "unknown"
    )
    assert float(rows[0]["match_weight"]) > 0 > float(rows[1]["match_weight"])
    assert rows[1]["never_proposed"] == "given_names" and float(rows[0]["birth_date_weight"]) > 0


WRONG = {
    "empty": (b"", "Fichier vide"),
    "not UTF-8": ("left_family_name;right_family_name\nMüller;a".encode("latin-1"), "UTF-8"),
    "an unknown column": (b"left_name;right_family_name\na;b\n", "Ligne 1 : colonne « left_name » inconnue"),
    "a column twice": (b"left_family_name;left_family_name;right_family_name\na;b;c\n", "figure 2 fois"),
    "a column missing": (b"left_family_name\na\n", "right_family_name manque"),
    "no line": (b"left_family_name;right_family_name\n", "aucune paire"),
    "a value too many": (b"left_family_name;right_family_name\na;b\na;b;c\n", "Ligne 3 : 3 valeurs lues, 2 attendues"),
    "a date": (
        b"left_family_name,right_family_name,left_birth_date\na,b,12/05/1985\n",
        "Ligne 2, left_birth_date : date illisible",
    ),
    "a day that is none": (b"left_family_name,right_family_name,left_birth_date\na,b,1985-02-30\n", "Ligne 2, left_birth_date"),
    "a sex": (b"left_family_name,right_family_name,right_sex\na,b,H\n", "Ligne 2, right_sex : sexe M ou F"),
    "a number": (b"left_family_name,right_family_name,right_number\na,b,123\n", "Ligne 2, right_number : matricule"),
}


@pytest.mark.parametrize("case", WRONG)
def test_id09_a_wrong_file_is_refused_by_line(case: str, tmp_path: Path) -> None:
    """ID-09: in French, and nothing of the records is repeated."""
    content, reason = WRONG[case]
    with pytest.raises(PairsRefused) as refused:
        read_pairs(content)
    assert reason in str(refused.value) and "12/05/1985" not in str(refused.value)
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_bytes(content)
    assert CliRunner().invoke(app, ["score-pairs", str(source), str(target)]).exit_code == 1
    assert not target.exists()


def test_many_wrong_lines_are_summed_up() -> None:
    lines = b"".join(b"a,b,x\n" for _ in range(50))
    with pytest.raises(PairsRefused, match="et 30 autres lignes") as refused:
        read_pairs(b"left_family_name,right_family_name,left_sex\n" + lines)
    assert len(refused.value.reasons) == 50
