"""A wording shown with an invented person, and how many SMS it takes (AV-13)."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from allant.outreach.models import Channel, Template
from allant.outreach.sms.segments import ALPHABET, TooLong, cut
from allant.outreach.templates import RIGHT_TO_LEFT, TYPES, USUAL, fill, placeholders

# What people write and the SMS alphabet lacks, and what is read the same.
_SAME = {"’": "'", "‘": "'", "«": '"', "»": '"', "“": '"', "”": '"', "…": "...", "–": "-", "—": "-", "œ": "oe", "Œ": "OE",
         "\u00a0": " ", "\u202f": " ", "ç": "c", "•": "-"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Segments:
    """How an SMS travels: its alphabet, its characters and its parts."""

    alphabet: str
    characters: int
    parts: int
    forcing: tuple[str, ...]
    "Characters outside the SMS alphabet: each makes the whole text longer."
    proposal: str | None
    "The same text in the SMS alphabet, when only signs and accents stand in the way."
    proposal_parts: int | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """A wording with invented values."""

    template: Template
    subject: str
    body: str
    right_to_left: bool
    segments: Segments | None


def examples(template: Template) -> dict[str, Any]:
    """A value of nobody for each variable of a wording."""
    used = placeholders(f"{template.subject}\n{template.body}")
    return {name: TYPES[template.variables.get(name) or USUAL.get(name, "text")].example for name in used}


def preview(template: Template, values: Mapping[str, Any] | None = None) -> Preview:
    """The wording as a person would receive it."""
    subject, body = fill(template, examples(template) | dict(values or {}))
    segments = count(body) if template.channel == Channel.SMS else None
    return Preview(template, subject, body, template.language in RIGHT_TO_LEFT, segments)


def count(text: str) -> Segments:
    """How many SMS a text takes, what forces the short alphabet out, and a text that would not."""
    forcing = tuple(dict.fromkeys(character for character in text if character not in ALPHABET))
    proposal = in_alphabet(text) if forcing else None
    return Segments(
        alphabet="GSM-7" if not forcing else "UCS-2", characters=len(text), parts=_parts(text), forcing=forcing,
        proposal=proposal, proposal_parts=None if proposal is None else _parts(proposal),
    )  # fmt: skip


def in_alphabet(text: str) -> str | None:
    """The text with signs and accents of the SMS alphabet only, None when a letter has no equivalent."""
    said = "".join(_nearest(character) for character in text)
    return said if all(character in ALPHABET for character in said) else None


def _nearest(character: str) -> str:
    if character in ALPHABET:
        return character
    plain = "".join(part for part in unicodedata.normalize("NFKD", character) if not unicodedata.combining(part))
    return _SAME.get(character, plain)


def _parts(text: str) -> int:
    try:
        sms = cut(text, 0)
    except TooLong:
        return 256
    return len(sms.parts)
