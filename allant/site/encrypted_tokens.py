"""Tokens that a provider encrypts for this installation (FranceConnect+): opened here, then checked like any other.

`<PREFIX>_DECRYPTION_KEY` names the PEM file of the private key; its public half is published at `/connexion/cles.json`, the
address to declare at the provider. Where a key is configured, a token that comes in clear is refused.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jwcrypto import jwe, jwk  # type: ignore[import-untyped]
from jwcrypto.common import JWException  # type: ignore[import-untyped]

from allant.site.id_token import BadToken

# How the content key travels, then how the content is encrypted.
ALGORITHMS = ["RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A256KW", "A256GCM"]
ENCRYPTED_PARTS = 5  # a signed token has three


def opened(raw: str, key_file: str) -> str:
    """The signed token inside `raw`, or `raw` itself where no key is configured. Raises BadToken."""
    encrypted = len(raw.split(".")) == ENCRYPTED_PARTS
    if not key_file and not encrypted:
        return raw
    if not key_file:
        raise BadToken("encrypted token, and no key to open it")
    if not encrypted:
        raise BadToken("token in clear, where an encrypted one was asked for")
    token = jwe.JWE(algs=ALGORITHMS)
    try:
        token.deserialize(raw, key=_key(key_file))
        return str(token.payload.decode("ascii"))
    except (JWException, ValueError) as error:
        raise BadToken(f"encrypted token refused: {type(error).__name__}") from error


def public_keys(key_files: list[str]) -> dict[str, Any]:
    """The JWK set of the public halves."""
    return {"keys": [_published(_key(path)) for path in key_files]}


def _published(key: jwk.JWK) -> dict[str, Any]:
    stated: dict[str, Any] = json.loads(key.export_public())
    return {**stated, "use": "enc", "kid": key.thumbprint()}


@cache
def _key(key_file: str) -> jwk.JWK:
    return jwk.JWK.from_pem(Path(key_file).read_bytes())
