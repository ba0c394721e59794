"""Our signing keys: an authority, the keys it certifies, their rotation and withdrawal (RP-10).

Private keys are files of the data folder, readable by the service alone; the database holds certificates only.
"""

from __future__ import annotations

import base64
import os
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from django.conf import settings
from django.db import transaction

from allant.certificates.models import SigningKey, Use
from allant.certificates.signing import Signer
from allant.certificates.trust import TrustList, key_of_certificate, kid_of, trust_list
from allant.doctrine import RuleBook, add_delay

AUTHORITY = "FR00"  # the authority that the 2D-DOC specification keeps for tests: nobody may take ours for the State's
VALID_FOR = timedelta(days=3 * 366)  # of an X.509 certificate: longer than what it signs holds


class KeyFileMissing(LookupError):
    """The private half of a key is not in its place; says what to do in French."""


def signer(use: Use, at: datetime, book: RuleBook, *, by: str) -> tuple[SigningKey, Signer]:
    """The key that signs now; a first one is made, and one that has signed as long as the doctrine says is followed by another.

    Raises KeyFileMissing.
    """
    current = SigningKey.objects.signing(use).first()
    signs_for = book.value("covid.certificates.terms", at.date())["key_signs_for"]
    if current is None or add_delay(current.starts_at.date(), signs_for) <= at.date():
        current = rotate(use, at=at, by=by)
    return current, Signer(bytes.fromhex(current.kid), _private(current.kid))


@transaction.atomic
def rotate(use: Use, *, at: datetime, by: str) -> SigningKey:
    """Make a key and sign with it from now on; the former signs no more and stays trusted."""
    list(SigningKey.objects.select_for_update().filter(use=use))
    SigningKey.objects.signing(use).update(signs_until=at, changed_by=by[:100])
    name = f"{SigningKey.objects.filter(use=use).count() + 1:04d}"
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _certified(key.public_key(), name, at)
    kid = kid_of(certificate.public_bytes(Encoding.DER)).hex()
    _store(_folder() / f"{kid}.pem", key)
    pem = certificate.public_bytes(Encoding.PEM).decode()
    return SigningKey.objects.create(use=use, kid=kid, name=name, certificate=pem, starts_at=at, changed_by=by[:100])


@transaction.atomic
def withdraw(key: SigningKey, *, at: datetime, by: str) -> None:
    """A key that is no longer safe: it signs no more, and all it signed is revoked. Doing it again changes nothing."""
    locked = SigningKey.objects.select_for_update().get(pk=key.pk)
    if locked.withdrawn_at is None:
        locked.withdrawn_at, locked.signs_until, locked.changed_by = at, locked.signs_until or at, by[:100]
        locked.save(update_fields=["withdrawn_at", "signs_until", "changed_by"])


def certificates(use: Use) -> dict[bytes, x509.Certificate]:
    """The X.509 certificates that a verifier trusts for one use, by `kid`."""
    trusted = SigningKey.objects.trusted().filter(use=use).values_list("kid", "certificate")
    return {bytes.fromhex(kid): x509.load_pem_x509_certificate(pem.encode()) for kid, pem in trusted}


def own_trust() -> TrustList:
    """Our keys as a trust list: those of European certificates."""
    ders = (certificate.public_bytes(Encoding.DER) for certificate in certificates(Use.EUROPEAN).values())
    return trust_list(key for der in ders if (key := key_of_certificate(der)) is not None)


def trust_entries() -> list[dict[str, Any]]:
    """Our trust list as `allant pass verify --trust` reads it: `kid`, country, certificate."""
    return [
        {
            "kid": base64.b64encode(kid).decode(),
            "country": "FR",
            "rawData": base64.b64encode(certificate.public_bytes(Encoding.DER)).decode(),
        }
        for kid, certificate in certificates(Use.EUROPEAN).items()
    ]


def _certified(key: ec.EllipticCurvePublicKey, name: str, at: datetime) -> x509.Certificate:
    """The certificate of a key, signed by our authority."""
    authority = _authority_key()
    issuer = _named(AUTHORITY)
    return (
        x509.CertificateBuilder(issuer, _named(name), key, x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + VALID_FOR)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(authority, SHA256())
    )


def _named(name: str) -> x509.Name:
    parts = {x509.NameOID.COUNTRY_NAME: "FR", x509.NameOID.ORGANIZATION_NAME: "Allant", x509.NameOID.COMMON_NAME: name}
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts.items()])


def _authority_key() -> ec.EllipticCurvePrivateKey:
    path = _folder() / "authority.pem"
    if not path.exists():
        _store(path, ec.generate_private_key(ec.SECP256R1()))
    return _load(path)


def _private(kid: str) -> ec.EllipticCurvePrivateKey:
    path = _folder() / f"{kid}.pem"
    if not path.exists():
        raise KeyFileMissing(
            f"La clé privée {kid} manque dans {path.parent} : remettez ce fichier depuis sa sauvegarde, ou retirez la clé par "
            f"« allant pass-keys withdraw {kid} »."
        )
    return _load(path)


@lru_cache(maxsize=32)
def _load(path: Path) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(path.read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def _folder() -> Path:
    return Path(settings.ALLANT_HOME) / "keys" / "certificates"


def _store(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    """Write a key whole or not at all, for the service alone; the first of two processes wins."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
