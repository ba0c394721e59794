"""The identity that FranceConnect states, as the register reads it (VC-62)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from allant.people.identification import PivotIdentity

FRANCE_CONNECT = "france-connect"
FRANCE = "99100"
SEXES = {"male": "M", "female": "F"}


def pivot_of(claims: Mapping[str, Any]) -> PivotIdentity:
    """The pivot identity of FranceConnect's claims; what is missing is empty."""
    country, place = _text(claims, "birthcountry"), _text(claims, "birthplace")
    return PivotIdentity(
        family_name=_text(claims, "family_name"),
        given_names=_text(claims, "given_name"),
        born=_text(claims, "birthdate"),
        sex=SEXES.get(_text(claims, "gender"), ""),
        birth_place=(place if country in ("", FRANCE) else country)[:5],
    )


def _text(claims: Mapping[str, Any], name: str) -> str:
    return str(claims.get(name) or "").replace("\0", "")[:200]
