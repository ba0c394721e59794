"""Checking an ID token (OpenID Connect Core 1.0, section 3.1.3.7)."""

from __future__ import annotations

import hmac
from typing import Any

import jwt

# Asymmetric only: with a shared-secret algorithm, whoever knows the client secret could write tokens.
ALGORITHMS = ("RS256", "PS256", "ES256")
REQUIRED = ("iss", "sub", "aud", "exp", "iat")
LEEWAY = 30  # seconds between the provider's clock and ours


class BadToken(Exception):
    """The token proves nothing here; the text says why, without any claim."""


def verify_id_token(raw: str, *, keys: dict[str, Any], issuer: str, client_id: str, nonce: str) -> dict[str, Any]:
    """The claims of `raw`, signed by one of `keys` (a JWK set), from `issuer`, for `client_id`, answering `nonce`.

    Raises BadToken on any doubt.
    """
    claims = _verified(raw, keys=keys, issuer=issuer, client_id=client_id, require=REQUIRED)
    if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != client_id:
        raise BadToken("ID token meant for several audiences, none of them named as the party (azp)")
    if not nonce or not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise BadToken("ID token answering another sign-in (nonce)")
    return claims


def verify_userinfo(raw: str, *, keys: dict[str, Any], issuer: str, client_id: str) -> dict[str, Any]:
    """The claims of a signed answer of the userinfo endpoint (OpenID Connect Core 1.0, section 5.3.2). Raises BadToken."""
    return _verified(raw, keys=keys, issuer=issuer, client_id=client_id, require=("iss", "sub", "aud"))


def _verified(raw: str, *, keys: dict[str, Any], issuer: str, client_id: str, require: tuple[str, ...]) -> dict[str, Any]:
    """Signature, issuer, audience and dates; `require`: claims that must be there."""
    try:
        claims: dict[str, Any] = jwt.decode(
            raw,
            key=_key_for(raw, keys),
            algorithms=list(ALGORITHMS),
            issuer=issuer,
            audience=client_id,
            leeway=LEEWAY,
            options={"require": list(require)},
        )
    except jwt.PyJWTError as error:
        raise BadToken(f"token refused: {type(error).__name__}") from error
    return claims


def _key_for(raw: str, keys: dict[str, Any]) -> jwt.PyJWK:
    """The key the token names, or the only signing key of a provider that names none."""
    named = jwt.get_unverified_header(raw).get("kid")
    signing = [key for key in jwt.PyJWKSet.from_dict(keys).keys if key.public_key_use in (None, "sig")]
    found = [key for key in signing if key.key_id == named] if named else signing
    if len(found) != 1:
        raise BadToken("ID token signed with an unknown key")
    return found[0]
