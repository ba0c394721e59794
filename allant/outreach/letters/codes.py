"""The code printed above the address: it names a letter, nobody else, and cannot be mistyped into another."""

from __future__ import annotations

from django.utils.crypto import constant_time_compare, salted_hmac

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U
_READ = str.maketrans("ILO", "110")
NUMBER, MARK = 8, 4
LETTER = "allant.outreach.letter"
"""What the mark of a letter's code is made with; another paper's number bears its own."""


class BadCode(ValueError):
    """What was typed or scanned is no code of a letter; the message says so in French."""


def printed(message: int, *, salt: str = LETTER) -> str:
    """The code of a letter (or, with a salt of its own, the number of another paper), three groups of four."""
    digits, number = "", message
    for _ in range(NUMBER):
        number, digit = divmod(number, 32)
        digits = ALPHABET[digit] + digits
    code = digits + _mark(message, salt)
    return f"{code[:4]} {code[4:8]} {code[8:]}"


def read(typed: str, *, salt: str = LETTER) -> int:
    """The letter of a code as typed or scanned. Raises BadCode."""
    code = "".join(character for character in typed.upper() if character.isalnum()).translate(_READ)
    if len(code) != NUMBER + MARK or any(character not in ALPHABET for character in code):
        raise BadCode("Un code de courrier a douze caractères, imprimés au-dessus de l'adresse.")
    message = 0
    for character in code[:NUMBER]:
        message = 32 * message + ALPHABET.index(character)
    if not constant_time_compare(code[NUMBER:], _mark(message, salt)):
        raise BadCode("Ce code est mal recopié : vérifiez-le sur l'enveloppe.")
    return message


def _mark(message: int, salt: str) -> str:
    digest = salted_hmac(salt, str(message), algorithm="sha256").digest()
    return "".join(ALPHABET[byte % 32] for byte in digest[:MARK])
