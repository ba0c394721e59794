"""docs/reference/flu-cases.md from cases.yaml: `python -m tests.flu.cases_rendering` rewrites it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

CASES: list[Mapping[str, Any]] = yaml.safe_load(Path(__file__).with_name("cases.yaml").read_text("utf-8"))
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "flu-cases.md"
HEAD = """# The vaccination against flu by example

Generated from `tests/flu/cases.yaml`; each line is checked by a test (`tests/flu/test_eligibility.py`), on real rows of the
register. Do not edit: run `python -m tests.flu.cases_rendering`. The values are those of the doctrine (`flu.*`).

Contact: `voucher`, a letter with the care voucher; `information`, informed only; `professional`, the voucher is handed over by a
professional; `prescription`, no voucher but a doctor's ordonnance; `none`, not recommended. Paid: vaccine / injection by the
compulsory insurance / injection by the complementary insurance.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *map(_table, CASES)])


def _table(part: Mapping[str, Any]) -> str:
    lines = [["day", "person", "contact", "ordonnance of", "paid", "no vaccine because", "note"], ["---"] * 7]
    lines += [[str(case["day"]), _person(case), case["then"], " or ".join(case.get("needs", [])),
               " / ".join(f"{each} %" for each in case.get("paid", [])), case.get("because", ""), case.get("why", "")]
              for case in part["cases"]]  # fmt: skip
    table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    return f"## {part['shows']}\n\n{table}\n"


def _person(case: Mapping[str, Any]) -> str:
    said = [f"{case['age']} years", *case.get("in", [])]
    return ", ".join([*said, f"vouched for: {case['vouched']}"] if "vouched" in case else said)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
