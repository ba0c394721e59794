"""The command line as a whole: every command by name, quick, French, with exit codes that mean something."""

import signal
import subprocess
import sys
import time

import pytest
from typer.main import get_command

from allant.cli.main import application
from allant.site.commands import COMMANDS
from tests.cli.runs import COMMAND, Installation

WANTED = {
    "country",
    "replay",
    "target",
    "wave",
    "publish",
    "serve",
    "simulate",
    "doctor",
    "doctrine",
    "matricule",
    "database",
    "demo",
}


def test_every_command_of_the_product_is_named() -> None:
    assert set(COMMANDS) >= WANTED


def test_help_lists_every_command_and_opens_neither_django_nor_duckdb(installation: Installation) -> None:
    probe = "import sys; from allant.cli.main import run; run(['--help']); print(sorted({'django', 'duckdb'} & set(sys.modules)))"
    start = time.monotonic()
    done = subprocess.run([sys.executable, "-c", probe], env=installation.environ, capture_output=True, text=True, check=True)
    assert time.monotonic() - start < 5  # half a second on an idle machine
    assert all(name in done.stdout for name in COMMANDS)
    assert done.stdout.rstrip().endswith("[]")


def test_asking_for_help_starts_nothing(installation: Installation) -> None:
    """Every command, each in a process forked from one that has Django loaded: loading it is what takes time."""
    names = sorted(name for name, place in COMMANDS.items() if place.needs != "nothing")
    probe = f"""
import os
from allant.cli.main import run
from allant.site.start import start_django
start_django()
for name in {names!r}:
    if not (child := os.fork()):
        run([name, "--help"])
        os._exit(0)
    print("ended:", name, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
    words = [*COMMAND[:2], "-c", probe]
    done = subprocess.run(words, env=installation.environ, capture_output=True, text=True, check=False, cwd="/")
    ended = [line.removeprefix("ended: ") for line in done.stdout.splitlines() if line.startswith("ended: ")]
    assert ended == [f"{name} 0" for name in names], done.stderr
    assert done.stdout.count("Usage: allant") == len(names)
    assert not installation.cluster.data.exists()


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_a_help_with_an_example(name: str) -> None:
    command = get_command(application(COMMANDS[name])).commands[name]
    leaves = getattr(command, "commands", {name: command})
    assert {leaf: "Exemple" in f"{one.help} {one.epilog}" for leaf, one in leaves.items()} == dict.fromkeys(leaves, True)


@pytest.mark.parametrize("words", [["inconnue"], ["doctor", "--inconnue"], ["simulate", "inconnu"], ["simulate"]])
def test_a_mistyped_command_ends_with_code_2(installation: Installation, words: list[str]) -> None:
    done = installation.run(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert "inconnu" in done.stderr or "Missing" in done.stderr


def test_an_interrupted_command_says_how_to_go_on(installation: Installation) -> None:
    words = [*COMMAND, "matricule", "check"]
    with subprocess.Popen(words, env=installation.environ, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        time.sleep(2)  # it waits for numbers on its input
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert (process.returncode, said.strip()) == (130, "Interrompu. Relancez la même commande pour reprendre.")


def test_a_bad_setting_is_said_in_one_sentence(installation: Installation) -> None:
    done = installation.run("target", "list", ALLANT_TODAY="demain")
    assert done.returncode == 1
    assert done.stderr.strip() == "ALLANT_TODAY vaut « demain » ; une date est attendue, par exemple 2021-11-21."


def test_a_server_that_does_not_answer_is_said_in_one_sentence(installation: Installation) -> None:
    done = installation.run("target", "list", DATABASE_URL="postgresql://allant:secret@127.0.0.1:1/allant")
    assert done.returncode == 1
    assert done.stderr.startswith("La base de données ne répond pas") and "DATABASE_URL" in done.stderr
    assert "secret" not in done.stderr


def test_an_empty_outside_database_is_said_to_be_out_of_date(installation: Installation, cluster_dsn: str) -> None:
    words = dict(word.split("=", 1) for word in cluster_dsn.split())
    url = f"postgresql:///postgres?host={words['host']}&user={words['user']}"
    done = installation.run("target", "list", DATABASE_URL=url)
    assert done.returncode == 1
    assert done.stderr.strip() == "La base n'est pas à jour. Lancez : bin/allant database migrate"
