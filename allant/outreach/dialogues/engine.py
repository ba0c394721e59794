"""One step of a dialogue: a pure function of the file, where it stands, and what was answered."""

from __future__ import annotations

from dataclasses import dataclass

from allant.outreach.dialogues.model import Dialogue
from allant.outreach.word_lists import bare

NOT_UNDERSTOOD = "?"


@dataclass(frozen=True, slots=True)
class Standing:
    """The step whose answer is awaited, and how many answers to it were not understood."""

    step: str
    misunderstood: int = 0


@dataclass(frozen=True, slots=True)
class Move:
    """Where a dialogue goes. `say`: what is sent, if anything; `ended`: its outcome when it is over."""

    standing: Standing
    say: str
    understood_as: str = ""
    "A code of the answers, `?`, or empty for silence."
    ended: str = ""
    hands_over: bool = False


def begin(dialogue: Dialogue) -> Move:
    """The first question."""
    return _arrive(dialogue, dialogue.start, "")


def answered(dialogue: Dialogue, standing: Standing, text: str) -> Move:
    """What follows an answer: the whole of it is one of the words, or begins with one that is a figure."""
    step = dialogue.steps[standing.step]
    words = bare(text)
    for choice in step.answers:
        if any(_says(words, bare(word)) for word in choice.words):
            return _arrive(dialogue, choice.next, choice.code)
    limit = step.misunderstood
    assert limit is not None  # the file was checked
    if standing.misunderstood < limit.most:
        return Move(Standing(standing.step, standing.misunderstood + 1), limit.say, NOT_UNDERSTOOD)
    return _arrive(dialogue, limit.next, NOT_UNDERSTOOD)


def _says(words: str, word: str) -> bool:
    return words == word or (word.isdigit() and words.split(" ")[0] == word)


def silent(dialogue: Dialogue, standing: Standing) -> Move:
    """What follows no answer."""
    silence = dialogue.steps[standing.step].silence
    assert silence is not None  # the file was checked
    return _arrive(dialogue, silence.next, "")


def _arrive(dialogue: Dialogue, name: str, understood_as: str) -> Move:
    step = dialogue.steps[name]
    return Move(Standing(name), step.text, understood_as, step.ends, step.hands_over)
