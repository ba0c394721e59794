"""Keys that may sign certificates: a trust list the user loads, as PEM or JSON, or our own (RP-11). Pure.

A key is known by its `kid`, the first eight bytes of the SHA-256 of its X.509 certificate. Some real certificates have extensions
that a strict parser refuses although their key is sound: these are read by a lenient one, for the key and the dates alone.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from asn1crypto import pem
from asn1crypto import x509 as lenient
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from allant.certificates.envelope import ES256, PS256
from allant.certificates.schema import Kind

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
LONGEST_LIST = 20_000_000  # characters: the whole European list is one
_NUMBERS: Mapping[int, Kind] = {1: "test", 2: "vaccination", 3: "recovery"}
USES = {f"1.3.6.1.4.1.{arc}.2021.1.{number}": kind for arc in ("1847", "0.1847") for number, kind in _NUMBERS.items()}
_CERTIFICATE = ("certificate", "rawData", "x5c", "x5a", "cert", "pem")
_KEY = ("publicKey", "subjectPublicKeyInfo", "subjectPk", "publicKeyPem", "spki")
_COUNTRY = ("country", "issuer", "iss")


class UnreadableTrust(ValueError):
    """A file that holds no key; says so in French."""


@dataclass(frozen=True)
class TrustedKey:
    """A public key. `uses`: the kinds it may sign, empty for all; the dates are those of its certificate, when there is one."""

    kid: bytes
    key: PublicKey
    country: str = ""
    not_before: datetime | None = None
    not_after: datetime | None = None
    uses: frozenset[Kind] = frozenset()

    @property
    def algorithm(self) -> int:
        """The COSE algorithm of its signatures."""
        return ES256 if isinstance(self.key, ec.EllipticCurvePublicKey) else PS256

    def signed(self, signature: bytes, content: bytes) -> bool:
        """Whether this key signed the content, in the raw form of COSE."""
        try:
            if isinstance(self.key, rsa.RSAPublicKey):
                self.key.verify(signature, content, padding.PSS(padding.MGF1(SHA256()), SHA256.digest_size), SHA256())
            else:
                half = len(signature) // 2
                parts = int.from_bytes(signature[:half]), int.from_bytes(signature[half:])
                self.key.verify(encode_dss_signature(*parts), content, ec.ECDSA(SHA256()))
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class TrustList:
    """Keys by `kid`; two may share one. `unreadable`: entries of the file without a key that can be used."""

    keys: Mapping[bytes, tuple[TrustedKey, ...]] = field(default_factory=dict)
    unreadable: int = 0

    def named(self, kid: bytes) -> tuple[TrustedKey, ...]:
        """The keys of a `kid`; all those without one when the message names none that is known."""
        return self.keys.get(kid, ()) or self.keys.get(b"", ())

    def __len__(self) -> int:
        return sum(map(len, self.keys.values()))


def trust_list(keys: Iterable[TrustedKey], unreadable: int = 0) -> TrustList:
    """Keys gathered by `kid`."""
    gathered: dict[bytes, tuple[TrustedKey, ...]] = {}
    for key in keys:
        gathered[key.kid] = (*gathered.get(key.kid, ()), key)
    return TrustList(gathered, unreadable)


def read_trust(content: bytes) -> TrustList:
    """The keys of a PEM file or of a JSON list. Raises UnreadableTrust."""
    if len(content) > LONGEST_LIST:
        raise UnreadableTrust("Le fichier de confiance est trop grand pour une liste de clés.")
    armoured = b"-----BEGIN " in content and content.lstrip()[:1] not in (b"[", b"{")
    try:
        entries = list(_pem_entries(content) if armoured else _json_entries(json.loads(content)))
    except (ValueError, RecursionError):
        raise UnreadableTrust("Le fichier de confiance n'est ni une suite de certificats PEM, ni une liste JSON.") from None
    keys = [key for entry in entries if (key := _key(entry)) is not None]
    if not keys:
        raise UnreadableTrust("Le fichier de confiance ne contient aucune clé lisible.")
    return trust_list(keys, len(entries) - len(keys))


def kid_of(certificate: bytes) -> bytes:
    """The `kid` of an X.509 certificate (DER)."""
    return hashlib.sha256(certificate).digest()[:8]


def key_of_certificate(der: bytes, kid: bytes = b"", country: str = "") -> TrustedKey | None:
    """The key of an X.509 certificate, read strictly, or else leniently; None when neither finds a key that can be used."""
    return _strict(der, kid or kid_of(der), country) or _lenient(der, kid or kid_of(der), country)


Entry = tuple[bytes, bytes, str, bool]
"""kid, DER, country, whether the DER is a bare public key."""


def _pem_entries(content: bytes) -> Iterator[Entry]:
    for name, _headers, der in pem.unarmor(content, multiple=True):
        yield b"", der, "", name == "PUBLIC KEY"


def _json_entries(found: Any) -> Iterator[Entry]:
    """Lists of texts or of objects; objects that gather them under a name, or by `kid`."""
    if isinstance(found, list):
        for item in found:
            yield from _json_item(item, b"")
    elif isinstance(found, dict):
        named = next((found[name] for name in ("certificates", "keys", "eu_keys", "trustList") if name in found), None)
        if named is not None:
            yield from _json_entries(named)
            return
        for kid, items in found.items():
            for item in items if isinstance(items, list) else [items]:
                yield from _json_item(item, _bytes(kid))
    else:
        raise ValueError("neither a list nor an object")


def _json_item(item: Any, kid: bytes) -> Iterator[Entry]:
    if isinstance(item, str):
        yield kid, _bytes(item), "", False
    elif isinstance(item, dict):
        kid = _bytes(item.get("kid", "")) or kid
        country = next((str(item[name]) for name in _COUNTRY if item.get(name)), "")
        for names, bare in ((_CERTIFICATE, False), (_KEY, True)):
            value: Any = next((item[name] for name in names if item.get(name)), None)
            if value is not None:
                first = value[0] if isinstance(value, list) and value else value
                yield kid, _bytes(first), country, bare
                return
        yield kid, b"", country, True


def _bytes(text: Any) -> bytes:
    """Base64, with or without PEM armour, of either alphabet; empty when it is none."""
    if not isinstance(text, str):
        return b""
    lines = [line for line in text.strip().splitlines() if not line.startswith("-----")]
    body = "".join("".join(lines).split()).replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(body + "=" * (-len(body) % 4), validate=True)
    except ValueError:
        return b""


def _key(entry: Entry) -> TrustedKey | None:
    kid, der, country, bare = entry
    if not der:
        return None
    if not bare:
        return key_of_certificate(der, kid, country)
    key = _usable(der)
    return TrustedKey(kid, key, country) if key else key_of_certificate(der, kid, country)


def _usable(der: bytes) -> PublicKey | None:
    try:
        key = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey) else None


def _strict(der: bytes, kid: bytes, country: str) -> TrustedKey | None:
    try:
        certificate = x509.load_der_x509_certificate(der)
        key = certificate.public_key()
        named = certificate.subject.get_attributes_for_oid(x509.NameOID.COUNTRY_NAME)
        uses = _uses(_extended(certificate))
        dates = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension):
        return None
    if not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        return None
    return TrustedKey(kid, key, country or (str(named[0].value) if named else ""), *dates, uses)


def _extended(certificate: x509.Certificate) -> Sequence[str]:
    try:
        return [oid.dotted_string for oid in certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value]
    except x509.ExtensionNotFound:
        return ()


def _lenient(der: bytes, kid: bytes, country: str) -> TrustedKey | None:
    """The key and the dates, whatever the extensions say."""
    try:
        content = lenient.Certificate.load(der)["tbs_certificate"]
        key = _usable(content["subject_public_key_info"].dump())
        dates = tuple(content["validity"][name].native for name in ("not_before", "not_after"))
        named = str(content["subject"].native.get("country_name", ""))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return TrustedKey(kid, key, country or named, *dates) if key else None


def _uses(oids: Iterable[str]) -> frozenset[Kind]:
    return frozenset(USES[oid] for oid in oids if oid in USES)
