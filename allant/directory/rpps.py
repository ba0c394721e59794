"""The RPPS number of a health professional: ten digits, then a key by Luhn's formula, that of bank cards."""

from __future__ import annotations

LENGTH = 11
WRONG_KEY = "RPPS impossible : sa clé, le dernier chiffre, ne correspond pas aux autres. Vérifiez chaque chiffre."


def key_of(body: str) -> str:
    """The last digit of the number whose first ten are these."""
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(body))]
    return str(-sum(value // 10 + value % 10 for value in doubled) % 10)


def has_key(number: str) -> bool:
    """Whether eleven digits end with the key of the others: one digit mistyped, or two neighbours swapped, and they do not."""
    return number[-1:] == key_of(number[:-1])


def why_unreadable(typed: str) -> str:
    """Why what was typed is no RPPS number, in French, without repeating it; '' when it may be one. Spaces are left out."""
    number = "".join(typed.split())
    if not (number.isascii() and number.isdigit() and len(number) == LENGTH):
        return f"RPPS illisible : {LENGTH} chiffres attendus, {len(number)} caractères saisis."
    return "" if has_key(number) else WRONG_KEY
