"""Professions of the téléservice in words: their codes, and those of the Annuaire santé, to one list (VC-20, VC-51)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from allant.doctrine import NotYetInForce, RuleBook


def profession_code(seen: str, on: date, book: RuleBook) -> str:
    """The code of `teleservice.professions` for one of it or of the Annuaire santé; empty when it is neither."""
    codes = {row["code"]: row["code"] for row in _rows(on, book)}
    by_annuaire = {row["annuaire_code"]: row["code"] for row in _rows(on, book) if row["annuaire_code"]}
    return str(codes.get(seen) or by_annuaire.get(seen, ""))


def profession_label(seen: str, on: date, book: RuleBook) -> str:
    """Its French name; what was seen when nothing names it."""
    code = profession_code(seen, on, book)
    return next((str(row["label"]) for row in _rows(on, book) if row["code"] == code), seen)


def _rows(on: date, book: RuleBook) -> Iterable[dict[str, str]]:
    try:
        return tuple(book.value("teleservice.professions", on))
    except NotYetInForce:
        return ()
