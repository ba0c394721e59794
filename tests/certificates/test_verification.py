"""RP-10, RP-11: what we write others read, what others write is read here, what is false is refused with its reason."""

from __future__ import annotations

import base64
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import base45 as oracle_base45
import cbor2
import cwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from allant.certificates import base45
from allant.certificates.envelope import DCC, HCERT, ISSUER, write_text
from allant.certificates.envelope import EXPIRES as EXPIRY
from allant.certificates.envelope import ISSUED as ISSUE
from allant.certificates.trust import UnreadableTrust, read_trust
from allant.certificates.verification import Verdict, verify
from tests.certificates.builders import (
    DAY,
    EXPIRES,
    ISSUED,
    Authority,
    authority,
    header,
    issued,
    message,
    negative_test,
    recovery,
    vaccination,
    written,
)

KINDS = {"vaccination": vaccination(), "recovery": recovery(), "test": negative_test()}
VACCINATION_ONLY = ("1.3.6.1.4.1.1847.2021.1.2",)


def codes(verdict: Verdict) -> list[str]:
    return [reason.code for reason in verdict.reasons]


@given(st.binary(max_size=400))
def test_rp10_base45_is_that_of_the_standard(data: bytes) -> None:
    """RP-10: the package of that name is the oracle."""
    assert base45.encode(data).encode() == oracle_base45.b45encode(data)
    assert base45.decode(base45.encode(data)) == data


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:", max_size=12) | st.text(max_size=8))
def test_rp11_what_is_not_base45_is_refused_as_by_the_standard(text: str) -> None:
    """RP-11."""
    try:
        expected = oracle_base45.b45decode(text)
    except ValueError:
        with pytest.raises(ValueError):
            base45.decode(text)
        return
    assert base45.decode(text) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_rp10_each_kind_is_written_signed_and_read_back(kind: str) -> None:
    """RP-10: vaccination, recovery, test."""
    text = issued(KINDS[kind])
    verdict = verify(text, authority().trust, DAY)
    assert verdict.valid and verdict.kind == kind and verdict.certificate == KINDS[kind] and text.startswith("HC1:")
    assert verdict.claims and (verdict.claims.issuer, verdict.claims.issued_at, verdict.claims.expires_at) == (
        "FR",
        ISSUED,
        EXPIRES,
    )


def test_rp10_another_implementation_reads_ours() -> None:
    """RP-10: the COSE library checks our signature and finds our claims."""
    import zlib

    raw = zlib.decompress(oracle_base45.b45decode(issued(vaccination()).removeprefix("HC1:")))
    key = cwt.COSEKey.from_pem(authority().pem, kid=authority().kid)
    content = cbor2.loads(cwt.COSE.new().decode(raw, keys=[key]))
    assert content[HCERT][DCC] == vaccination() and content[ISSUER] == "FR"


def odd(variant: str, by: Authority) -> str:
    """A certificate as some countries wrote theirs."""
    claims: dict[Any, Any] = {
        ISSUER: "FR",
        EXPIRY: int(EXPIRES.timestamp()),
        ISSUE: int(ISSUED.timestamp()),
        HCERT: {DCC: vaccination()},
    }
    protected = header(by)
    if variant == "tagged dates":
        claims |= {EXPIRY: cbor2.CBORTag(1, int(EXPIRES.timestamp())), ISSUE: cbor2.CBORTag(0, "2021-06-01T08:00:00Z")}
        claims[HCERT] = {DCC: vaccination(dt=cbor2.CBORTag(0, "2021-07-01T00:00:00Z"))}
    if variant == "dates with decimals":
        claims |= {EXPIRY: EXPIRES.timestamp() + 0.5, ISSUE: ISSUED.timestamp() + 0.25}
    if variant == "doses as floats":
        claims[HCERT] = {DCC: vaccination(dn=2.0, sd=2.0)}
    if variant == "kid unprotected":
        protected = header(by, kid=True)
    found = cbor2.loads(message(cbor2.dumps(claims), protected, by))
    if variant == "kid unprotected":
        found.value[1] = {4: by.kid}
    nested = {
        "no tag": found.value, "cwt tag": cbor2.CBORTag(61, found), "same tag twice": cbor2.CBORTag(18, found),
        "self-described": cbor2.CBORTag(55_799, found),
    }.get(variant, found)  # fmt: skip
    return write_text(cbor2.dumps(nested))


