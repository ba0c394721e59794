"""`allant target` and `allant wave`, as the command line calls them."""

import json
import subprocess
from datetime import timedelta

import pytest
from typer.testing import CliRunner, Result

from allant.campaigns import commands, snapshot_commands, waves
from allant.campaigns.actions import save_campaign, stop_campaign
from allant.campaigns.models import Campaign, Invitation
from allant.people.models import Person
from allant.targeting import define, tables
from tests import another_process

from .conftest import OPENING, persons, plan

pytestmark = pytest.mark.django_db
DAY = OPENING.isoformat()


def run(app, *words: str) -> Result:
    result = CliRunner().invoke(app, list(words), env={"COLUMNS": "200", "NO_COLOR": "1"})
    assert result.exit_code in (0, 1, 2), result.exception
    return result


def said(result: Result) -> str:
    """The answer, on one line."""
    assert result.exit_code == 0, result.output
    return " ".join(result.stdout.split())


def refused(result: Result) -> str:
    assert result.exit_code == 1, result.output
    return result.stderr.strip()


@pytest.fixture
def small(campaign) -> Campaign:
    persons(6)
    return campaign


@pytest.fixture
def written(tmp_path):
    """A definition in a file."""
    t = tables()

    def write(content: object = None) -> str:
        definition = define((t.person.age_on(OPENING) >= 75) & (t.person.sex == "F"))
        text = content if isinstance(content, str) else json.dumps(content or definition.to_json())
        (tmp_path / "cible.json").write_text(text, "utf-8")
        return str(tmp_path / "cible.json")

    return write


def test_campaigns_are_listed(small):
    words = said(run(commands.target, "list")).replace("│", " ").split()
    assert "essai Essai 18/01/2021 0 0" in " ".join(words)
    (only,) = json.loads(run(commands.target, "list", "--json").stdout)
    assert only == {"slug": "essai", "title": "Essai", "starts_on": "2021-01-18", "invited": 0}


def test_an_empty_list_says_what_to_do():
    assert "bin/demo" in said(run(commands.target, "list"))


def test_tg_03_a_target_is_counted_and_read_back_in_french(small):
    assert "6 personnes : 75 ans ou plus" in said(run(commands.target, "show", "essai", "--on", DAY, "--by", "sex"))
    answer = json.loads(run(commands.target, "show", "essai", "--on", DAY, "--by", "sex", "--json").stdout)
    assert (answer["people"], answer["by"], answer["on"]) == (6, {"F": 6}, DAY)


def test_tg_04_a_target_written_in_json_is_counted(small, written):
    assert json.loads(run(commands.target, "count", written(), "--json").stdout)["people"] == 6


def test_tg_04_a_target_is_counted_on_a_snapshot(small, written, tmp_path):
    """PF-01: the nation is counted on Parquet, not on the register."""
    folder = tmp_path / "instantane"
    assert "instantané du 18/01/2021, 6 personnes" in said(run(snapshot_commands.target, str(folder), "--on", DAY))
    Person.objects.all().update(sex="M")
    answer = json.loads(run(commands.target, "count", written(), "--snapshot", str(folder), "--by", "sex", "--json").stdout)
    assert (answer["people"], answer["by"]) == (6, {"F": 6}), "what the snapshot held"
    (folder / "person" / "part-0.parquet").unlink()
    assert "n'a pas la table « person »" in refused(run(commands.target, "count", written(), "--snapshot", str(folder)))


