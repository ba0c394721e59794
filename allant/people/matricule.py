"""Matricules: the numbers insured persons bear (ID-03).

Pure: a text in, a verdict out. The number itself never appears in a reason, so that a reason may be logged or shown.

| kind | shape | key |
| --- | --- | --- |
| NIR, NIA | sex `[12]`, year, month (01-12, or 20-99 when unknown), département (or 2A, 2B), commune, order | 97 − (N mod 97) |
| NNP | `[78][12]`, fund (3), order (8) | none |
| MIG (migrant de passage) | `[56][12]`, fund (3), order (8) | none |

Digits alone cannot tell a NIA from a NIR: the register stores the kind, and a verdict says `NIR/NIA`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

LENGTH = 13
NIR_OR_NIA, NNP, MIG = "NIR/NIA", "NNP", "MIG"
_KIND_BY_FIRST_DIGIT = {"1": NIR_OR_NIA, "2": NIR_OR_NIA, "7": NNP, "8": NNP, "5": MIG, "6": MIG}
# The Corsican départements count as 19 and 18 in the key.
_CORSICA = {"2A": "19", "2B": "18"}


@dataclass(frozen=True)
class Verdict:
    """What the text is: `value` holds 13 characters when it is valid, and None otherwise; `reasons` are in French."""

    value: str | None = field(repr=False)
    kind: str | None
    reasons: tuple[str, ...] = ()

    @property
    def valid(self) -> bool:
        """True when no reason speaks against it."""
        return not self.reasons


def key(value: str) -> int:
    """Key of a 13-character NIR or NIA: 97 − (N mod 97), between 1 and 97."""
    digits = value[:5] + _CORSICA.get(value[5:7], value[5:7]) + value[7:13]
    return 97 - int(digits) % 97


def parse(text: str) -> Verdict:
    """Judge a typed matricule of 13 characters, or 15 with its key; spaces, dots and hyphens between groups are ignored."""
    compact = re.sub(r"[\s.\-\u2011\u2013]", "", text).upper()
    kind = _KIND_BY_FIRST_DIGIT.get(compact[:1])
    reasons = _shape_reasons(compact, kind)
    if not reasons:
        reasons = _nir_reasons(compact) if kind == NIR_OR_NIA else _keyless_reasons(compact, str(kind))
    return Verdict(None if reasons else compact[:LENGTH], kind, tuple(reasons))


def _shape_reasons(compact: str, kind: str | None) -> list[str]:
    if not compact:
        return ["Matricule vide : saisissez 13 caractères, ou 15 avec la clé."]
    reasons = []
    if len(compact) not in (LENGTH, LENGTH + 2):
        reasons.append(f"Longueur : {len(compact)} caractères lus, 13 attendus (15 avec la clé).")
    letters = compact[:5] + compact[7:] + ("" if compact[5:7] in _CORSICA else compact[5:7])
    if not re.fullmatch(r"[0-9]*", letters):
        reasons.append(
            "Caractères : des chiffres sont attendus ; seules lettres admises, 2A ou 2B au département (6e et 7e caractères)."
        )
    if kind is None:
        reasons.append("Premier caractère : 1 ou 2 (NIR, NIA), 7 ou 8 (NNP), 5 ou 6 (migrant de passage) attendu.")
    return reasons


def _nir_reasons(compact: str) -> list[str]:
    reasons = []
    if not (1 <= int(compact[3:5]) <= 12 or int(compact[3:5]) >= 20):
        reasons.append(f"Mois de naissance : {compact[3:5]} lu, 01 à 12 attendu (20 à 99 si le mois est inconnu).")
    if compact[5:7] == "00":
        reasons.append("Département de naissance : 00 lu, 01 à 99, 2A ou 2B attendu (99 : né à l'étranger).")
    if compact[7:10] == "000":
        reasons.append("Commune de naissance : 000 lu, 001 à 999 attendu.")
    if compact[10:13] == "000":
        reasons.append("Numéro d'ordre : 000 lu, 001 à 999 attendu.")
    # The right key is not told: whoever mistyped a digit would adopt it and bear somebody else's number.
    if len(compact) > LENGTH and int(compact[LENGTH:]) != key(compact):
        reasons.append(
            f"Clé : {compact[LENGTH:]} ne correspond pas aux 13 premiers caractères ; vérifiez le numéro chiffre par chiffre."
        )
    return reasons


def _keyless_reasons(compact: str, kind: str) -> list[str]:
    reasons = []
    if len(compact) != LENGTH:
        reasons.append(f"Longueur : {len(compact)} caractères lus ; un {kind} a 13 caractères et pas de clé.")
    if compact[1] not in "12":
        reasons.append(f"Deuxième caractère : {compact[1]} lu, 1 ou 2 (sexe) attendu.")
    if not compact.isdigit():
        reasons.append(f"Caractères : un {kind} ne contient que des chiffres.")
    return reasons
