"""Words of a file that name something of a short list: a vaccine, a site, a kind of place. Compared without accents nor case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any

from allant.doctrine import RuleBook
from allant.geography import fold


@dataclass(frozen=True)
class Choices:
    """The words that name each code, folded, and the labels to propose."""

    codes: Mapping[str, str]
    labels: tuple[str, ...]

    def code(self, word: str) -> str | None:
        """The code a word names; None when it names none."""
        return self.codes.get(fold(word))

    def hint(self, word: str) -> str:
        """The nearest label, or all of them."""
        near = get_close_matches(fold(word), self.codes, n=1)
        if near:
            right = self.codes[near[0]]
            return f" Vouliez-vous dire « {next(label for label in self.labels if self.codes[fold(label)] == right)} » ?"
        return f" Attendu : {', '.join(self.labels)}."


def vaccines(book: RuleBook) -> Choices:
    """Every vaccine the book knows, by name, maker, published codes and our own code."""
    codes: dict[str, str] = {}
    labels: dict[str, str] = {}
    for period in book.periods("covid.vaccines"):
        for vaccine in period.value:
            code = labels[str(vaccine["label"])] = str(vaccine["code"])
            for word in _words(vaccine):
                codes.setdefault(fold(word), code)
    for period in book.periods("covid.vaccine_codes"):
        for vaccine in period.value:
            codes.update({fold(number): str(vaccine["code"]) for name in ("cip", "nuva") for number in vaccine[name]})
    return Choices(codes, tuple(labels))


def _words(vaccine: Mapping[str, Any]) -> list[str]:
    label, maker = str(vaccine["label"]), str(vaccine["maker"])
    brand = label.split("(")[0].strip()
    numbers = [str(vaccine[name]) for name in ("cvx", "eu_number")]
    makers = [part for part in maker.split("-") if part]
    return [str(vaccine["code"]), label, brand, maker, *makers, *(f"{brand} {part}" for part in (maker, *makers)), *numbers]


def listed(book: RuleBook, key: str, on: date) -> Choices:
    """A table of codes and labels of the doctrine (`teleservice.places`…), as it stands on a day."""
    items = list(book.value(key, on))
    codes = {
        fold(word): str(item["code"]) for item in items for word in (item["code"], item["label"], item["label"].split("(")[0])
    }
    return Choices(codes, tuple(str(item["label"]) for item in items))
