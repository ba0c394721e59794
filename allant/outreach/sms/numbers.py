"""Mobile numbers as the register keeps them (`0639980001` or `+33639980001`) and as a centre writes them (`33639980001`)."""

from __future__ import annotations

FRANCE = "33"
# Country code of the first digits of a national number: overseas mobiles are dialled as French ones from France, but are other
# countries to a centre (Arcep, national numbering plan, mobile ranges).
OVERSEAS = {
    "0690": "590", "0691": "590", "0692": "262", "0693": "262", "0694": "594", "0696": "596", "0697": "596", "0639": "262",
}  # fmt: skip
FICTIONAL = "063998"
"""Kept for fiction in mainland France (Arcep), though 0639 is Mayotte's."""
_COUNTRIES = (FRANCE, *sorted(set(OVERSEAS.values())))


def international(value: str) -> str | None:
    """Digits of E.164 without +, None when it is no number."""
    digits = "".join(character for character in value if character.isdigit())
    if value.startswith("+") and 8 <= len(digits) <= 15:
        return digits
    if digits.startswith("00"):
        return international("+" + digits[2:])
    if len(digits) == 10 and digits.startswith("0"):
        country = FRANCE if digits.startswith(FICTIONAL) else OVERSEAS.get(digits[:4], FRANCE)
        return country + digits[1:]
    return None


def as_registered(digits: str) -> tuple[str, ...]:
    """Every way the register may hold a number that a centre gives in digits."""
    digits = digits.removeprefix("+").removeprefix("00")
    french = [country for country in _COUNTRIES if digits.startswith(country) and len(digits) == len(country) + 9]
    return ("+" + digits, *("0" + digits[len(country) :] for country in french))
