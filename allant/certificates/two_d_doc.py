"""The French 2D-DOC attestation of vaccination: type L1, perimeter 01, version 4 (RP-12). Written here, parsed by `tddoc`. Pure.

    DC04 | authority | certificate | emitted | signed | L1 | 01 | FR | fields | US | signature in base 32

A field is its two letters and its value; those whose length varies end with GS. Days count from 1 January 2000, in hexadecimal.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from tddoc.doc import TwoDDoc
from tddoc.header import Header

from allant.certificates.signing import Signer

TYPE, PERIMETER, COUNTRY = "L1", 1, "FR"
GS, US = "\x1d", "\x1f"
DISEASE, AGENT = "COVID-19", "J07BX03"
COMPLETE, TO_FINISH = "CO", "TE"
LONGEST = 1_000
LENGTHS = {"L0": 80, "L1": 80, "L3": 30, "L4": 15, "L5": 30, "L6": 30}  # those that vary, in characters at most
FIXED = ("L2", "L7", "L8", "L9", "LA")


class Unreadable(ValueError):
    """A text that is no 2D-DOC attestation of vaccination."""


@dataclass(frozen=True, kw_only=True)
class Attestation:
    """What it states; names and products in capitals. `birth` may be unknown in part: its day or month is then 00."""

    family_name: str
    given_names: str
    birth: str
    vaccine: str
    maker: str
    doses: int
    expected: int
    last_on: date
    complete: bool

    def fields(self) -> dict[str, str]:
        """By the two letters of each."""
        return {
            "L0": self.family_name, "L1": self.given_names, "L2": self.birth, "L3": DISEASE, "L4": AGENT, "L5": self.vaccine,
            "L6": self.maker, "L7": str(self.doses), "L8": str(self.expected), "L9": f"{self.last_on:%d%m%Y}",
            "LA": COMPLETE if self.complete else TO_FINISH,
        }  # fmt: skip


@dataclass(frozen=True)
class Read:
    """A 2D-DOC as read: which key it names, its fields, whether one of the keys given signed it (None: none is known)."""

    authority: str
    certificate: str
    emitted_on: date | None
    fields: Mapping[str, str]
    signature_valid: bool | None


def write(attestation: Attestation, signer: Signer, *, authority: str, certificate: str, on: date) -> str:
    """The text of the code, signed. `authority`, `certificate`: four characters each, the names in the X.509 certificate."""
    header = Header(4, authority, certificate, on, on, TYPE, PERIMETER, COUNTRY).to_code()
    fields = "".join(name + _value(name, value) for name, value in attestation.fields().items())
    signature = signer.sign((header + fields).encode("ascii"))
    return f"{header}{fields}{US}{base64.b32encode(signature).decode().rstrip('=')}"


def read(text: str, keys: Mapping[tuple[str, str], ec.EllipticCurvePublicKey]) -> Read:
    """Read and check a code; `keys` by authority and certificate. Raises Unreadable."""
    if len(text) > LONGEST or not text.isascii() or not text.startswith("DC"):
        raise Unreadable("not a 2D-DOC")
    try:
        found = TwoDDoc.from_code(text)
    except Exception:  # the parser says nothing of what hostile texts make it raise
        raise Unreadable("not a 2D-DOC") from None
    if found.header.doc_type_id != TYPE:
        raise Unreadable("not an attestation of vaccination")
    fields = {data.definition.id: _text(data.value) for data in found.message.dataset}
    named = found.header.ca_id, found.header.cert_id
    return Read(*named, found.header.emit_date, fields, _signed(found, keys.get(named)))


def keys_of(certificates: Mapping[bytes, x509.Certificate]) -> dict[tuple[str, str], ec.EllipticCurvePublicKey]:
    """Keys by the common names of issuer and subject, as 2D-DOC names them."""
    found = {}
    for certificate in certificates.values():
        names = [name.get_attributes_for_oid(x509.NameOID.COMMON_NAME) for name in (certificate.issuer, certificate.subject)]
        key = certificate.public_key()
        if all(names) and isinstance(key, ec.EllipticCurvePublicKey):
            found[str(names[0][0].value), str(names[1][0].value)] = key
    return found


def _value(name: str, value: str) -> str:
    if name in FIXED:
        return value
    cut = value[: LENGTHS[name]]
    return cut if len(cut) == LENGTHS[name] else cut + GS


def _text(value: object) -> str:
    return f"{value:%d%m%Y}" if isinstance(value, date) else str(value)


def _signed(found: TwoDDoc, key: ec.EllipticCurvePublicKey | None) -> bool | None:
    if key is None:
        return None
    from allant.certificates.trust import TrustedKey

    return TrustedKey(b"", key).signed(found.signature, found.signed_data)
