"""docs/reference/processes.md and casework-cases.md: `python -m tests.casework.rendering` rewrites them."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from allant.casework import drawing
from allant.casework.process import Process
from allant.casework.registry import processes
from allant.casework.terms import all_terms
from allant.doctrine import RuleBook, rules

from . import toys

CASES: list[Mapping[str, Any]] = yaml.safe_load(Path(__file__).with_name("cases.yaml").read_text("utf-8"))
FOLDER = Path(__file__).parents[2] / "docs" / "reference"
PROCESSES, STORIES = FOLDER / "processes.md", FOLDER / "casework-cases.md"
LAST_DAY = date(2100, 1, 1)
HEAD = """# The processes

Generated from the declarations that the sweep follows. Do not edit: run `python -m tests.casework.rendering`. Delays and what
stops the clock are doctrine ([doctrine.md](doctrine.md)); how deadlines are counted is told by example in
[casework-cases.md](casework-cases.md).
"""
STORIES_HEAD = """# The casework engine by example

Generated from `tests/casework/cases.yaml`; each line is a test, swept every day and swept once at the end. Do not edit: run
`python -m tests.casework.rendering`. The two processes are toys of the tests:
"""


def processes_page() -> str:
    """Every registered process: diagram, delays, transitions."""
    book = rules.as_known_on(LAST_DAY)
    return HEAD + "".join(f"\n## {each.label} (`{each.slug}`)\n\n{_process(each, book)}\n" for each in processes())


def stories_page() -> str:
    """The toys and their cases."""
    with TemporaryDirectory() as folder:
        book = toys.rules_in(Path(folder)).as_known_on(LAST_DAY)
        drawn = "".join(f"\n### {each.label} (`{each.slug}`)\n\n{_process(each, book)}\n" for each in toys.TOYS)
    return STORIES_HEAD + drawn + "".join(map(_chapter, CASES))


def _process(process: Process, book: RuleBook) -> str:
    return f"```mermaid\n{drawing.mermaid(process)}\n```\n\n{drawing.tables(process, all_terms(process, book))}"


def _chapter(chapter: Mapping[str, Any]) -> str:
    lines = ["| opened | told | swept until | events | next | |", "| --- | --- | --- | --- | --- | --- |"]
    for case in chapter["cases"]:
        held = "".join(f", {name} {day}" for name, day in case.get("holds", {}).items())
        told = "; ".join(case.get("told", [])) or "–"
        why = case.get("why", "") or (f"refused: {case['refused']}" if "refused" in case else "")
        events = "<br>".join(case["then"])
        lines.append(f"| {case['opened']}{held} | {told} | {case['until']} | {events} | {case.get('next', '–')} | {why} |")
    return f"\n## {chapter['shows']}\n\nProcess `{chapter['process']}`.\n\n" + "\n".join(lines) + "\n"


if __name__ == "__main__":
    import django

    django.setup()
    PROCESSES.write_text(processes_page(), "utf-8")
    STORIES.write_text(stories_page(), "utf-8")
