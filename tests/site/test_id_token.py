"""Each check of an ID token refuses what it must: every case changes one thing of a token that is accepted."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from allant.site.id_token import BadToken, verify_id_token, verify_userinfo

ISSUER, CLIENT, NONCE = "https://identite.example", "allant", "n-0123456789"
KEY, OTHER_KEY = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))


def jwk(key: rsa.RSAPrivateKey, kid: str) -> dict[str, Any]:
    """The public half, as a provider publishes it."""
    return {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key())), "kid": kid, "use": "sig", "alg": "RS256"}


KEYS = {"keys": [jwk(KEY, "k1")]}


def token(key: Any = KEY, algorithm: str = "RS256", kid: str | None = "k1", **changes: Any) -> str:
    """A good token, but for `changes`; a claim set to None is left out."""
    now = int(time.time())
    claims = {"iss": ISSUER, "sub": "s1", "aud": CLIENT, "exp": now + 300, "iat": now, "nonce": NONCE} | changes
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, key, algorithm, headers={"kid": kid} if kid else None)


def verify(raw: str, keys: dict[str, Any] = KEYS, nonce: str = NONCE) -> dict[str, Any]:
    return verify_id_token(raw, keys=keys, issuer=ISSUER, client_id=CLIENT, nonce=nonce)


def test_a_good_token_gives_its_claims() -> None:
    assert verify(token())["sub"] == "s1"
    assert verify(token(aud=[CLIENT]))["sub"] == "s1"
    assert verify(token(aud=[CLIENT, "autre"], azp=CLIENT))["sub"] == "s1"
    assert verify(token(kid=None))["sub"] == "s1"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://ailleurs.example"},
        {"aud": "autre"},
        {"aud": [CLIENT, "autre"]},
        {"aud": [CLIENT, "autre"], "azp": "autre"},
        {"exp": int(time.time()) - 120},
        {"iat": int(time.time()) + 3600},
        {"nonce": "n-autre"},
        *({name: None} for name in ("iss", "aud", "exp", "iat", "sub", "nonce")),
    ],
    ids=lambda changes: " ".join(f"{name} {'absent' if value is None else 'faux'}" for name, value in changes.items()),
)
def test_a_wrong_or_missing_claim_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(BadToken):
        verify(token(**changes))


def test_another_key_is_refused() -> None:
    with pytest.raises(BadToken):
        verify(token(key=OTHER_KEY))
    with pytest.raises(BadToken):
        verify(token(kid="k2"))


def test_a_token_without_key_name_is_refused_among_several_keys() -> None:
    with pytest.raises(BadToken):
        verify(token(kid=None), keys={"keys": [jwk(KEY, "k1"), jwk(OTHER_KEY, "k2")]})


def test_an_unsigned_token_is_refused() -> None:
    header, body, _ = token().split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none","kid":"k1"}').rstrip(b"=").decode()
    for raw in (f"{none}.{body}.", f"{header}.{body}.", "x"):
        with pytest.raises(BadToken):
            verify(raw)


def test_a_shared_secret_is_refused() -> None:
    with pytest.raises(BadToken):
        verify(token(key="s" * 64, algorithm="HS256"))


def test_a_sign_in_without_nonce_is_refused() -> None:
    with pytest.raises(BadToken):
        verify(token(nonce=""), nonce="")


def userinfo(raw: str) -> dict[str, Any]:
    return verify_userinfo(raw, keys=KEYS, issuer=ISSUER, client_id=CLIENT)


def test_a_signed_userinfo_gives_its_claims() -> None:
    """FranceConnect signs it; it has no nonce, and may have no date."""
    assert userinfo(token(nonce=None, family_name="Mercier"))["family_name"] == "Mercier"
    assert userinfo(token(nonce=None, exp=None, iat=None))["sub"] == "s1"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://ailleurs.example"}, {"aud": "autre"}, {"exp": int(time.time()) - 120}, {"sub": None}, {"iss": None},
        {"aud": None}, {"key": OTHER_KEY}, {"key": "s" * 64, "algorithm": "HS256"}, {"kid": "k2"},
    ],
    ids=lambda changes: " ".join(changes),
)  # fmt: skip
def test_a_userinfo_that_proves_nothing_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(BadToken):
        userinfo(token(**changes))
