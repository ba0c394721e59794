"""The commands a person types, and their exit status."""

import json
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from typer.testing import CliRunner, Result

from allant.doctrine.commands import app


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "160"})


def test_show_the_priority_of_a_day() -> None:
    """Issue 2: `allant doctrine show covid.priority --on 2021-04-01`."""
    result = run("show", "covid.priority", "--on", "2021-04-01", "--known-on", "2021-04-01")
    assert result.exit_code == 0
    assert "Personnes de 70 ans et plus" in result.stdout
    assert "Annoncé pour le 16/04/2021 : Personnes de 60 ans et plus" in result.stdout
    assert "HAS, avis du 1er mars 2021" in result.stdout


def test_show_as_json() -> None:
    result = run("show", "covid.booster.delay", "--on", "2021-12-16", "--known-on", "2021-12-24", "--json")
    answer = json.loads(result.stdout)
    assert answer["value"] == {"months": 5, "days": 0}
    assert answer["rule_id"] == "covid.booster.delay@2021-11-27/2021-11-27"
    assert [version["value"]["months"] for version in answer["announced"]] == [4]


def test_days_left_out_are_those_of_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the edge reads the clock: the command asks about today, as known today."""
    monkeypatch.setattr(settings, "ALLANT_TODAY", date(2021, 11, 30), raising=False)
    answer = json.loads(run("show", "covid.booster.delay", "--json").stdout)
    assert (answer["on"], answer["known_on"], answer["value"]["months"]) == ("2021-11-30", "2021-11-30", 5)


@pytest.mark.parametrize("key", ["covid.vaccines", "covid.pass.end_65", "covid.pass.minimum_age", "figures.class_reference_date"])
def test_every_kind_of_value_is_shown(key: str) -> None:
    shown = run("show", key, "--on", "2022-01-20", "--known-on", "2022-01-20")
    data = run("show", key, "--on", "2022-01-20", "--known-on", "2022-01-20", "--json")
    assert (shown.exit_code, data.exit_code) == (0, 0)
    assert json.loads(data.stdout)["key"] == key


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("show", "covid.boster.delay", "--on", "2021-12-01"), 2, "Vouliez-vous dire « covid.booster.delay »"),
        (("show", "covid.booster.delay", "--on", "2021-01-01"), 1, "en vigueur à partir du 01/09/2021"),
        (("show", "covid.booster.delay", "--on", "hier"), 2, "hier"),
        (("list", "covid.priorité"), 2, "inconnue"),
    ],
)
def test_wrong_questions(arguments: tuple[str, ...], status: int, message: str) -> None:
    result = run(*arguments)
    assert result.exit_code == status
    assert message in result.stderr


def test_list_the_rules_of_a_day() -> None:
    rows = json.loads(run("list", "covid.booster", "--on", "2021-12-01", "--json").stdout)
    values = {row["key"]: row["value"] for row in rows}
    assert values["covid.booster.delay"] == {"months": 5, "days": 0}
    assert values["covid.booster.infection_replaces"] is None
    assert "5 mois" in run("list", "covid.booster", "--on", "2021-12-01").stdout


def test_check_refuses_faulty_books(tmp_path: Path) -> None:
    assert run("check").exit_code == 0
    (tmp_path / "faulty.yaml").write_text("a.b:\n  label: Règle\n  unit: years\n", "utf-8")
    result = run("check", "--books", str(tmp_path))
    assert result.exit_code == 1
    assert "faulty.yaml:2" in result.stderr


def test_document_is_written_and_verified(tmp_path: Path) -> None:
    page = tmp_path / "reference" / "doctrine.md"
    assert run("document", "--out", str(page), "--verify").exit_code == 1
    assert run("document", "--out", str(page)).exit_code == 0
    assert run("document", "--out", str(page), "--verify").exit_code == 0


@pytest.mark.parametrize("command", ["show", "list", "check", "document"])
def test_every_help_has_an_example(command: str) -> None:
    assert f"Exemple : allant doctrine {command}" in run(command, "--help").stdout