ODD = [
    "tagged dates",
    "dates with decimals",
    "doses as floats",
    "kid unprotected",
    "no tag",
    "cwt tag",
    "same tag twice",
    "self-described",
]


@pytest.mark.parametrize("variant", ODD)
def test_rp11_forms_that_occur_in_other_countries_are_read(variant: str) -> None:
    """RP-11: double tags, unprotected kid, tagged dates."""
    verdict = verify(odd(variant, authority()), authority().trust, DAY)
    assert verdict.valid, codes(verdict)
    assert verdict.certificate and verdict.certificate["v"][0]["dt"] == "2021-07-01"


def test_rp11_rsa_keys_are_known() -> None:
    """RP-11: PS256."""
    german = authority("DE", kind="rsa")
    assert verify(written(vaccination(), german), german.trust, DAY).valid


def test_rp11_content_that_was_not_deflated_is_read() -> None:
    """RP-11."""
    raw = message(cbor2.dumps({ISSUER: "FR", HCERT: {DCC: vaccination()}}), header(authority()), authority())
    assert verify("HC1:" + base45.encode(raw), authority().trust, DAY).valid


@pytest.mark.parametrize(
    ("text", "trust", "on", "signed", "expected"),
    [
        (issued(vaccination()), authority("IT"), DAY, False, "unknown_key"),
        (issued(vaccination()), authority(), date(2021, 5, 31), True, "not_yet_valid"),
        (issued(vaccination()), authority(), date(2022, 12, 2), True, "expired"),
        (issued(vaccination(), until=datetime(2024, 1, 1, tzinfo=UTC)), authority(), date(2023, 6, 1), True, "key_expired"),
        (issued(vaccination(), at=datetime(2020, 1, 1, tzinfo=UTC)), authority(), DAY, True, "key_expired"),
        (issued(recovery(), authority("FR", VACCINATION_ONLY)), authority("FR", VACCINATION_ONLY), DAY, True, "wrong_use"),
        (issued(vaccination(dn=0)), authority(), DAY, True, "schema"),
        (issued({**vaccination(), "r": recovery()["r"]}), authority(), DAY, True, "schema"),
        (issued(vaccination() | {"dob": "1980-13"}), authority(), DAY, True, "schema"),
    ],
)
def test_rp11_each_refusal_says_why(text: str, trust: Authority, on: date, signed: bool, expected: str) -> None:
    """RP-11: signature and reasons apart."""
    verdict = verify(text, trust.trust, on)
    assert (verdict.signature_valid, codes(verdict), verdict.valid) == (signed, [expected], False)
    assert all(reason.text.endswith((".", ")")) for reason in verdict.reasons)


def test_rp11_a_day_stands_for_any_of_its_hours() -> None:
    """RP-11: issued at eight, valid that day, and not at seven."""
    trust = authority().trust
    assert verify(issued(vaccination()), trust, ISSUED.date()).valid
    assert codes(verify(issued(vaccination()), trust, ISSUED - timedelta(hours=1))) == ["not_yet_valid"]


def test_rp11_a_changed_content_is_a_false_signature() -> None:
    """RP-11: another name under the same signature."""
    raw = cbor2.loads(message(cbor2.dumps({ISSUER: "FR", HCERT: {DCC: vaccination()}}), header(authority()), authority()))
    raw.value[2] = cbor2.dumps({ISSUER: "FR", HCERT: {DCC: vaccination() | {"dob": "2001-01-01"}}})
    verdict = verify(write_text(cbor2.dumps(raw)), authority().trust, DAY)
    assert (verdict.signature_valid, codes(verdict)) == (False, ["signature"])
    assert verdict.certificate and verdict.certificate["dob"] == "2001-01-01"


