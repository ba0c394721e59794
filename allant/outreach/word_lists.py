"""How what people type is compared with lists of words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable


def bare(text: str) -> str:
    """A text without case, accents, punctuation, or more than one space between its words."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))
    return " ".join(re.sub(r"[\W_]+", " ", plain.casefold()).split())


def among(words: Iterable[str]) -> set[str]:
    """A list of words, bare."""
    return {bare(word) for word in words}
