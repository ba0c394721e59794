"""docs/reference/recall-cases.md from recall_cases.yaml: `python -m tests.recall.recall_rendering` rewrites it."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from allant.doctrine import rules
from allant.recall.rule import Recall, Vaccinated, recall

TABLES: list[Mapping[str, Any]] = yaml.safe_load(Path(__file__).with_name("recall_cases.yaml").read_text("utf-8"))
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "recall-cases.md"
HEAD = """# The booster calculator by example

Generated from `tests/recall/recall_cases.yaml`, worked out by hand; each line is checked by a test against the rule of one person
(`allant/recall/rule.py`), and the set-based form is tested equal to it on generated people. Do not edit: run
`python -m tests.recall.recall_rendering`. The values are those of the doctrine (`covid.booster.*`, `covid.pass.*`,
`covid.months.counting`), each with its source in [doctrine](doctrine.md).

Unless said otherwise: born on 1 January 1980, vaccinated with Comirnaty, asked about on the day whose rules are applied.
"""
BORN = date(1980, 1, 1)


def person_of(case: Mapping[str, Any]) -> Vaccinated:
    """Who a case is about."""
    return Vaccinated(
        case.get("born", BORN),
        case.get("vaccine", "comirnaty"),
        case["last"],
        case.get("infection"),
        frozenset(case.get("in", ())),
    )


def asked(table: Mapping[str, Any], case: Mapping[str, Any]) -> Recall:
    """The answer of the rule to a case."""
    return recall(person_of(case), case.get("asked", table["known_on"]), rules.as_known_on(table["known_on"]))


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *map(_table, TABLES)])


def _table(table: Mapping[str, Any]) -> str:
    rows = [
        [_given(case), str(case.get("booster", "—")), str(case.get("pass", "—")), case.get("because", "")]
        for case in table["cases"]
    ]
    lines = [["given", "booster from", "pass until", "because"], ["---"] * 4, *rows]
    return f"## {table['shows']}\n\n" + "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def _given(case: Mapping[str, Any]) -> str:
    said = [f"last dose {case['last']}"]
    said += [case["vaccine"]] if "vaccine" in case else []
    said += [f"{word} {case[key]}" for key, word in (("born", "born"), ("infection", "infected")) if key in case]
    said += [", ".join(case["in"])] if "in" in case else []
    said += [f"asked about on {case['asked']}"] if "asked" in case else []
    return "; ".join(said)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
