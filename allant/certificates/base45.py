"""Base45 (RFC 9285) over arrays: the package of that name takes longer than checking the signature; it is the tests' oracle."""

from __future__ import annotations

import numpy as np

ALPHABET = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_STRANGE = 255
_VALUES = bytes(ALPHABET.index(letter) if letter in ALPHABET else _STRANGE for letter in range(256))
_LETTERS = np.frombuffer(ALPHABET, np.uint8)
_WEIGHTS = np.array([1, 45, 2025], np.uint32)


def encode(data: bytes) -> str:
    """Three letters for two bytes, two for a last one."""
    pairs = np.frombuffer(data[: len(data) & ~1], ">u2").astype(np.uint32)
    digits = np.stack((pairs % 45, pairs // 45 % 45, pairs // 2025), axis=1)
    text = _LETTERS[digits].tobytes()
    if len(data) % 2:
        text += bytes((ALPHABET[data[-1] % 45], ALPHABET[data[-1] // 45]))
    return text.decode("ascii")


def decode(text: str) -> bytes:
    """The bytes. Raises ValueError for a letter outside the alphabet, a length or a group that no bytes give."""
    values = np.frombuffer(text.encode("ascii").translate(_VALUES), np.uint8)
    if len(values) % 3 == 1 or (values == _STRANGE).any():
        raise ValueError("not base45")
    whole = len(values) // 3 * 3
    pairs = values[:whole].reshape(-1, 3) @ _WEIGHTS
    last = values[whole:].astype(np.uint32) @ _WEIGHTS[:2] if len(values) > whole else 0
    if (pairs > 0xFFFF).any() or last > 0xFF:
        raise ValueError("not base45")
    end = bytes((int(last),)) if len(values) > whole else b""
    return pairs.astype(">u2").tobytes() + end
