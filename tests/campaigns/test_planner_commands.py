"""`allant plan`, as the command line calls it (TG-08)."""

import json

import pytest

from allant.accounts.models import AccessLogEntry
from allant.campaigns.models import InvitationPlan, WeeklyCapacity
from allant.campaigns.planner.commands import app

from .conftest import persons
from .test_commands import refused, run, said

pytestmark = pytest.mark.django_db
ASKED = ("--on", "2021-01-18", "--from", "2021-01-18", "--weeks", "2")
LINES = "departement;semaine;doses;creneaux\n01;18/01/2021;6;9\n01;25/01/2021;6;3\n"


@pytest.fixture
def entered(campaign, tmp_path) -> str:
    """A register of 20 people in the Ain, and a file of capacities that was kept; its path."""
    persons(20)
    (tmp_path / "capacites.csv").write_text(LINES, "utf-8")
    assert "2 capacités lues, 2 nouvelles ou changées" in said(run(app, "capacities", str(tmp_path / "capacites.csv")))
    return str(tmp_path / "capacites.csv")


def test_capacities_are_kept_from_a_file_and_listed(entered):
    assert json.loads(run(app, "capacities", entered, "--json").stdout) == {"read": 2, "changed": 0}
    listed = json.loads(run(app, "capacities", "--json").stdout)
    assert listed[0] == {"departement": "01", "week": "2021-01-18", "doses": 6, "slots": 9}
    assert "25/01/2021" in said(run(app, "capacities"))
    assert AccessLogEntry.objects.filter(purpose="capacités du programme covid19").count() == 2


def test_a_wrong_file_is_refused_whole(campaign, tmp_path):
    (tmp_path / "faux.csv").write_text(LINES + "01;19/01/2021;1;1\n", "utf-8")
    message = refused(run(app, "capacities", str(tmp_path / "faux.csv")))
    assert "rien n'est enregistré" in message and "Ligne 4 : le 19/01/2021 n'est pas un lundi" in message
    assert not WeeklyCapacity.objects.exists()
    assert "n'existe pas" in refused(run(app, "capacities", str(tmp_path / "absent.csv")))


def test_show_keeps_nothing_and_adopt_keeps_the_plan_that_stands(entered):
    shown = json.loads(run(app, "show", *ASKED, "--json").stdout)
    assert not InvitationPlan.objects.exists() and shown["adopted"] is False
    assert [(week["invited"], week["queue"]) for week in shown["by_week"]] == [(10, 10), (5, 5)]
    assert shown["groups"][0] == {
        "campaign": "essai", "opens_on": "2021-01-18", "waiting": 20, "invited": 15, "left": 5, "done_in": None,
    }  # fmt: skip
    assert "Aucun plan n'est adopté" in refused(run(app, "show", "--adopted"))
    assert "pas dans l'horizon" in said(run(app, "adopt", *ASKED))
    assert json.loads(run(app, "show", "--adopted", "--json").stdout) == {**shown, "adopted": True}


def test_what_cannot_be_planned_is_refused(campaign):
    assert "saisissez d'abord" in refused(run(app, "show", *ASKED))
    assert "n'est pas un lundi" in refused(run(app, "adopt", "--on", "2021-01-18", "--from", "2021-01-20"))
    assert "Aucune capacité saisie" in said(run(app, "capacities"))


@pytest.mark.parametrize("name", ["show", "adopt", "capacities"])
def test_every_command_shows_an_example(name):
    assert f"Exemple : allant plan {name}" in said(run(app, name, "--help"))
