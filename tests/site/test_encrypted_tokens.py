"""Tokens encrypted for this installation (FranceConnect+): opened by its key alone, then checked like any other."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.test import Client
from jwcrypto import jwe, jwk
from pytest_django import Settings

from allant.site import providers
from allant.site.encrypted_tokens import opened
from allant.site.id_token import BadToken
from tests.site.test_id_token import token, verify

RSA, OTHER = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
CURVE = ec.generate_private_key(ec.SECP256R1())
Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def pem(folder: Path, key: Private) -> str:
    path = folder / "cle.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return str(path)


def encrypted(content: str, key: Private, algorithm: str, content_algorithm: str = "A256GCM") -> str:
    sealed = jwe.JWE(content.encode(), protected={"alg": algorithm, "enc": content_algorithm, "cty": "JWT"})
    sealed.add_recipient(jwk.JWK.from_pyca(key.public_key()))
    return str(sealed.serialize(compact=True))


@pytest.mark.parametrize(
    ("key", "algorithm"), [(RSA, "RSA-OAEP"), (RSA, "RSA-OAEP-256"), (CURVE, "ECDH-ES"), (CURVE, "ECDH-ES+A256KW")]
)
def test_a_token_encrypted_for_us_is_opened_then_checked(tmp_path: Path, key: Private, algorithm: str) -> None:
    assert verify(opened(encrypted(token(), key, algorithm), pem(tmp_path, key)))["sub"] == "s1"


def test_what_is_inside_still_proves_nothing_unsigned(tmp_path: Path) -> None:
    with pytest.raises(BadToken):
        verify(opened(encrypted(token(aud="autre"), RSA, "RSA-OAEP-256"), pem(tmp_path, RSA)))
    with pytest.raises(BadToken):
        verify(opened(encrypted('{"sub":"s1"}', RSA, "RSA-OAEP-256"), pem(tmp_path, RSA)))


def test_another_key_weak_algorithms_and_clear_tokens_are_refused(tmp_path: Path) -> None:
    path = pem(tmp_path, RSA)
    weak = encrypted(token(), RSA, "RSA-OAEP-256", "A128CBC-HS256")
    for raw in (encrypted(token(), OTHER, "RSA-OAEP-256"), weak, token(), "a.b.c.d.e", "é.b.c.d.e"):
        with pytest.raises(BadToken):
            opened(raw, path)


def test_without_a_key_tokens_come_in_clear() -> None:
    assert opened(token(), "").count(".") == 2
    with pytest.raises(BadToken, match="no key"):
        opened(encrypted(token(), RSA, "RSA-OAEP-256"), "")


def test_the_public_half_alone_is_published(client: Client, settings: Settings, tmp_path: Path) -> None:
    assert client.get("/connexion/cles.json").json() == {"keys": []}
    settings.SOCIALACCOUNT_PROVIDERS = providers.social_apps({"ALLANT_FRANCE_CONNECT_DECRYPTION_KEY": pem(tmp_path, RSA)})
    (published,) = client.get("/connexion/cles.json").json()["keys"]
    assert set(published) == {"kty", "n", "e", "use", "kid"} and published["use"] == "enc"
