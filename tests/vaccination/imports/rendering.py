"""docs/reference/import-errors.md from the cases: `python -m tests.vaccination.imports.rendering` rewrites it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "import-errors.md"
HOW_TO = PAGE.parents[1] / "how-to" / "import-doses.md"
HEAD = """# What can be wrong with a file of doses

Generated from the cases of `tests/vaccination/imports/cases.yaml`, each checked. Do not edit: run
`python -m tests.vaccination.imports.rendering`.

The file itself is described in [Importing doses](../how-to/import-doses.md). A refused line says everything wrong with it, one
thing a column; the other lines are recorded.
"""
SECTIONS = {
    "files": ("The whole file", "Nothing is recorded."),
    "shapes": ("The shape of a line", "The line is kept as sent."),
    "lines": ("What a line says", "The example is what differs from a right line; `…` stands between two lines of the file."),
}


@cache
def table() -> dict[str, Any]:
    """The cases, every value a text."""
    loaded: dict[str, Any] = yaml.load(Path(__file__).with_name("cases.yaml").read_text("utf-8"), yaml.BaseLoader)
    return loaded


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for section, (title, text) in SECTIONS.items():
        rows = "\n".join(_row(case) for case in table()[section])
        parts.append(f"## {title}\n\n{text}\n\n| code | column | message | example |\n| --- | --- | --- | --- |\n{rows}\n")
    return "\n".join(parts).replace("\n\n\n", "\n\n")


def columns() -> str:
    """The table of columns, for the how-to."""
    from allant.vaccination.imports.columns import COLUMNS

    rows = (
        f"| `{each.name}`{' (needed)' if each.required else ''} | {each.holds} | {each.example} | {', '.join(each.also)} |"
        for each in COLUMNS
    )
    return "\n".join(("| column | holds | example | also read as |", "| --- | --- | --- | --- |", *rows))


def how_to() -> str:
    """The how-to, with its table of columns as the code has it."""
    text = HOW_TO.read_text("utf-8")
    before, _, rest = text.partition("<!-- columns -->\n")
    _, _, after = rest.partition("<!-- end of columns -->")
    return f"{before}<!-- columns -->\n{columns()}\n<!-- end of columns -->{after}"


def _row(case: dict[str, Any]) -> str:
    from allant.vaccination.imports.reasons import KINDS

    kind = KINDS[case["code"]]
    column = case.get("column", kind.column)
    cells = (f"`{case['code']}`", column, kind.message, _example(case))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _example(case: dict[str, Any]) -> str:
    if "hex" in case:
        return f"bytes `{case['hex']}`"
    if "text" in case:
        return f"`{_visible(case['text'])}`" if case["text"] else "(nothing)"
    return " … ".join(_changes(changes) for changes in case["lines"])


def _changes(changes: dict[str, str]) -> str:
    said = (f"{name} : `{_visible(value)}`" if value.strip() else f"{name} empty" for name, value in changes.items())
    return ", ".join(said) or "(right)"


def _visible(text: str) -> str:
    return text.replace("\r", "␍").replace("\n", "␊").replace("\t", "␉").replace("\u0002", "␂")


if __name__ == "__main__":
    import django

    django.setup()
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
    HOW_TO.write_text(how_to(), encoding="utf-8")
