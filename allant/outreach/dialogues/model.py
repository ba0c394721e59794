"""What a dialogue file may say, read and checked whole: one that could leave somebody without an answer is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources

import msgspec
import yaml

from allant.outreach.sms.segments import cut
from allant.outreach.word_lists import bare

MOST_PARTS = 3  # SMS; a longer question is not read


class BadDialogue(ValueError):
    """A dialogue file that is refused; says in French where and why."""


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An answer that is understood: its code, the words that say it, the step it leads to."""

    code: str
    words: tuple[str, ...]
    next: str


class Silence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long an answer is awaited, and the step that follows without one."""

    hours: int
    next: str


class Misunderstood(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is said of an answer that is not understood, how many times, and the step after that."""

    say: str
    most: int
    next: str


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question (`ask`, with its answers), or an end (`say`, or nothing, and the outcome it `ends` with)."""

    ask: str = ""
    say: str = ""
    answers: tuple[Choice, ...] = ()
    silence: Silence | None = None
    misunderstood: Misunderstood | None = None
    ends: str = ""
    hands_over: bool = False
    "An agent goes on."

    @property
    def text(self) -> str:
        """What is sent on arriving there; empty when nothing is."""
        return self.ask or self.say

    @property
    def exits(self) -> list[str]:
        """The steps it leads to."""
        ways = [choice.next for choice in self.answers]
        return ways + [each.next for each in (self.silence, self.misunderstood) if each]


class Dialogue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A dialogue as its file says it. A change is a new version, in a file of its own: those that run keep theirs."""

    dialogue: str
    version: int
    title: str
    source: str
    start: str
    steps: dict[str, Step]


@dataclass(frozen=True)
class Shelf:
    """The dialogues there are, by name and version."""

    all: Mapping[tuple[str, int], Dialogue] = field(default_factory=dict)

    def last(self, name: str) -> Dialogue:
        """The last version. Raises BadDialogue."""
        versions = [version for known, version in self.all if known == name]
        if not versions:
            raise BadDialogue(f"Dialogue inconnu : « {name} ». Connus : {', '.join(sorted({known for known, _ in self.all}))}.")
        return self.all[name, max(versions)]


@lru_cache(maxsize=1)
def shelf() -> Shelf:
    """The shipped dialogues, read once. Raises BadDialogue."""
    found: dict[tuple[str, int], Dialogue] = {}
    for file in sorted((resources.files("allant.outreach.dialogues") / "files").iterdir(), key=lambda file: file.name):
        dialogue = read(file.read_text("utf-8"), file.name)
        if (key := (dialogue.dialogue, dialogue.version)) in found:
            raise BadDialogue(f"{file.name} : un autre fichier a déjà la version {dialogue.version} de « {dialogue.dialogue} ».")
        found[key] = dialogue
    return Shelf(found)


def read(text: str, name: str) -> Dialogue:
    """The dialogue written in a file. Raises BadDialogue, with everything that is wrong."""
    try:
        dialogue = msgspec.convert(yaml.safe_load(text), Dialogue)
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise BadDialogue(f"{name} : {error}") from error
    if problems := list(_problems(dialogue)):
        raise BadDialogue("\n".join(f"{name} : {problem}" for problem in problems))
    return dialogue


def _problems(dialogue: Dialogue) -> list[str]:
    """What would leave somebody without an answer, in French."""
    steps = dialogue.steps
    problems = [f"l'étape « {name} » mène à « {way} », qui n'existe pas." for name, step in steps.items() for way in step.exits
                if way not in steps]  # fmt: skip
    if dialogue.start not in steps:
        problems.append(f"la première étape, « {dialogue.start} », n'existe pas.")
    if problems:
        return problems
    for name in sorted(steps.keys() - _reached(steps, {dialogue.start})):
        problems.append(f"l'étape « {name} » n'est jamais atteinte : retirez-la, ou donnez-lui une entrée.")
    for name, step in steps.items():
        problems += [f"étape « {name} » : {problem}" for problem in _of_step(step)]
        if not any(steps[each].ends for each in _reached(steps, {name})):
            problems.append(f"de l'étape « {name} », aucune fin n'est atteinte : le dialogue tournerait en rond.")
    return problems


def _reached(steps: Mapping[str, Step], start: set[str]) -> set[str]:
    reached, ahead = set(start), list(start)
    while ahead:
        new = set(steps[ahead.pop()].exits) - reached
        reached |= new
        ahead += new
    return reached


def _of_step(step: Step) -> list[str]:
    problems = _of_end(step) if step.ends else _of_question(step)
    texts = [step.ask, step.say, step.misunderstood.say if step.misunderstood else ""]
    if any(len(cut(text, 0).parts) > MOST_PARTS for text in texts):
        problems.append(f"un texte dépasse {MOST_PARTS} SMS.")
    return problems


def _of_end(step: Step) -> list[str]:
    asks = step.ask or step.exits
    return ["une fin ne pose pas de question et ne mène nulle part."] if asks else []


def _of_question(step: Step) -> list[str]:
    missing = {
        "une question (ask), ou une fin (ends)": not step.ask,
        "des réponses (answers)": not step.answers,
        "ce qui suit le silence (silence), en heures": not step.silence or step.silence.hours < 1,
        "ce qui suit une réponse incomprise (misunderstood), une fois au moins": (
            not step.misunderstood or step.misunderstood.most < 1
        ),
        "pas de « say » : une question est dans « ask »": bool(step.say),
        "pas de passage à un agent avant une fin (hands_over)": step.hands_over,
    }
    problems = [f"il faut {what}." for what, wrong in missing.items() if wrong]
    words = [bare(word) for choice in step.answers for word in choice.words]
    problems += [f"le mot « {word} » dit deux réponses." for word in sorted({word for word in words if words.count(word) > 1})]
    if "" in words or any(not choice.words for choice in step.answers):
        problems.append("une réponse n'a pas de mot, ou un mot vide.")
    return problems


