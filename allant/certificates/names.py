"""Names as certificates write them: in the letters of passports (ICAO 9303), and in capitals for the 2D-DOC. Pure."""

from __future__ import annotations

import unicodedata

LONGEST = 80
_APART = str.maketrans({"ß": "SS", "Æ": "AE", "æ": "AE", "Œ": "OE", "œ": "OE", "Ø": "OE", "ø": "OE", "Å": "AA", "å": "AA",
                        "Þ": "TH", "þ": "TH", "Đ": "D", "đ": "D", "Ł": "L", "ł": "L", "ı": "I"})  # fmt: skip
_NOTHING = "'’ʼ`.,"


def standardised(name: str) -> str:
    """`Léa-Rose d'Œuvre` → `LEA<ROSE<DOEUVRE`; letters that passports do not have are left out, `X` when none is left."""
    words = "".join(" " if letter in "- \u00a0" else letter for letter in _plain(name)).split()
    return "<".join("".join(letter for letter in word if "A" <= letter <= "Z") for word in words).strip("<")[:LONGEST] or "X"


def capitals(name: str) -> str:
    """`Léa-Rose d'Œuvre` → `LEA-ROSE DOEUVRE`."""
    kept = (letter for letter in _plain(name) if "A" <= letter <= "Z" or letter in " -")
    return " ".join("".join(kept).split())[:LONGEST] or "X"


def _plain(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name.translate(_APART))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter) and letter not in _NOTHING).upper()
