"""A text cut into the parts that a handset puts together again: GSM 7-bit where it can, UCS-2 otherwise.

Alphabet and sizes: 3GPP TS 23.038 (default alphabet and its extension) and TS 23.040 (concatenation, 8-bit reference). The client
library cuts too, but may cut an escaped character in two and draws the reference at random: a part sent again would be another.
"""

from __future__ import annotations

from dataclasses import dataclass

GSM_7, UCS_2 = 0x00, 0x08  # data_coding
_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPED = {"\f": 0x0A, "^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2F, "[": 0x3C, "~": 0x3D, "]": 0x3E, "|": 0x40, "€": 0x65}
_CODES = {character: bytes([code]) for code, character in enumerate(_BASIC) if character != "\x1b"}
_CODES |= {character: bytes([0x1B, code]) for character, code in _ESCAPED.items()}
ALPHABET = frozenset(_CODES)
"""The characters that keep a text in GSM 7-bit."""
SIZES = {GSM_7: (160, 153), UCS_2: (140, 134)}
"""data_coding → octets of a text alone, of each part of a longer one (one octet a 7-bit character as it is given)."""
MOST = 255


class TooLong(ValueError):
    """A text of more parts than can be numbered; says so in French."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A text ready to leave: `parts` without their headers, in order."""

    coding: int
    parts: tuple[bytes, ...]
    reference: int

    def body(self, number: int) -> bytes:
        """The octets of part `number` (1, 2…), with its concatenation header when there are several."""
        if len(self.parts) == 1:
            return self.parts[0]
        return bytes([5, 0, 3, self.reference, len(self.parts), number]) + self.parts[number - 1]


def cut(text: str, reference: int) -> Cut:
    """Cut a text; `reference` tells its parts from those of another: only its low octet is used. Raises TooLong."""
    coding, characters = _encoded(text)
    alone, each = SIZES[coding]
    if sum(map(len, characters)) <= alone:
        return Cut(coding, (b"".join(characters),), reference & 0xFF)
    parts = [b""]
    for character in characters:
        if len(parts[-1]) + len(character) > each:
            parts.append(b"")
        parts[-1] += character
    if len(parts) > MOST:
        raise TooLong(f"Texte de {len(parts)} SMS : {MOST} au plus. Raccourcissez le modèle.")
    return Cut(coding, tuple(parts), reference & 0xFF)


def _encoded(text: str) -> tuple[int, list[bytes]]:
    """Whole characters, so that none is cut in two."""
    try:
        return GSM_7, [_CODES[character] for character in text]
    except KeyError:
        return UCS_2, [character.encode("utf-16-be", "replace") for character in text]


def decoded(body: bytes) -> str:
    """The text of octets of the default alphabet, one a character; what is not in it becomes « ? »."""
    text, escaped = "", False
    for octet in body:
        if octet == 0x1B:
            escaped = True
            continue
        text += _FROM_ESCAPED.get(octet, "?") if escaped else _BASIC[octet] if octet < len(_BASIC) else "?"
        escaped = False
    return text


_FROM_ESCAPED = {code: character for character, code in _ESCAPED.items()}
