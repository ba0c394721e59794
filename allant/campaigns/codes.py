"""Targeting codes (TG-07): twelve characters that a patient can read out and nobody can guess.

A code is eleven characters that encrypt a serial number, then a check character. The database keeps the serial and the
version of the key, never the code: a leaked table opens nothing, and a typed code is decrypted to find its row.

The cipher is a Feistel network over 31^5 x 31^6 (the layout of NIST SP 800-38G's FF1: radix 31, ten rounds) whose round
function is AES on one block; it permutes the serials, so two serials never give one code. It works on arrays: one AES call
a round for a whole wave.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""31 characters; 0, 1, I, L and O are left out because they are mistaken for one another."""

BASE = len(ALPHABET)
BODY = 11
LENGTH = BODY + 1
CAPACITY = BASE**BODY
ROUNDS = 10
_LEFT, _RIGHT = BASE**5, BASE**6
# Weights 12…2 on the body and 1 on the check character: neighbours differ by one and none is a multiple of 31, so every
# substitution of one character and every swap of two neighbours changes the sum.
_WEIGHTS = np.arange(LENGTH, 0, -1, dtype=np.int64)
_SYMBOLS = np.frombuffer(ALPHABET.encode(), dtype=np.uint8)
_VALUES = np.full(256, -1, dtype=np.int64)
_VALUES[_SYMBOLS] = np.arange(BASE)

Serials = npt.NDArray[np.uint64]


class Mistyped(ValueError):
    """What was typed cannot be a code: wrong length, character or check. The message is in French, without the code."""


@dataclass(frozen=True)
class Key:
    """One version of the secret: 32 bytes. Old versions stay to read old codes."""

    version: int
    secret: bytes

    def __post_init__(self) -> None:
        if len(self.secret) != 32:
            raise ValueError(f"A code key has 32 bytes, this one {len(self.secret)}.")

    def __repr__(self) -> str:
        return f"Key(version={self.version})"


def render(serials: npt.ArrayLike, key: Key) -> list[str]:
    """The codes of these serials, in order. Serials are below `CAPACITY`."""
    body = _digits(_encrypt(_checked(serials), key), BODY)
    check = -(body @ _WEIGHTS[:BODY]) % BASE
    symbols = _SYMBOLS[np.column_stack([body, check])]
    return [row.tobytes().decode() for row in symbols]


def read(typed: str, key: Key) -> int:
    """The serial behind a typed code; case, spaces and dashes do not matter. Raises `Mistyped`."""
    values = _values(typed)
    body = values[:BODY]
    number = 0
    for value in body.tolist():
        number = number * BASE + value
    return int(_decrypt(np.array([number], dtype=np.uint64), key)[0])


def read_many(typed: Sequence[str], keys: Sequence[Key]) -> tuple[list[Serials], dict[int, str]]:
    """The serials behind many typed codes, an array a key; and place → message of those that `read` would refuse.

    The serial of a refused one means nothing.
    """
    texts = [_compact(text) for text in typed]
    shaped = np.array([len(text) == LENGTH and text.isascii() for text in texts], dtype=bool)
    symbols = "".join(text if good else ALPHABET[0] * LENGTH for text, good in zip(texts, shaped.tolist(), strict=True))
    values = _VALUES[np.frombuffer(symbols.encode(), dtype=np.uint8)].reshape(-1, LENGTH)
    right = shaped & (values >= 0).all(axis=1) & (values @ _WEIGHTS % BASE == 0)
    powers = np.array([BASE**power for power in range(BODY - 1, -1, -1)], dtype=np.int64)
    numbers = (np.maximum(values[:, :BODY], 0) @ powers).astype(np.uint64)
    refused = {place: _why_not(texts[place]) for place in np.flatnonzero(~right).tolist()}
    return [_decrypt(numbers, key) for key in keys], refused


def _why_not(text: str) -> str:
    try:
        _values(text)
    except Mistyped as error:
        return str(error)
    raise AssertionError("a code is refused without a reason")


def _compact(typed: str) -> str:
    return "".join(character for character in typed.upper() if not character.isspace() and character not in "-.·")


def _values(typed: str) -> npt.NDArray[np.int64]:
    text = _compact(typed)
    if len(text) != LENGTH:
        raise Mistyped(f"Le code comporte {LENGTH} caractères ; {len(text)} ont été saisis.")
    values = _VALUES[np.frombuffer(text.encode("latin-1", "replace"), dtype=np.uint8)]
    if (values < 0).any():
        place = int(np.argmax(values < 0)) + 1
        raise Mistyped(f"Le caractère n° {place} n'existe pas dans un code (jamais de 0, 1, I, L ni O) : vérifiez la saisie.")
    if int(values @ _WEIGHTS) % BASE:
        raise Mistyped("Le code comporte une faute de frappe : vérifiez chaque caractère.")
    return values


def _checked(serials: npt.ArrayLike) -> Serials:
    array = np.asarray(serials, dtype=np.uint64)
    if array.size and int(array.max()) >= CAPACITY:
        raise ValueError("A serial is beyond what eleven characters can carry.")
    return array


def _digits(numbers: Serials, count: int) -> npt.NDArray[np.int64]:
    powers = np.array([BASE**power for power in range(count - 1, -1, -1)], dtype=np.uint64)
    return ((numbers[:, None] // powers) % np.uint64(BASE)).astype(np.int64)


def _encrypt(numbers: Serials, key: Key) -> Serials:
    left, right = numbers // np.uint64(_RIGHT), numbers % np.uint64(_RIGHT)
    moduli = (_LEFT, _RIGHT)
    for turn in range(ROUNDS):
        left, right = right, (left + _round(turn, right, key) % np.uint64(moduli[turn % 2])) % np.uint64(moduli[turn % 2])
    return left * np.uint64(_RIGHT) + right


def _decrypt(numbers: Serials, key: Key) -> Serials:
    left, right = numbers // np.uint64(_RIGHT), numbers % np.uint64(_RIGHT)
    moduli = (_LEFT, _RIGHT)
    for turn in reversed(range(ROUNDS)):
        modulus = np.uint64(moduli[turn % 2])
        left, right = (right + modulus - _round(turn, left, key) % modulus) % modulus, left
    return left * np.uint64(_RIGHT) + right


def _round(turn: int, half: Serials, key: Key) -> Serials:
    """AES of (round, key version, half), its first eight bytes as a number."""
    blocks = np.zeros((half.size, 2), dtype="<u8")
    blocks[:, 0] = np.uint64(turn | key.version << 8)
    blocks[:, 1] = half
    # ECB on one-block inputs is AES used as a pseudo-random function, not a mode for messages.
    encryptor = Cipher(algorithms.AES(key.secret), modes.ECB()).encryptor()  # nosec
    return np.frombuffer(encryptor.update(blocks.tobytes()), dtype="<u8").reshape(-1, 2)[:, 0]
