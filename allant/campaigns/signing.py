"""The signature of files that leave for other schemes: Ed25519, detached, checked with the public key alone."""

from __future__ import annotations

import base64
import os
from functools import cache
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from django.conf import settings


def sign(content: bytes) -> bytes:
    """The signature in base64, as one line."""
    return base64.b64encode(_key(_path()).sign(content)) + b"\n"


def public_key() -> bytes:
    """The key that checks our signatures, PEM, to be given to the receivers once."""
    return _key(_path()).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def is_signed(content: bytes, signature: bytes, key: bytes) -> bool:
    """Whether the holder of this public key (PEM) signed the content. Raises ValueError when the key cannot be read."""
    known = load_pem_public_key(key)
    if not isinstance(known, Ed25519PublicKey):
        raise ValueError("La clé publique n'est pas une clé Ed25519.")
    try:
        known.verify(base64.b64decode(signature.strip(), validate=True), content)
    except (InvalidSignature, ValueError):
        return False
    return True


def _path() -> Path:
    return Path(settings.ALLANT_HOME) / "keys" / "schemes.pem"


@cache
def _key(path: Path) -> Ed25519PrivateKey:
    if not path.exists():
        _create(path)
    key = load_pem_private_key(path.read_bytes(), None)
    assert isinstance(key, Ed25519PrivateKey)
    return key


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(f".{os.getpid()}")
    secret = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # the first of two processes wins, the other reads its key
    except FileExistsError:
        pass
    finally:
        draft.unlink()
