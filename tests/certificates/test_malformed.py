"""RP-11: malformed certificates of every kind are refused, quickly, and never by an exception."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allant.certificates import base45
from allant.certificates.envelope import DCC, HCERT, ISSUED, ISSUER, write_text
from allant.certificates.verification import TEXTS, Verdict, verify
from tests.certificates.builders import DAY, authority, header, issued, message, vaccination

QUICK = 2.0  # seconds on a busy machine; each takes some microseconds


def armoured(raw: bytes) -> str:
    return "HC1:" + base45.encode(raw)


def signed(claims: object) -> str:
    """Hostile claims under a good signature: the worst case, a key that was stolen."""
    return write_text(message(cbor2.dumps(claims), header(authority()), authority()))


def nested(depth: int) -> bytes:
    return b"\x81" * depth + b"\x00"


def hostile() -> Iterator[tuple[str, str, str]]:
    """What it is, its text, the code of the refusal."""
    yield "empty", "", "prefix"
    yield "another text", "https://exemple.fr/" + "a" * 100_000, "prefix"
    yield "too long", "HC1:" + "A" * 1_000_000, "too_long"
    yield "letters outside", "HC1:é" + "a" * 20, "base45"
    yield "groups outside", "HC1:" + ":::" * 50, "base45"
    yield "bomb", armoured(zlib.compress(b"\0" * 50_000_000, 9)[:5_000]), "too_long"
    yield "whole bomb", armoured(zlib.compress(b"\0" * 3_000_000, 9)), "too_long"
    yield "truncated stream", armoured(zlib.compress(b"a" * 300)[:-8]), "zlib"
    yield "not a stream", armoured(b"\x78" + b"a" * 300), "zlib"
    yield "not cbor", write_text(b"\xff\xff"), "cose"
    yield "deep", write_text(nested(10_000)), "cose"
    yield "array without end", write_text(b"\x9b" + b"\xff" * 8), "cose"
    yield "text without end", write_text(b"\x7b\x7f" + b"\xff" * 7), "cose"
    yield "map without end", write_text(b"\xbb" + b"\xff" * 8), "cose"
    yield "wrong tag", write_text(cbor2.dumps(cbor2.CBORTag(17, [b"", {}, b"", b""]))), "cose"
    yield "five parts", write_text(cbor2.dumps(cbor2.CBORTag(18, [b"", {}, b"", b"", b""]))), "cose"
    yield "parts of other types", write_text(cbor2.dumps(cbor2.CBORTag(18, ["a", [], 1, None]))), "cose"
    yield "header that is a list", write_text(cbor2.dumps(cbor2.CBORTag(18, [b"\x80", {}, b"", b""]))), "cose"
    yield "kid that is a number", write_text(cbor2.dumps(cbor2.CBORTag(18, [b"", {4: 12}, b"", b""]))), "cose"
    yield "regular expression", write_text(b"\xd8\x23\x61("), "cose"
    yield "decimal of many digits", write_text(b"\xc4\x82\x1b\x7f" + b"\xff" * 6 + b"\x01"), "cose"
    yield "reference to itself", signed(cbor2.CBORTag(28, [cbor2.CBORTag(29, 0)])), "cwt"
    yield "claims that are a list", signed([1, 2]), "cwt"
    yield "no certificate", signed({ISSUER: "FR"}), "cwt"
    yield "certificate that is a text", signed({HCERT: {DCC: "x"}}), "cwt"
    yield "date of a far century", signed({ISSUED: 2**62, HCERT: {DCC: vaccination()}}), "cwt"
    yield "date that is not a number", signed({ISSUED: float("nan"), HCERT: {DCC: vaccination()}}), "cwt"
    yield "date that is a text", signed({ISSUED: "hier", HCERT: {DCC: vaccination()}}), "cwt"
    yield "huge number", signed({HCERT: {DCC: vaccination(dn=10**2_000)}}), "cwt"
    yield "deep content", signed({HCERT: {DCC: vaccination(dn=cbor2.loads(nested(30)))}}), "cwt"
    yield "many values", signed({HCERT: {DCC: vaccination(dn=list(range(2_000)))}}), "cwt"
    yield "keys that are numbers", signed({HCERT: {DCC: {1: 2}}}), "cwt"


HOSTILE = list(hostile())


@pytest.mark.parametrize(("text", "code"), [row[1:] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
def test_rp11_hostile_texts_are_refused_quickly_with_their_reason(text: str, code: str) -> None:
    """RP-11."""
    began = time.perf_counter()
    verdict = verify(text, authority().trust, DAY)
    assert time.perf_counter() - began < QUICK
    assert [reason.code for reason in verdict.reasons] == [code] and not verdict.signature_valid and verdict.certificate is None


@pytest.mark.parametrize(
    "content",
    [
        {"v": [{}]}, {"v": {}}, {"v": "x"}, {"v": [[]]}, {"nam": None}, {"nam": {"fnt": "é"}}, {"dob": None}, {"ver": "9"},
        {"v": []}, {"r": [None]}, {"t": [1]}, {"v": [vaccination()["v"][0], vaccination()["v"][0]]},
    ],
)  # fmt: skip
def test_rp11_a_content_that_breaks_the_schema_is_refused_under_a_good_signature(content: dict[str, object]) -> None:
    """RP-11: the signature holds, the certificate does not; no field's content is repeated."""
    verdict = verify(signed({ISSUER: "FR", HCERT: {DCC: vaccination() | content}}), authority().trust, DAY)
    assert verdict.signature_valid and [reason.code for reason in verdict.reasons] == ["schema"]


GOOD = issued(vaccination())
RAW = zlib.decompress(base45.decode(GOOD.removeprefix("HC1:")))


def refused(verdict: Verdict) -> bool:
    return not verdict.valid and bool(verdict.reasons) and all(reason.code in TEXTS for reason in verdict.reasons)


def test_rp11_every_truncation_is_refused() -> None:
    """RP-11: of the text, and of the message under it."""
    trust = authority().trust
    assert verify(GOOD, trust, DAY).valid
    assert all(refused(verify(GOOD[:end], trust, DAY)) for end in range(len(GOOD)))
    assert all(refused(verify(write_text(RAW[:end]), trust, DAY)) for end in range(len(RAW)))


@given(st.integers(0, len(RAW) - 1), st.integers(1, 255))
def test_rp11_a_changed_byte_is_never_accepted_with_another_content(place: int, change: int) -> None:
    """RP-11: what is accepted is what was signed."""
    changed = RAW[:place] + bytes((RAW[place] ^ change,)) + RAW[place + 1 :]
    verdict = verify(write_text(changed), authority().trust, DAY)
    assert refused(verdict) or verdict.certificate == vaccination()


@given(st.binary(max_size=600))
def test_rp11_any_bytes_are_refused_without_an_exception(data: bytes) -> None:
    """RP-11."""
    for text in (armoured(data), write_text(data), write_text(b"\xd2" + data)):
        assert refused(verify(text, authority().trust, DAY))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=20) | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4) | st.integers(-300, 10), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES, VALUES)
def test_rp11_any_signed_content_is_judged_without_an_exception(claims: object, certificate: object) -> None:
    """RP-11: a good signature on anything."""
    for content in (claims, {HCERT: {DCC: certificate}}, {HCERT: {DCC: vaccination() | {"v": [certificate]}}}):
        verdict = verify(signed(content), authority().trust, DAY)
        assert refused(verdict)
