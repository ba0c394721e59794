"""VC-61 from the command line: `allant import-doses`."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
import typer
from pytest_django import Settings
from typer.testing import CliRunner, Result

from allant import clock
from allant.accounts.models import AccessLogEntry, LoggedAction
from allant.immunizations.models import Dose
from allant.vaccination.imports.commands import forget_lines, import_doses
from allant.vaccination.imports.report import report_of
from allant.vaccination.models import ImportedFile, RefusedLine
from tests.vaccination.imports import register
from tests.vaccination.imports.rendering import table

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path: Path, settings: Settings) -> Path:
    """Two lines, the second one wrong."""
    settings.ALLANT_TODAY = register.TODAY
    register.settle()
    usual = table()["usual"]
    path = tmp_path / "doses.csv"
    path.write_text(register.text([usual, {**usual, "nom": "DURAND"}]), "utf-8")
    return path


def run(*arguments: object) -> Result:
    """The command, as typed."""
    app = typer.Typer()
    app.command()(import_doses)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_file_is_recorded_and_its_wrong_lines_are_written(file: Path, tmp_path: Path) -> None:
    """VC-61: counts, kinds, the file to correct, the access log; the status says that some lines are left."""
    to = tmp_path / "a-corriger.csv"
    result = run(file, "--by", "logiciel", "--structure", "CABINET", "--rpps", register.RPPS, "--to", to)
    assert result.exit_code == 1
    assert "2 lignes lues, 1 doses enregistrées, 0 déjà connues, 1 à corriger" in result.output
    assert "DURAND" in to.read_text("utf-8-sig")
    assert Dose.objects.get(person=1).recorded_by == "command:logiciel"
    assert AccessLogEntry.objects.get(action=LoggedAction.BULK).batch_id is not None


def test_a_program_reads_json(file: Path) -> None:
    said = json.loads(run(file, "--by", "logiciel", "--json").output)
    assert (said["received"], said["recorded"], said["refused"]) == (2, 1, 1)
    assert said["faults"] == [{"code": "identity_mismatch", "column": "", "lines": 1}]
    assert json.loads(run(file, "--by", "logiciel", "--json").output)["new"] is False


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("absent.csv", "--by", "x"), "ne peut pas être lu"),
        (("{file}", "--by", "x", "--structure", "INCONNUE"), "Structure « INCONNUE » inconnue"),
        (("{file}", "--by", "x", "--rpps", "1"), "RPPS inconnu"),
    ],
)
def test_what_cannot_be_done_is_said(file: Path, arguments: tuple[str, ...], says: str) -> None:
    result = run(*(argument.format(file=file) for argument in arguments))
    assert result.exit_code == 1 and says in result.output
    assert not Dose.objects.filter(person=1).exists()


def test_an_unreadable_file_says_why(file: Path) -> None:
    file.write_text("nom;vaccin\n1;2\n", "utf-8")
    result = run(file, "--by", "x")
    assert result.exit_code == 1 and "Il manque la colonne" in result.output


def forget() -> str:
    app = typer.Typer()
    app.command()(forget_lines)
    return CliRunner().invoke(app, []).output


def test_lines_to_correct_are_erased_after_the_delay_of_the_doctrine(file: Path, settings: Settings) -> None:
    """VC-61: thirty days after the sending, whoever sent them; the counts stay, the erasure is logged, once."""
    with clock.moved_to(register.TODAY):
        run(file, "--by", "logiciel")
    settings.ALLANT_TODAY = register.TODAY + timedelta(days=30)
    assert "0 ligne à corriger effacée" in forget() and RefusedLine.objects.count() == 1
    settings.ALLANT_TODAY = register.TODAY + timedelta(days=31)
    assert "1 ligne à corriger effacée." in forget() and not RefusedLine.objects.exists()
    assert report_of(ImportedFile.objects.get()).refused == 1
    forget()
    logged = AccessLogEntry.objects.filter(purpose="lignes à corriger effacées à l'échéance")
    assert logged.get().actor == "system:refused-lines"
