"""Doses given before the file knew of them: abroad, or before the service opened (VC-42). Pure."""

from __future__ import annotations

import re
from datetime import date

from allant.doctrine import RuleBook

LONGEST = 200  # characters of a proof
GIVEN_HERE = (
    "Dose injectée en France depuis l'ouverture du téléservice, le {opened_on:%d/%m/%Y} : elle s'enregistre dans l'onglet de "
    "vaccination, à sa date, par qui l'a injectée. Ici, seules les doses reçues à l'étranger ou avant ce jour."
)
IN_FRANCE = frozenset({"", "france", "fr", "fra"})  # what a country column holds when the dose was not given abroad, folded
_ABROAD = re.compile(r" \(à l'étranger : ([^()]+)\)$")


def proof_of(document: str, country: str) -> str:
    """What is kept of the document a dose is read from, with the country where it was given; '' is France."""
    abroad = f" (à l'étranger : {country})" if country else ""
    return f"{document.strip()[: LONGEST - len(abroad)]}{abroad}"


def is_abroad(proof: str) -> bool:
    """Whether a proof, as `proof_of` words it, says that the dose was given abroad."""
    return bool(_ABROAD.search(proof))


def parts_of(proof: str) -> tuple[str, str]:
    """The document and the country behind a proof that `proof_of` worded; '' is France, or not told."""
    found = _ABROAD.search(proof)
    return (proof[: found.start()], found.group(1)) if found else (proof, "")


def opening(book: RuleBook) -> date:
    """The day the téléservice opened, from its first professions."""
    return book.periods("teleservice.professions")[0].starts_on


def refused_as_history(occurred_on: date, proof: str, book: RuleBook) -> str:
    """Why a dose may not enter on a document, in French; '' when it was given abroad, or before the service opened."""
    opened_on = opening(book)
    return "" if is_abroad(proof) or occurred_on < opened_on else GIVEN_HERE.format(opened_on=opened_on)