@pytest.mark.long
@pytest.mark.timeout(300)
def test_fg_09_a_target_is_counted_by_spark_from_the_command_line(small, written, tmp_path):
    """FG-09: `--engine spark` in a process of its own, as it is called; the same answer as DuckDB's."""
    folder = tmp_path / "instantane"
    said(run(snapshot_commands.target, str(folder), "--on", DAY))
    words = ["count", written(), "--snapshot", str(folder), "--by", "sex", "--json"]
    on_spark = [*words, "--engine", "spark", "--master", "local[1]"]
    work = f"from allant.campaigns.commands import target\ntarget({on_spark!r})"
    process = another_process.start(work, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    out, errors = process.communicate(timeout=240)
    assert process.returncode == 0, errors[-3000:]
    assert json.loads(out) == json.loads(run(commands.target, *words).stdout) and json.loads(out)["people"] == 6


def test_tg_04_an_unknown_column_is_refused_with_the_nearest_name(small, written):
    """Issue 2, bad input: a target on an unknown column."""
    wrong = {"version": 1, "criteria": {"compare": "==", "value": {"column": "person.sexe"}, "to": "F"}}
    message = refused(run(commands.target, "count", written(wrong)))
    assert "« sexe »" in message and "« sex »" in message
    assert "« sexe »" in refused(run(commands.target, "count", written(), "--by", "sexe"))


@pytest.mark.parametrize(("content", "expected"), [
    ("{", "JSON"),
    ("[1, 2]", "attendu"),
    ('{"version": 9, "criteria": {}}', "version"),
    ({"version": 1, "criteria": {"not": {"exists": {"table": "dose"}}}}, "dont on ne sait rien"),
])  # fmt: skip
def test_a_file_that_is_no_target_is_refused(small, written, content, expected):
    assert expected in refused(run(commands.target, "count", written(content)))


def test_a_file_in_another_encoding_is_refused(small, tmp_path):
    (tmp_path / "latin.json").write_bytes('{"é": 1}'.encode("latin-1"))
    assert "UTF-8" in refused(run(commands.target, "count", str(tmp_path / "latin.json")))


def test_an_unknown_campaign_is_refused_with_the_nearest(small):
    assert "« essaie » inconnue" in (message := refused(run(commands.target, "show", "essaie"))) and "« essai »" in message


def test_tg_06_why_is_a_tree_of_criteria(small):
    answer = said(run(commands.target, "why", "essai", "1", "--on", DAY))
    assert "75 ans" in answer and "→ vrai" in answer
    assert "Personne n° 999" in refused(run(commands.target, "why", "essai", "999"))


def test_tg_09_a_wave_is_launched_once(small):
    answer = json.loads(run(commands.wave, "launch", "essai", "--on", DAY, "--capacity", "4", "--json").stdout)
    assert (answer["found"], answer["size"], answer["completed"]) == (6, 4, True)
    again = said(run(commands.wave, "launch", "essai", "--on", DAY))
    assert "4 personnes invitées sur 6 à joindre" in again
    assert Invitation.objects.count() == 4
    assert "terminée" in said(run(commands.wave, "list", "essai"))
    assert [wave["size"] for wave in json.loads(run(commands.wave, "list", "essai", "--json").stdout)] == [4]


def test_a_wave_without_anybody_says_so(campaign):
    assert "Personne à inviter" in said(run(commands.wave, "launch", "essai", "--on", DAY))
    assert json.loads(run(commands.wave, "launch", "essai", "--on", DAY, "--json").stdout) is None
    assert "Aucune vague" in said(run(commands.wave, "list", "essai"))


def test_tg_01_a_wave_of_a_closed_campaign_is_refused(small):
    before = (OPENING - timedelta(1)).isoformat()
    assert "n'a pas encore commencé" in refused(run(commands.wave, "launch", "essai", "--on", before))
    stop_campaign(small, by="test")
    assert "est arrêtée" in refused(run(commands.wave, "launch", "essai", "--on", DAY))
    save_campaign(plan(slug="finie", ends_on=OPENING + timedelta(1)), by="test")
    after = (OPENING + timedelta(1)).isoformat()
    assert "est terminée" in refused(run(commands.wave, "launch", "finie", "--on", after))
    assert not Invitation.objects.exists()


def test_tg_09_a_wave_stopped_in_the_middle_is_shown_to_be_taken_up(small):
    waves._frozen(small, OPENING, "test", None)
    assert "à reprendre" in said(run(commands.wave, "list", "essai"))


@pytest.mark.parametrize("words", [("target", "list"), ("target", "show"), ("target", "count"), ("target", "why"),
                                   ("wave", "launch"), ("wave", "list")])  # fmt: skip
def test_every_command_shows_an_example(words):
    group, name = words
    assert f"Exemple : allant {group} {name}" in said(run(getattr(commands, group), name, "--help"))
