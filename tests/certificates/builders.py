"""Keys, certificates of keys and contents for tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from allant.certificates.envelope import ES256, PS256, payload, sign1, write_text
from allant.certificates.signing import Signer
from allant.certificates.trust import TrustList, kid_of, read_trust

ISSUED, EXPIRES = datetime(2021, 6, 1, 8, tzinfo=UTC), datetime(2022, 12, 1, tzinfo=UTC)
DAY = date(2021, 12, 1)
NAME = {"fn": "Mercier", "fnt": "MERCIER", "gn": "Suzanne", "gnt": "SUZANNE"}
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class Authority:
    """A key and its X.509 certificate."""

    key: PrivateKey
    der: bytes

    @property
    def kid(self) -> bytes:
        return kid_of(self.der)

    @property
    def pem(self) -> bytes:
        return x509.load_der_x509_certificate(self.der).public_bytes(Encoding.PEM)

    @property
    def trust(self) -> TrustList:
        return read_trust(self.pem)

    @property
    def signer(self) -> Signer:
        assert isinstance(self.key, ec.EllipticCurvePrivateKey)
        return Signer(self.kid, self.key)


@cache
def authority(country: str = "FR", uses: tuple[str, ...] = (), kind: str = "ec") -> Authority:
    """A key of a country, valid over 2021 and 2022; `uses`: object identifiers of what it may sign."""
    key: PrivateKey = ec.generate_private_key(ec.SECP256R1()) if kind == "ec" else rsa.generate_private_key(65537, 2048)
    named = {x509.NameOID.COUNTRY_NAME: country, x509.NameOID.COMMON_NAME: "DSC"}
    name = x509.Name([x509.NameAttribute(oid, value) for oid, value in named.items()])
    builder = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime(2021, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2023, 1, 1, tzinfo=UTC))
    )
    if uses:
        builder = builder.add_extension(x509.ExtendedKeyUsage([x509.ObjectIdentifier(oid) for oid in uses]), critical=False)
    return Authority(key, builder.sign(key, SHA256()).public_bytes(Encoding.DER))


def vaccination(**values: Any) -> dict[str, Any]:
    """A complete schedule of Comirnaty."""
    entry = {
        "tg": "840539006", "vp": "1119349007", "mp": "EU/1/20/1528", "ma": "ORG-100030215", "dn": 2, "sd": 2, "dt": "2021-07-01",
        "co": "FR", "is": "CNAM", "ci": "URN:UVCI:01:FR:ABCDEFGHIJKL#K",
    } | values  # fmt: skip
    return {"ver": "1.3.0", "nam": NAME, "dob": "1980-03-12", "v": [entry]}


def recovery(**values: Any) -> dict[str, Any]:
    """A recovery."""
    entry = {
        "tg": "840539006", "fr": "2021-09-01", "df": "2021-09-12", "du": "2022-02-28", "co": "FR", "is": "CNAM",
        "ci": "URN:UVCI:01:FR:RECOVERY12#K",
    } | values  # fmt: skip
    return {"ver": "1.3.0", "nam": NAME, "dob": "1980-03-12", "r": [entry]}


def negative_test(**values: Any) -> dict[str, Any]:
    """A negative test."""
    entry = {
        "tg": "840539006", "tt": "LP6464-4", "nm": "PCR", "sc": "2021-12-01T07:30:00+01:00", "tr": "260415000",
        "tc": "Laboratoire", "co": "FR", "is": "CNAM", "ci": "URN:UVCI:01:FR:TEST123456#K",
    } | values  # fmt: skip
    return {"ver": "1.3.0", "nam": NAME, "dob": "1980-03-12", "t": [entry]}


def issued(certificate: dict[str, Any], by: Authority | None = None, at: datetime = ISSUED, until: datetime = EXPIRES) -> str:
    """The text of a certificate signed by an authority."""
    return (by or authority()).signer.certify(certificate, issuer="FR", issued_at=at, expires_at=until)


def message(content: bytes, protected: bytes, by: Authority) -> bytes:
    """A COSE_Sign1 message with the protected header given."""
    to_sign = cbor2.dumps(["Signature1", protected, b"", content])
    if isinstance(by.key, rsa.RSAPrivateKey):
        signature = by.key.sign(to_sign, padding.PSS(padding.MGF1(SHA256()), 32), SHA256())
    else:
        signature = by.signer.sign(to_sign)
    return sign1(protected, content, signature)


def header(by: Authority, **without: bool) -> bytes:
    """A protected header."""
    algorithm = PS256 if isinstance(by.key, rsa.RSAPrivateKey) else ES256
    return cbor2.dumps({1: algorithm} if without.get("kid") else {1: algorithm, 4: by.kid})


def written(certificate: dict[str, Any], by: Authority) -> str:
    """`issued`, for a key of any kind."""
    return write_text(message(payload("FR", ISSUED, EXPIRES, certificate), header(by), by))
