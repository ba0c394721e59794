"""Whether a certificate holds: its form, its signature, its dates, whether it was revoked (RP-11). Pure.

Business rules of a country come after, in `business_rules`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from allant.certificates.envelope import Claims, Malformed, Signed, claims_of, open_text
from allant.certificates.schema import Kind, entry_of, kind_of, problems
from allant.certificates.trust import TrustedKey, TrustList

TEXTS: Mapping[str, str] = {
    "prefix": "Ce texte n'est pas un certificat européen : il ne commence pas par HC1:.",
    "too_long": "Ce texte est trop long pour un certificat.",
    "base45": "Ce texte est abîmé : certains de ses caractères n'existent pas dans un certificat.",
    "zlib": "Ce certificat est abîmé ou incomplet.",
    "cose": "Ce certificat est abîmé : sa signature ne se lit pas.",
    "cwt": "Ce certificat est abîmé : son contenu ne se lit pas.",
    "schema": "Le contenu n'est pas celui d'un certificat européen.",
    "unknown_key": "La clé de signature n'est pas dans la liste de confiance.",
    "signature": "La signature est fausse : le contenu a été modifié ou n'a pas été signé par cette clé.",
    "wrong_use": "La clé de signature n'a pas le droit de signer ce genre de certificat.",
    "key_expired": "La clé de signature n'était pas valable à cette date.",
    "not_yet_valid": "Le certificat n'est pas encore valable à cette date.",
    "expired": "Le certificat n'est plus valable à cette date.",
    "revoked": "Le certificat a été révoqué : ce qu'il atteste a été rectifié ou annulé.",
}


@dataclass(frozen=True)
class Reason:
    """Why a certificate is refused; `detail` names the fields concerned, never their content."""

    code: str
    detail: str = ""

    @property
    def text(self) -> str:
        """In French."""
        return f"{TEXTS[self.code]} ({self.detail})" if self.detail else TEXTS[self.code]


@dataclass(frozen=True)
class Verdict:
    """What a text is worth. `certificate` is its content as read, even when the signature is not valid; None when malformed."""

    signature_valid: bool
    certificate: Mapping[str, Any] | None
    reasons: tuple[Reason, ...]
    claims: Claims | None = None
    key: TrustedKey | None = None

    @property
    def valid(self) -> bool:
        """Signed by a trusted key, in its dates, sound and not revoked."""
        return self.signature_valid and not self.reasons

    @property
    def kind(self) -> Kind | None:
        """What it certifies."""
        return kind_of(self.certificate) if self.certificate else None

    @property
    def identifier(self) -> str:
        """Its `ci`, empty when it has none."""
        return str(entry_of(self.certificate).get("ci", "")) if self.certificate else ""


Revoked = Callable[[str], bool]


def verify(text: str, trust: TrustList, at: date | datetime, revoked: Revoked = lambda _: False) -> Verdict:
    """Judge a text at a time; a day stands for any of its hours. Never raises for what the text holds.

    `revoked` says of a `ci` whether it was revoked; asked of certificates whose signature is valid only.
    """
    try:
        signed = open_text(text)
        claims = claims_of(signed)
    except Malformed as fault:
        return Verdict(False, None, (Reason(fault.code),))
    certificate = claims.certificate
    wrong = problems(certificate)
    reasons = [Reason("schema", ", ".join(wrong[:5]))] if wrong else []
    key, unsigned = _signer(signed, trust)
    if key is None:
        return Verdict(False, certificate, (*reasons, Reason(unsigned)), claims)
    start, end = _hours(at)
    reasons += [Reason(code) for code in _refusals(claims, key, start, end)]
    if (identifier := str(entry_of(certificate).get("ci", ""))) and revoked(identifier):
        reasons.append(Reason("revoked"))
    return Verdict(True, certificate, tuple(reasons), claims, key)


def _signer(signed: Signed, trust: TrustList) -> tuple[TrustedKey | None, str]:
    """The key that signed, or what is wrong."""
    known = trust.named(signed.kid)
    if not known:
        return None, "unknown_key"
    content = signed.to_be_signed
    for key in known:
        if signed.algorithm in (None, key.algorithm) and key.signed(signed.signature, content):
            return key, ""
    return None, "signature"


def _refusals(claims: Claims, key: TrustedKey, start: datetime, end: datetime) -> list[str]:
    found = []
    kind = kind_of(claims.certificate)
    if key.uses and kind and kind not in key.uses:
        found.append("wrong_use")
    issued_at = claims.issued_at or start
    if (key.not_before and issued_at < key.not_before) or (key.not_after and start > key.not_after):
        found.append("key_expired")
    if claims.issued_at and claims.issued_at > end:
        found.append("not_yet_valid")
    if claims.expires_at and claims.expires_at < start:
        found.append("expired")
    return found


def _hours(at: date | datetime) -> tuple[datetime, datetime]:
    if isinstance(at, datetime):
        instant = at if at.tzinfo else at.replace(tzinfo=UTC)
        return instant, instant
    return datetime.combine(at, time.min, UTC), datetime.combine(at, time.max, UTC)
