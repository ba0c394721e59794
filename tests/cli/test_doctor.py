"""`allant doctor`: what is missing, and how to get it."""

import json

from tests.cli.runs import Installation


def test_doctor_tells_what_it_looked_at(installation: Installation) -> None:
    done = installation.run("doctor", "--json")
    findings = {finding["what"]: finding for finding in json.loads(done.stdout)}
    assert done.returncode == 0
    assert {"Python", "PostgreSQL", "Mémoire", "Place sur le disque", "Navigateur Chromium", "Java"} <= set(findings)
    assert findings["Python"]["ok"] and findings["Python"]["remedy"] == ""


def test_doctor_says_how_to_get_what_the_tests_need(installation: Installation) -> None:
    done = installation.run("doctor", "--json", PATH="/nowhere")
    browser = next(finding for finding in json.loads(done.stdout) if finding["what"] == "Navigateur Chromium")
    assert (browser["ok"], browser["remedy"]) == (False, "sudo apt install chromium")


def test_doctor_refuses_a_folder_that_cannot_be_written(installation: Installation) -> None:
    done = installation.run("doctor", ALLANT_HOME="/proc/allant")
    assert done.returncode == 1
    assert "ALLANT_HOME" in done.stdout
