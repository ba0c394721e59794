"""`allant database`: start, look, stop; the server outlives the command and is found again."""

import json

import pytest

from tests.cli.runs import Installation


@pytest.mark.timeout(300)  # it migrates an empty database: a minute, more beside other tests
def test_the_life_of_the_embedded_database(installation: Installation) -> None:
    silent = installation.run("database", "status")
    assert (silent.returncode, "bin/allant database start" in silent.stdout) == (1, True)

    assert installation.run("database", "start").returncode == 0
    status = installation.run("database", "status", "--json")
    assert status.returncode == 0
    assert json.loads(status.stdout) == {"answers": True, "version": json.loads(status.stdout)["version"], "embedded": True}

    assert installation.run("database", "migrate").stdout == "La base est déjà à jour.\n"
    assert installation.run("django", "--", "showmigrations", "--plan").stdout.count("[ ]") == 0

    assert installation.run("database", "stop").stdout == "La base de données est arrêtée.\n"
    assert installation.run("database", "stop").stdout == "La base de données était déjà arrêtée.\n"


def test_an_outside_server_is_never_stopped(installation: Installation) -> None:
    done = installation.run("database", "stop", DATABASE_URL="postgresql://allant@127.0.0.1:1/allant")
    assert done.returncode == 1 and "extérieur" in done.stderr
