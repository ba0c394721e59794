"""Documents encrypted at rest: AES-256-GCM under a key kept outside the database, bound to the document it seals."""

from __future__ import annotations

import json
import os
import secrets
from functools import cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

NONCE = 12  # bytes, as GCM wants it


class Unsealable(RuntimeError):
    """A content that cannot be opened: its key is missing, or it was changed; says what to do, in French."""


def seal(content: bytes, document: str) -> tuple[int, bytes]:
    """Version of the key, and the content sealed for a document (its sha256)."""
    keys = _keys(_path())
    version, nonce = max(keys), secrets.token_bytes(NONCE)
    return version, nonce + AESGCM(keys[version]).encrypt(nonce, content, document.encode())


def unseal(version: int, sealed: bytes, document: str) -> bytes:
    """The content. Raises Unsealable."""
    if (key := _keys(_path()).get(version)) is None:
        raise Unsealable(
            f"La clé des pièces de version {version} manque dans {_path().name} : remettez ce fichier depuis sa sauvegarde."
        )
    try:
        return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], document.encode())
    except InvalidTag:
        raise Unsealable("Cette pièce a été altérée : elle ne peut pas être lue. Prévenez l'administrateur.") from None


def _path() -> Path:
    return Path(settings.ALLANT_HOME) / "keys" / "documents.json"


@cache
def _keys(path: Path) -> dict[int, bytes]:
    if not path.exists():
        _create(path)
    return {int(version): bytes.fromhex(key) for version, key in json.loads(path.read_text()).items()}


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({"1": secrets.token_hex(32)}, file)
    try:
        os.link(draft, path)  # the first of two processes wins, the other reads its key
    except FileExistsError:
        pass
    finally:
        draft.unlink()