def test_rp11_another_key_under_the_same_kid_is_no_harm() -> None:
    """RP-11: two keys may share a kid; the one that signed is found."""
    entries = [{"kid": base64.b64encode(authority().kid).decode(), "rawData": base64.b64encode(by.der).decode()}
               for by in (authority("IT"), authority())]  # fmt: skip
    assert verify(issued(vaccination()), read_trust(json.dumps(entries).encode()), DAY).valid


def test_rp13_a_revoked_identifier_is_refused() -> None:
    """RP-13."""
    asked: list[str] = []
    verdict = verify(issued(vaccination()), authority().trust, DAY, lambda ci: bool(asked.append(ci)) or True)
    assert codes(verdict) == ["revoked"] and asked == ["URN:UVCI:01:FR:ABCDEFGHIJKL#K"]


def trust_files() -> dict[str, bytes]:
    """The same key in the formats that trust lists have."""
    der = authority().der
    text, kid = base64.b64encode(der).decode(), base64.b64encode(authority().kid).decode()
    public = x509.load_der_x509_certificate(der).public_key()
    spki = base64.b64encode(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    return {
        "pem": authority("IT").pem + authority().pem,
        "pem of the key": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "list of texts": json.dumps([text]).encode(),
        "list of objects": json.dumps([{"kid": kid, "country": "FR", "rawData": text}]).encode(),
        "x5c": json.dumps({"keys": [{"kid": kid, "x5c": [text]}]}).encode(),
        "named list": json.dumps({"certificates": [{"kid": kid, "certificate": authority().pem.decode()}]}).encode(),
        "keys by kid": json.dumps({"eu_keys": {kid: [{"subjectPk": spki, "keyUsage": ["v"]}]}}).encode(),
        "public key": json.dumps([{"kid": kid, "publicKey": spki}]).encode(),
        "url-safe base64": json.dumps([text.replace("+", "-").replace("/", "_").rstrip("=")]).encode(),
    }


@pytest.mark.parametrize("form", trust_files())
def test_rp11_trust_lists_of_the_usual_forms(form: str) -> None:
    """RP-11: PEM certificates or a JSON list."""
    assert verify(issued(vaccination()), read_trust(trust_files()[form]), DAY).valid


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"bonjour", b'["AAAA"]', b"[" * 9_000, b"-----BEGIN CERTIFICATE-----\n"])
def test_rp11_a_file_without_key_is_said(content: bytes) -> None:
    """RP-11."""
    with pytest.raises(UnreadableTrust, match="fichier de confiance"):
        read_trust(content)


def with_broken_extension(der: bytes) -> bytes:
    """A certificate whose extended key usage is not a sequence: strict parsers refuse it."""
    place = der.index(bytes.fromhex("0603551d25")) + 5 + 2  # the value, after the identifier and the octet string around it
    assert der[place] == 0x30
    return der[:place] + b"\x04" + der[place + 1 :]


def test_rp11_a_sound_key_in_a_certificate_that_strict_parsers_refuse() -> None:
    """RP-11."""
    by = authority("FR", VACCINATION_ONLY)
    der = with_broken_extension(by.der)
    with pytest.raises(ValueError):
        x509.load_der_x509_certificate(der).extensions  # noqa: B018
    entry = {"kid": base64.b64encode(by.kid).decode(), "rawData": base64.b64encode(der).decode()}
    trust = read_trust(json.dumps([entry, "AAAA"]).encode())
    assert verify(issued(vaccination(), by), trust, DAY).valid and trust.unreadable == 1


def test_rp11_a_text_may_be_pasted_with_spaces_around() -> None:
    """RP-11: no certificate ends with a space, though it is a letter of base45."""
    assert verify(f"\n {issued(vaccination())}  \r\n", authority().trust, DAY).valid
