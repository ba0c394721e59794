"""From the text of a QR code to a signed CBOR message and back (HCERT: `HC1:`, base45, zlib, COSE_Sign1, CWT).

Nothing here trusts its input: sizes are bounded before anything is made, whatever is not foreseen is refused as `Malformed`, and
what comes out holds plain values only.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

import cbor2

from allant.certificates import base45

PREFIX = "HC1:"
LONGEST_TEXT = 8_000  # letters: twice what a QR code holds
LONGEST_CONTENT = 16_384  # bytes once inflated: certificates have some 300, a bomb would have millions
MEMORY = 5  # zlib's memLevel: clearing the usual 256 KiB takes longer than deflating 300 bytes
DEEPEST, MOST_VALUES, LARGEST_NUMBER = 12, 1_000, 2**63
SIGN1, CWT, SELF_DESCRIBED = 18, 61, 55_799
ALG, KID = 1, 4
ISSUER, EXPIRES, ISSUED, HCERT, DCC = 1, 4, 6, -260, 1
ES256, PS256 = -7, -37
LAST_INSTANT = 253_402_300_799  # seconds: the year 9999


class Malformed(ValueError):
    """A text that is no certificate; `code` says which of its layers is wrong."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Signed:
    """A COSE_Sign1 message: what was signed, how, by which key."""

    protected: bytes
    payload: bytes
    signature: bytes
    kid: bytes
    algorithm: int | None

    @property
    def to_be_signed(self) -> bytes:
        """The Sig_structure of RFC 9052, without external data."""
        return b"\x84\x6aSignature1" + _byte_string(self.protected) + b"\x40" + _byte_string(self.payload)


@dataclass(frozen=True)
class Claims:
    """What the message states: who issued it, when, until when, and the certificate itself."""

    issuer: str
    issued_at: datetime | None
    expires_at: datetime | None
    certificate: Mapping[str, Any]


def _byte_string(data: bytes) -> bytes:
    """A CBOR byte string: its length, then itself."""
    size = len(data)
    if size < 24:
        return bytes((0x40 + size,)) + data
    return (bytes((0x58, size)) if size < 256 else b"\x59" + size.to_bytes(2)) + data


def open_text(text: str) -> Signed:
    """The signed message behind a text. Raises Malformed."""
    return signed_message(_inflated(_unarmoured(text)))


def claims_of(signed: Signed) -> Claims:
    """What the message states, whoever signed it. Raises Malformed."""
    claims = _loaded(signed.payload, "cwt")
    if type(claims) is not dict:
        raise Malformed("cwt")
    holder = claims.get(HCERT)
    certificate = holder.get(DCC) if isinstance(holder, dict) else None
    issuer = claims.get(ISSUER, "")
    if type(certificate) is not dict or not isinstance(issuer, str) or not all(type(key) is str for key in certificate):
        raise Malformed("cwt")
    content = _plain(certificate, [MOST_VALUES])
    return Claims(issuer, _instant(claims.get(ISSUED)), _instant(claims.get(EXPIRES)), content)


def write_text(message: bytes) -> str:
    """The text of a QR code for a signed message."""
    engine = zlib.compressobj(9, memLevel=MEMORY)
    return PREFIX + base45.encode(engine.compress(message) + engine.flush())


def payload(issuer: str, issued_at: datetime, expires_at: datetime, certificate: Mapping[str, Any]) -> bytes:
    """The CWT that states a certificate."""
    times = {EXPIRES: int(expires_at.timestamp()), ISSUED: int(issued_at.timestamp())}
    return bytes(cbor2.dumps({ISSUER: issuer, **times, HCERT: {DCC: dict(certificate)}}))


@lru_cache(maxsize=64)
def protected_header(algorithm: int, kid: bytes) -> bytes:
    """The protected header of our own messages."""
    return bytes(cbor2.dumps({ALG: algorithm, KID: kid}))


def sign1(protected: bytes, content: bytes, signature: bytes) -> bytes:
    """The COSE_Sign1 message of a signature."""
    return bytes(cbor2.dumps(cbor2.CBORTag(SIGN1, [protected, {}, content, signature])))


