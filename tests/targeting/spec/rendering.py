"""docs/reference/population-language.md from the cases: `python -m tests.targeting.spec.rendering` rewrites it."""

from pathlib import Path

from allant.targeting import sentence

from . import Case, Chapter, cells, events, persons

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "population-language.md"
CHAPTERS = [*persons.CHAPTERS, *events.CHAPTERS]
HEAD = """# The population language

Generated from the cases in `tests/targeting/spec`, each checked on every engine. Do not edit: run
`python -m tests.targeting.spec.rendering`.

A target is written over tables of facts (`t = tables()`), checked when it is built (`define(…)`), and read back as a French
sentence. A definition that would hold of a person about whom nothing is known is refused. In the tables below `-` is unknown.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *map(_chapter, CHAPTERS)])


def _chapter(chapter: Chapter) -> str:
    tables = "\n".join(f"`{name}`\n\n{_table(text)}\n" for name, text in chapter.tables.items())
    return f"## {chapter.title}\n\n{chapter.text}\n\n{tables}\n" + "\n".join(map(_case, chapter.cases))


def _table(text: str) -> str:
    header, *lines = (cells(line) for line in text.strip().splitlines())
    return "\n".join("| " + " | ".join(line) + " |" for line in [header, ["---"] * len(header), *lines])


def _case(case: Case) -> str:
    people = ", ".join(map(str, case.people)) or "nobody"
    return f"**{case.shows}**\n\n```python\n{case.expression}\n```\n\n> {sentence(case.definition)}\n\nSelects: {people}.\n"


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
