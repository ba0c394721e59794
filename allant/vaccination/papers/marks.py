"""The mark of a paper: twenty characters that say which paper it is, to whoever asks whether it still stands.

A mark names a kind, a row and a state (the version, or for an attestation a digest of the doses listed). It is signed with the
site's key, so that none can be made up, and masked, so that it tells nothing to whoever decodes it: no identity, no count.

    99 bits = 36 of signature, then 2 of kind, 37 of row and 24 of state, masked by a key stream drawn from the signature

36 bits of signature are enough because a mark opens nothing: it answers "in force" or not, and guesses are throttled.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from allant.campaigns.codes import ALPHABET

LENGTH, GROUP = 20, 4
KIND_BITS, ROW_BITS, STATE_BITS, SIGNATURE_BITS = 2, 37, 24, 36
BODY_BITS = KIND_BITS + ROW_BITS + STATE_BITS
SALT = "allant.vaccination.papers"


class PaperKind(IntEnum):
    """What a paper is; the numbers are in circulation and never change."""

    DECLARATION = 0
    DOSE = 1
    ATTESTATION = 2
    RECORD = 3  # the two bits are used up: a fifth kind needs a longer mark


@dataclass(frozen=True)
class Mark:
    """`row`: id of the declaration or dose version, or of the person; `state`: its version, or `digest` of the doses listed."""

    kind: PaperKind
    row: int
    state: int


class UnreadableMark(ValueError):
    """What was typed is no mark of this site; the message is in French and does not repeat it."""


def digest(dose_ids: Iterable[int]) -> int:
    """24 bits that change with any dose added, corrected or removed."""
    return int.from_bytes(hashlib.sha256(",".join(map(str, dose_ids)).encode()).digest()[:3])


def write_mark(mark: Mark) -> str:
    """`ABCD-EFGH-JKMN-PQRS-TUVW`; the same mark is always written alike."""
    body = mark.kind << (ROW_BITS + STATE_BITS) | mark.row << STATE_BITS | mark.state
    signature = _signature(body, settings.SECRET_KEY)
    number = signature << BODY_BITS | body ^ _stream(signature, settings.SECRET_KEY)
    letters = ""
    for _ in range(LENGTH):
        number, rest = divmod(number, len(ALPHABET))
        letters = ALPHABET[rest] + letters
    return "-".join(letters[at : at + GROUP] for at in range(0, LENGTH, GROUP))


def read_mark(typed: str) -> Mark:
    """The mark behind what was typed or scanned; case, spaces and dashes do not matter. Raises UnreadableMark."""
    letters = [letter for letter in typed.upper() if letter.isalnum()]
    if len(letters) != LENGTH:
        raise UnreadableMark(f"Le code de contrôle comporte {LENGTH} caractères ; {len(letters)} ont été saisis.")
    number = 0
    for place, letter in enumerate(letters, 1):
        if letter not in ALPHABET:
            raise UnreadableMark(
                f"Le caractère n° {place} n'existe pas dans un code de contrôle (jamais de 0, 1, I, L ni O) : vérifiez la saisie."
            )
        number = number * len(ALPHABET) + ALPHABET.index(letter)
    for secret in _secrets():
        if mark := _opened(number, secret):
            return mark
    raise UnreadableMark("Ce code de contrôle n'est celui d'aucun document de ce service : vérifiez chaque caractère.")


def _opened(number: int, secret: str | bytes) -> Mark | None:
    signature, masked = number >> BODY_BITS, number & ((1 << BODY_BITS) - 1)
    if signature >> SIGNATURE_BITS:
        return None
    body = masked ^ _stream(signature, secret)
    kind = body >> (ROW_BITS + STATE_BITS)
    if not constant_time_compare(str(signature), str(_signature(body, secret))):
        return None
    return Mark(PaperKind(kind), body >> STATE_BITS & ((1 << ROW_BITS) - 1), body & ((1 << STATE_BITS) - 1))


def _signature(body: int, secret: str | bytes) -> int:
    return _bits(f"{SALT}.signature", body, secret, SIGNATURE_BITS)


def _stream(signature: int, secret: str | bytes) -> int:
    return _bits(f"{SALT}.mask", signature, secret, BODY_BITS)


def _bits(salt: str, value: int, secret: str | bytes, count: int) -> int:
    drawn = salted_hmac(salt, str(value), secret=secret, algorithm="sha256").digest()
    return int.from_bytes(drawn) >> (256 - count)


def _secrets() -> Iterator[str | bytes]:
    """The present key, then those it replaced: papers outlive keys."""
    yield settings.SECRET_KEY
    yield from settings.SECRET_KEY_FALLBACKS