def signed_message(message: bytes) -> Signed:
    """A COSE_Sign1 message; tags missing or doubled, and a `kid` left unprotected, occur. Raises Malformed."""
    found = _loaded(message, "cose")
    for _ in range(3):
        if isinstance(found, cbor2.CBORTag) and found.tag in (SIGN1, CWT, SELF_DESCRIBED):
            found = found.value
    if not isinstance(found, list | tuple) or len(found) != 4:
        raise Malformed("cose")
    protected, unprotected, content, signature = found
    if not all(isinstance(part, bytes) for part in (protected, content, signature)) or not isinstance(unprotected, dict):
        raise Malformed("cose")
    algorithm, kid = _header(protected)
    kid = kid or unprotected.get(KID, b"")
    algorithm = unprotected.get(ALG) if algorithm is None else algorithm
    if not isinstance(kid, bytes) or not isinstance(algorithm, int | None):
        raise Malformed("cose")
    return Signed(protected, content, signature, kid, algorithm)


@lru_cache(maxsize=1_024)
def _header(protected: bytes) -> tuple[int | None, bytes]:
    """Algorithm and `kid`; the same few bytes for every certificate of a key."""
    header = _loaded(protected, "cose") if protected else {}
    if not isinstance(header, dict):
        raise Malformed("cose")
    algorithm, kid = header.get(ALG), header.get(KID, b"")
    if not isinstance(algorithm, int | None) or not isinstance(kid, bytes):
        raise Malformed("cose")
    return algorithm, kid


def _unarmoured(text: str) -> bytes:
    stripped = text.strip()  # a space is a letter of base45, but never the last one
    if not stripped.startswith(PREFIX):
        raise Malformed("prefix")
    if len(stripped) > LONGEST_TEXT:
        raise Malformed("too_long")
    try:
        return base45.decode(stripped.removeprefix(PREFIX))
    except ValueError:  # UnicodeEncodeError is one
        raise Malformed("base45") from None


def _inflated(data: bytes) -> bytes:
    """The content, inflated no further than a certificate can be; some issuers do not deflate at all."""
    if data[:1] != b"\x78":
        return data
    engine = zlib.decompressobj()
    try:
        content = engine.decompress(data, LONGEST_CONTENT)
    except zlib.error:
        raise Malformed("zlib") from None
    if engine.unconsumed_tail:
        raise Malformed("too_long")
    if not engine.eof:
        raise Malformed("zlib")
    return content


def _loaded(data: bytes, code: str) -> Any:
    """One CBOR value. The library bounds nesting; what its tags make of hostile values may raise anything."""
    if len(data) > LONGEST_CONTENT:
        raise Malformed("too_long")
    try:
        return cbor2.loads(data)
    except Exception:
        raise Malformed(code) from None


def _plain(value: Any, budget: list[int], depth: int = 0) -> Any:
    """The value when all it holds is plain, shallow and small, tagged dates as the schema writes them. Raises Malformed.

    `budget`: how many values may still be met; references let a few bytes stand for very many.
    """
    kind = type(value)
    if kind is str or kind is bytes or kind is bool or value is None or kind is float:
        return value
    if kind is int:
        if -LARGEST_NUMBER <= value < LARGEST_NUMBER:
            return value
        raise Malformed("cwt")
    budget[0] -= len(value) if kind is dict or kind is list else 1
    if depth == DEEPEST or budget[0] < 0:
        raise Malformed("cwt")
    if kind is dict:
        if any(type(key) is not str and type(key) is not int for key in value):
            raise Malformed("cwt")
        return {key: _plain(part, budget, depth + 1) for key, part in value.items()}
    if kind is list:
        return [_plain(part, budget, depth + 1) for part in value]
    if isinstance(value, datetime):
        at_midnight = (value.hour, value.minute, value.second) == (0, 0, 0)
        return value.date().isoformat() if at_midnight else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    raise Malformed("cwt")


def _instant(value: Any) -> datetime | None:
    """A NumericDate, tagged or not. Raises Malformed."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LAST_INSTANT:
        raise Malformed("cwt")
    return datetime.fromtimestamp(value, UTC)
