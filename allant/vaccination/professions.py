"""Professions of the téléservice in words: their codes, and those of the Annuaire santé, to one list (VC-20, VC-51)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import Literal

from allant.directory.models import Practitioner
from allant.doctrine import NotYetInForce, RuleBook
from allant.vaccination.rights import rights_of


def profession_code(seen: str, on: date, book: RuleBook) -> str:
    """The code of `teleservice.professions` for one of it or of the Annuaire santé; empty when it is neither."""
    codes = {row["code"]: row["code"] for row in _rows(on, book)}
    by_annuaire = {row["annuaire_code"]: row["code"] for row in _rows(on, book) if row["annuaire_code"]}
    return str(codes.get(seen) or by_annuaire.get(seen, ""))


def profession_label(seen: str, on: date, book: RuleBook) -> str:
    """Its French name; what was seen when nothing names it."""
    code = profession_code(seen, on, book)
    return next((str(row["label"]) for row in _rows(on, book) if row["code"] == code), seen)


def not_allowed(practitioner: Practitioner, act: Literal["declare", "record"], on: date, book: RuleBook) -> str:
    """Why a professional may not do it on a day (VC-02), in French; empty when they may, or for an unknown profession."""
    return profession_not_allowed(practitioner.profession, act, on, book)


@lru_cache(maxsize=1_024)  # asked for each act that a program sends; a book of rules does not change
def profession_not_allowed(seen: str, act: Literal["declare", "record"], on: date, book: RuleBook) -> str:
    """`not_allowed`, of the code of a profession."""
    code = profession_code(seen, on, book)
    if not code or getattr(rights := rights_of(code, on, book), act):
        return ""
    what = "déclarer une éligibilité" if act == "declare" else "enregistrer une vaccination"
    later = f" Elle le pourra à partir du {rights.opens_on:%d/%m/%Y}." if rights.opens_on else ""
    return f"La profession « {profession_label(seen, on, book)} » ne peut pas {what} le {on:%d/%m/%Y}.{later}"


def _rows(on: date, book: RuleBook) -> Iterable[dict[str, str]]:
    try:
        return tuple(book.value("teleservice.professions", on))
    except NotYetInForce:
        return ()
