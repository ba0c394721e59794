"""The lists that the forms of a file choose from, as the doctrine of the day says."""

from __future__ import annotations

from datetime import date

from allant import geography
from allant.doctrine import RuleBook
from allant.geography import Place

Choices = list[tuple[str, str]]

POSTCODE_LENGTH = 5


def choices(book: RuleBook, on: date, key: str, first: str = "") -> Choices:
    """(code, label) of a table of the téléservice (`places`, `patient_activities`, `injection_sites`), after an empty one."""
    listed = [(row["code"], row["label"]) for row in book.value(f"teleservice.{key}", on)]
    return [("", first or "Choisir"), *listed]


def label_of(book: RuleBook, on: date, key: str, code: str) -> str:
    """The label of a code of a table; the code itself when the table of that day does not have it."""
    return dict(choices(book, on, key)).get(code, code)


def professions(book: RuleBook, on: date) -> Choices:
    """(code, label) of the health professions of the annex."""
    return [("", "Choisir"), *((row["code"], row["label"]) for row in book.value("teleservice.professions", on))]


def communes_of(postcode: str) -> list[Place]:
    """The communes of a whole postcode, the most populated first; none when the postcode does not exist."""
    if len(postcode) != POSTCODE_LENGTH or not postcode.isdigit():
        return []
    return [place for place in geography.find(postcode, limit=100) if place.postcode == postcode]
