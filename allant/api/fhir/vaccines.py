"""Vaccine codes: published terminologies on one side, the vaccines of the rule book on the other."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import Any

from allant.api.fhir import systems
from allant.doctrine import NotYetInForce, RuleBook, rules

UNSPECIFIED = {"system": systems.CVX, "code": "213"}  # CVX: a Covid-19 vaccine, which one is not said
UNKNOWN = "unknown"


def vaccine_of(codings: Iterable[tuple[str, str]], known_on: date) -> tuple[str | None, tuple[str, ...]]:
    """The vaccine that `(system, code)` pairs name, as the rules were known on a day; and the codes that were recognised.

    None when no code is known, or when they name several vaccines. ATC groups several products: it names none.
    """
    known = _vaccines_by_code(known_on)
    found = {}
    for system, code in codings:
        vaccine = known.get((systems.LOOSE_SYSTEMS.get(system, system), code))
        if vaccine:
            found[code] = vaccine
    vaccines = set(found.values())
    return (vaccines.pop() if len(vaccines) == 1 else None), tuple(found)


def concept_of(vaccine: str, known_on: date) -> dict[str, Any]:
    """The CodeableConcept of a vaccine of the rule book."""
    return _concepts(known_on).get(vaccine) or {"coding": [UNSPECIFIED], "text": "Vaccin non précisé"}


@lru_cache(maxsize=8)
def _vaccines_by_code(known_on: date) -> dict[tuple[str, str], str]:
    named = {}
    for vaccine, concept in _concepts(known_on).items():
        for coding in concept["coding"]:
            if coding["system"] != systems.ATC:
                named[coding["system"], coding["code"]] = vaccine
    named.update({(systems.CVX, UNSPECIFIED["code"]): UNKNOWN})
    return named


@lru_cache(maxsize=8)
def _concepts(known_on: date) -> dict[str, dict[str, Any]]:
    book = rules.as_known_on(known_on)
    published = {row["code"]: row for row in _collection(book, "covid.vaccine_codes", known_on)}
    return {row["code"]: _concept(row, published.get(row["code"])) for row in _collection(book, "covid.vaccines", known_on)}


def _collection(book: RuleBook, key: str, on: date) -> Iterable[Any]:
    try:
        return tuple(book.value(key, on))
    except NotYetInForce:
        return ()


def _concept(vaccine: Any, codes: Any) -> dict[str, Any]:
    coding = [
        {"system": systems.CVX, "code": vaccine["cvx"]},
        {"system": systems.EU_REGISTER, "code": vaccine["eu_number"]},
        {"system": systems.ATC, "code": vaccine["atc"]},
    ]
    if codes:
        coding += [{"system": systems.NUVA, "code": code} for code in codes["nuva"]]
        coding += [{"system": systems.CIP, "code": code} for code in codes["cip"]]
    return {"coding": coding, "text": vaccine["label"]}
