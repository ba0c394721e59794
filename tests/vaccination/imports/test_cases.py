"""VC-61: every way a file can be wrong has its own message, on its own line and column."""

from __future__ import annotations

from typing import Any

import pytest

from allant.campaigns import keyring
from allant.campaigns.codes import render
from allant.vaccination.imports.importing import Sender
from allant.vaccination.imports.reasons import KINDS, FileRefused
from tests.vaccination.imports import register
from tests.vaccination.imports.rendering import HOW_TO, PAGE, how_to, page, table

pytestmark = pytest.mark.django_db

CASES = table()
# Said by the recording of rows that other doors send; a line of a file meets another message before.
NOT_IN_FILES = {
    "malformed", "unknown_person", "unknown_vaccine", "vaccine_not_named", "series_too_short", "beyond_series",
    "booster_without_primary", "volume_blocked",
}  # fmt: skip


@pytest.fixture
def sender() -> Sender:
    """The register, and who sends."""
    return register.settle()


def named(case: dict[str, Any]) -> str:
    return str(case["code"])


@pytest.mark.parametrize("case", CASES["files"], ids=named)
def test_a_file_that_cannot_be_read_says_why(case: dict[str, Any], sender: Sender) -> None:
    """VC-61: the file as a whole is refused with one message for each fault, and nothing is kept."""
    content = bytes.fromhex(case["hex"]) if "hex" in case else case["text"].encode()
    with pytest.raises(FileRefused) as refusal:
        register.send(content, sender)
    assert case["code"] in [kind.code for kind, _ in refusal.value.faults]
    assert case["says"] in str(refusal.value)


@pytest.mark.parametrize("case", CASES["shapes"], ids=named)
def test_a_line_of_another_length_says_so(case: dict[str, Any], sender: Sender) -> None:
    """VC-61: the line is kept as sent."""
    line = register.send(case["text"], sender).refused_lines.get()
    assert (line.line, line.reasons[0]["code"]) == (2, case["code"])
    assert case["says"] in line.reasons[0]["message"]


@pytest.mark.parametrize("case", CASES["lines"], ids=named)
def test_a_wrong_line_says_what_to_correct(case: dict[str, Any], sender: Sender) -> None:
    """VC-61: code, column, line and message."""
    lines = [{**CASES["usual"], **written(changes)} for changes in case["lines"]]
    file = register.send(register.text(lines), sender)
    found = register.faults(file)
    at = len(lines) + 1
    assert list(found) == [int(line) for line in case.get("faulty", [at])]
    column = case.get("column", KINDS[case["code"]].column)
    assert found[at] == [(case["code"], column)]
    assert case["says"] in file.refused_lines.get(line=at).reasons[0]["message"]


def written(changes: dict[str, str]) -> dict[str, str]:
    """The changes of a case, with the codes and the long texts that a table cannot hold."""
    words = {"long": register.LONG, "unknown": code_of(10**9), "hers": code_of(invited())}
    return {
        name: words.get(value, value) if name in {"code", "nom_lieu", "justificatif", "identifiant"} else value
        for name, value in changes.items()
    }


def code_of(serial: int) -> str:
    return render([serial], keyring.current())[0]


def invited() -> int:
    """The serial of Jeanne's invitation."""
    from allant.campaigns.models import Invitation
    from tests.vaccination.imports.invitation import invite

    found = Invitation.objects.first() or invite(1)
    return int(found.code_serial)


def test_every_kind_of_fault_has_a_case() -> None:
    """The issue asks for forty; the table has them all."""
    cased = {case["code"] for section in ("files", "shapes", "lines") for case in CASES[section]}
    limits = {"too_big", "too_many_lines", "refused", "not_examined"}
    assert set(KINDS) - cased - limits == NOT_IN_FILES
    assert len(cased - NOT_IN_FILES) >= 40
    texts = [KINDS[code].message for code in cased]
    assert len({(KINDS[code].column, KINDS[code].message) for code in cased}) == len(texts)


def test_the_page_of_import_errors_is_current() -> None:
    """docs/reference/import-errors.md is made from the cases, the columns of docs/how-to/import-doses.md from the code."""
    assert PAGE.read_text("utf-8") == page(), "Lancez : python -m tests.vaccination.imports.rendering"
    assert HOW_TO.read_text("utf-8") == how_to(), "Lancez : python -m tests.vaccination.imports.rendering"
