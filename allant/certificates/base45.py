"""Base45 (RFC 9285) over arrays: the package of that name takes longer than checking the signature; it is the tests' oracle."""

from __future__ import annotations

import numpy as np

ALPHABET = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUES = bytes(max(ALPHABET.find(letter), 0) for letter in range(256))
_WEIGHTS = np.array([1, 45, 2025], np.uint32)
_PAIRS = np.arange(65_536)
_GROUPS = np.frombuffer(ALPHABET, np.uint8)[np.stack((_PAIRS % 45, _PAIRS // 45 % 45, _PAIRS // 2025), axis=1)]
"""The three letters of every two bytes: 192 KiB, and encoding is one look-up."""


def encode(data: bytes) -> str:
    """Three letters for two bytes, two for a last one."""
    text: bytes = _GROUPS[np.frombuffer(data[: len(data) & ~1], ">u2")].tobytes()
    if len(data) % 2:
        text += bytes((ALPHABET[data[-1] % 45], ALPHABET[data[-1] // 45]))
    return text.decode("ascii")


def decode(text: str) -> bytes:
    """The bytes. Raises ValueError for a letter outside the alphabet, a length or a group that no bytes give."""
    letters = text.encode("ascii")
    if len(letters) % 3 == 1 or letters.translate(None, ALPHABET):
        raise ValueError("not base45")
    values = letters.translate(_VALUES)
    whole = len(values) // 3 * 3
    pairs = np.frombuffer(values, np.uint8, whole).reshape(-1, 3) @ _WEIGHTS
    last = values[whole] + 45 * values[whole + 1] if len(values) > whole else 0
    if pairs.max(initial=0) > 0xFFFF or last > 0xFF:
        raise ValueError("not base45")
    return pairs.astype(">u2").tobytes() + (bytes((last,)) if len(values) > whole else b"")
