"""TG-12: `allant campaign run` does all of a ready-made campaign, once a day."""

import json
from pathlib import Path

import pytest
from pytest_django import Settings
from typer.testing import CliRunner

from allant.campaigns.models import Invitation, SchemeFile
from allant.people.models import Person
from allant.campaigns.ready_made.commands import app
from tests.campaigns.conftest import persons

pytestmark = pytest.mark.django_db
NAME, DAY = "covid-75", "2021-02-01"


@pytest.fixture
def register(settings: Settings, tmp_path: Path) -> Path:
    """Thirty people of 80, five of the MSA; half have a mobile."""
    settings.ALLANT_HOME = tmp_path
    persons(30)
    Person.objects.filter(pk__lte=5).update(scheme="msa")
    return tmp_path


def run(*words: str) -> dict[str, object]:
    result = CliRunner().invoke(app, ["run", *words, "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)  # type: ignore[no-any-return]


def test_tg_12_one_command_invites_writes_and_gives_the_other_schemes_their_list(register: Path) -> None:
    done = run(NAME, "--on", DAY)
    assert done["invited"] == Invitation.objects.count() == 25
    assert sum(done["sent"].values()) == 25 and done["schemes"]["msa"] == 5  # type: ignore[attr-defined,index]
    written = {name for name, count in done["sent"].items() if count}  # type: ignore[attr-defined]
    assert {path.parent.name for path in register.glob("outbox/*/*.csv")} == written
    assert (register / "schemes" / f"{NAME}-msa-20210201.csv").is_file()


def test_tg_12_the_same_day_again_sends_nothing_twice(register: Path) -> None:
    run(NAME, "--on", DAY)
    files = sorted(register.glob("**/*.csv"))
    again = run(NAME, "--on", DAY)
    assert (again["invited"], sum(again["sent"].values())) == (25, 0)  # type: ignore[attr-defined]
    assert Invitation.objects.count() == 25 and SchemeFile.objects.count() == 3
    assert sorted(register.glob("**/*.csv")) == files


def test_tg_12_a_name_mistyped_or_a_day_before_the_opening_is_refused_with_what_to_do(register: Path) -> None:
    for words, said in ((["covid-57", "--on", DAY], "Vouliez-vous dire"), ([NAME, "--on", "2021-01-10"], "pas encore commencé")):
        result = CliRunner().invoke(app, ["run", *words])
        assert result.exit_code == 1 and said in result.stderr, result.output
    assert not Invitation.objects.exists()


def test_tg_12_the_ready_made_campaigns_are_listed(register: Path) -> None:
    listed = json.loads(CliRunner().invoke(app, ["list", "--on", "2021-12-31", "--json"]).stdout)
    assert len(listed) >= 10 and NAME in [each["name"] for each in listed]
    assert all(set(each) == {"name", "title", "starts_on"} for each in listed)
