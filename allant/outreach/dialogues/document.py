"""The dialogues as a page: each step, what leads where; and the cases that the tests play."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from allant.outreach.dialogues.model import Dialogue, Step, shelf

HEADER = """# Dialogues by SMS

Made from `allant/outreach/dialogues/files/` and `tests/outreach/dialogues.yaml` by `python -m tests.outreach.dialogues_page`.
Texts are in French, as people read them; a figure at the beginning of an answer is enough.
"""


def page(cases: Iterable[Mapping[str, Any]]) -> str:
    """The page, in Markdown."""
    played = list(cases)
    return HEADER + "".join(_dialogue(each, played) for each in shelf().all.values())


def _dialogue(dialogue: Dialogue, cases: list[Mapping[str, Any]]) -> str:
    lines = [f"\n## {dialogue.title} (`{dialogue.dialogue}`, version {dialogue.version})\n", f"{dialogue.source.strip()}\n"]
    lines += ["| step | says | answers | silence | not understood |", "| --- | --- | --- | --- | --- |"]
    lines += [_step(name, step) for name, step in dialogue.steps.items()]
    lines += ["\n| answers | understood | ends | agent |", "| --- | --- | --- | --- |"]
    lines += [_case(case) for case in cases if case["dialogue"] == dialogue.dialogue]
    return "\n".join(lines) + "\n"


def _step(name: str, step: Step) -> str:
    answers = "<br>".join(f"{choice.code} ({', '.join(choice.words)}) → `{choice.next}`" for choice in step.answers)
    silence = f"{step.silence.hours} h → `{step.silence.next}`" if step.silence else ""
    limit = step.misunderstood
    again = f"{limit.most} × « {limit.say} », → `{limit.next}`" if limit else ""
    end = f"**{step.ends}**{', an agent goes on' if step.hands_over else ''}" if step.ends else ""
    return f"| `{name}` | {step.text or '(nothing)'} | {answers or end} | {silence} | {again} |"


def _case(case: Mapping[str, Any]) -> str:
    said = ", ".join("(silence)" if answer is None else f"« {answer} »" for answer in case["answers"])
    understood = ", ".join(word or "(silence)" for word in case["understood"])
    return f"| {said} | {understood} | {case['ends'] or '(goes on)'} | {'yes' if case.get('agent') else ''} |"
