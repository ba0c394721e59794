"""docs/reference/recording-rules.md from the cases: `python -m tests.immunizations.spec.rendering` rewrites it."""

from collections.abc import Iterable
from pathlib import Path

from allant.immunizations import checks

from . import ACTS, Case, Chapter, Step, Story
from .cases import CHAPTERS
from .stories import STORIES

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "recording-rules.md"
HEAD = """# The recording rules

Generated from the cases in `tests/immunizations/spec`, each checked on PostgreSQL and DuckDB. Do not edit: run
`python -m tests.immunizations.spec.rendering`.

Each dose is judged by the doctrine in force on the day of the act (VC-38). What is *refused* cannot have happened, or is
already there: no reason lets it in. A *rule* that is broken refuses too, unless the entry is forced with a reason, which stays
with the dose; a dose entered on a proof breaks rules under that proof (VC-42). What is not known breaks no rule. A case that
breaks several shows the first one.

Every case starts from one of these acts, of a person born on 1 May 1950, recorded on 1 June 2022:

"""
STORY_HEAD = """## One after the other

Sendings about one person born on 1 May 1950, on 1 January 2022: the key that names the sending, the act (day, vaccine, rank,
series, doses foreseen), and what becomes of it.
"""


def page() -> str:
    """The whole page."""
    acts = _table(("act", "day", "vaccine", "rank", "series", "before it"), (_act(name) for name in ACTS))
    return "\n".join([HEAD.rstrip("\n"), "", acts, "", *map(_chapter, CHAPTERS), STORY_HEAD, *map(_story, STORIES)])


def _act(name: str) -> tuple[str, ...]:
    act = ACTS[name]
    before = f"{act['previous_vaccine']}, rank {act['previous_number']}, {act['previous_on']}" if "previous_on" in act else "–"
    rank = f"{act['dose_number']} of {act['series_doses']}"
    return name, act["occurred_on"], act["vaccine"], rank, act["series"], before


def _chapter(chapter: Chapter) -> str:
    kind = "Refused" if chapter.code in {check.code for check in checks.REFUSALS} else "Rule"
    lines = _table(("case", "act", "verdict"), map(_case, chapter.cases))
    return f"## `{chapter.code}`\n\n{kind}: « {checks.REASONS[chapter.code]} »\n\n{lines}\n"


def _case(case: Case) -> tuple[str, str, str]:
    differs = ", ".join(f"{name} {_value(value)}" for name, value in case.differs.items())
    return case.shows, f"{case.act}{': ' if differs else ''}{differs}", f"`{case.verdict}`" if case.verdict else "accepted"


def _value(value: object) -> str:
    return "–" if value is None else f"`{value}`"


def _story(story: Story) -> str:
    given = "".join(f"{name}: {value}. " for name, value in story.given.items())
    lines = _table(("key", "act", "with", "outcome"), map(_step, story.steps))
    return f"**{story.shows}**\n\n{f'Given: {given.strip()}' + chr(10) * 2 if given else ''}{lines}\n"


def _step(step: Step) -> tuple[str, str, str, str]:
    told = [f"{name} « {value} »" for name, value in step.told.items()]
    reason = [f"reason « {step.forced_reason} »"] if step.forced_reason else []
    return step.key, step.act, ", ".join(told + reason) or "–", step.outcome


def _table(header: tuple[str, ...], lines: Iterable[tuple[str, ...]]) -> str:
    return "\n".join("| " + " | ".join(line) + " |" for line in [header, ("---",) * len(header), *lines])


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
