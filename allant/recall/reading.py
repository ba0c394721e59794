"""Reading what a person types about their own vaccination, as the command and the page take it."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Any

from allant.doctrine import NotYetInForce, RuleBook

VACCINES = "covid.vaccines"


class Impossible(ValueError):
    """What was typed cannot be; says why in French."""


def vaccines(book: RuleBook, on: date) -> tuple[Mapping[str, Any], ...]:
    """The vaccines of the rule book on a day: code, label, maker."""
    try:
        return tuple(book.value(VACCINES, on))
    except NotYetInForce:
        return ()


def vaccine_named(typed: str, book: RuleBook, on: date) -> str:
    """The code of a vaccine by its code, name or maker, however it is cased. Raises Impossible with the names."""
    known = vaccines(book, on)
    wanted = _plain(typed)
    for row in known:
        names = {row["code"], row["label"], row["maker"], *row["label"].replace("(", "").replace(")", "").split()}
        if wanted and wanted in {_plain(name) for name in (*names, *row["maker"].split("-"))}:
            return str(row["code"])
    listed = ", ".join(row["label"] for row in known) or "aucun vaccin autorisé ce jour-là"
    raise Impossible(f"Vaccin « {typed[:40]} » inconnu. Attendu : {listed}.")


def check_dates(birth_date: date, last_dose: date, infection: date | None) -> None:
    """Raises Impossible for a dose or an infection before the birth."""
    if last_dose < birth_date:
        raise Impossible("La dose est antérieure à la naissance : vérifiez les deux dates.")
    if infection and infection < birth_date:
        raise Impossible("L'infection est antérieure à la naissance : vérifiez les deux dates.")


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if letter.isalnum())
