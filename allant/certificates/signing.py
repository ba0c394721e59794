"""Signing a certificate with one of our keys. Pure but for the signature's own randomness (RP-10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from allant.certificates.envelope import ES256, Signed, payload, protected_header, sign1, write_text

WIDTH = 32  # bytes of each half of an ES256 signature


@dataclass(frozen=True)
class Signer:
    """A private key of the P-256 curve and its `kid`."""

    kid: bytes
    key: ec.EllipticCurvePrivateKey

    def certify(self, certificate: Mapping[str, Any], *, issuer: str, issued_at: datetime, expires_at: datetime) -> str:
        """The text of the QR code (`HC1:…`) of a certificate that follows the schema."""
        protected = protected_header(ES256, self.kid)
        content = payload(issuer, issued_at, expires_at, certificate)
        signature = self.sign(Signed(protected, content, b"", self.kid, ES256).to_be_signed)
        return write_text(sign1(protected, content, signature))

    def sign(self, content: bytes) -> bytes:
        """The raw ES256 signature: both numbers, thirty-two bytes each."""
        r, s = decode_dss_signature(self.key.sign(content, ec.ECDSA(SHA256())))
        return r.to_bytes(WIDTH) + s.to_bytes(WIDTH)
