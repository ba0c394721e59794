"""What the page and the interface for programs have in common: a text, a trust list, a country, a moment, and the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any

from allauth.account.adapter import get_adapter
from django.core.cache import caches
from django.http import HttpRequest

from allant.certificates.business_rules import SHIPPED, RuleSet, Ruling, read_rules
from allant.certificates.issuing import identifier_of_text
from allant.certificates.keys import certificates, own_trust
from allant.certificates.models import Certificate, Use
from allant.certificates.revocations import is_revoked
from allant.certificates.trust import TrustList
from allant.certificates.two_d_doc import Read, Unreadable, keys_of, read
from allant.certificates.verification import Reason, Verdict, verify

COUNTRY = "FR"
CHECKS_A_MINUTE = 120  # from one address: a camera at an entrance stays under it


@dataclass(frozen=True)
class Judged:
    """The answer about one text: `verdict` and `ruling` for a European certificate, `paper` for a 2D-DOC."""

    verdict: Verdict | None = None
    ruling: Ruling | None = None
    paper: Read | None = None
    reasons: tuple[Reason, ...] = field(default_factory=tuple)

    @property
    def valid(self) -> bool:
        """The signature and the dates hold, and nothing was revoked."""
        return not self.reasons and (self.verdict is None or self.verdict.valid)

    @property
    def accepted(self) -> bool:
        """Valid, and refused by no rule of the country; a 2D-DOC has no rules but its own state."""
        return self.valid and (self.ruling is None or not self.ruling.against)


def judge(text: str, at: date | datetime, trust: TrustList | None = None, country: str = COUNTRY) -> Judged:
    """Judge a text of either form; `trust`: keys beside ours. Never raises for what the text holds."""
    if text.lstrip().startswith("DC"):
        return _paper(text.strip(" \t\r\n"))
    verdict = verify(text, _joined(trust), at, is_revoked)
    ruling = french_rules().ruling(verdict.claims, country, at) if verdict.valid and verdict.claims else None
    return Judged(verdict, ruling, reasons=verdict.reasons)


@cache
def french_rules() -> RuleSet:
    """The rules we ship, read once a process."""
    return read_rules(SHIPPED)


def too_many(request: HttpRequest) -> bool:
    """Whether this address has used up its minute."""
    checks, key = caches["papers"], f"certificates:{get_adapter(request).get_client_ip(request)}"
    checks.add(key, 0, timeout=60)
    try:
        return int(checks.incr(key)) > CHECKS_A_MINUTE
    except ValueError:  # the minute ended between the two
        return False


def as_json(judged: Judged) -> dict[str, Any]:
    """The answer for a program: the same whoever asks."""
    found: dict[str, Any] = {
        "valid": judged.valid,
        "accepted": judged.accepted,
        "reasons": [{"code": reason.code, "text": reason.text} for reason in judged.reasons],
    }
    if judged.verdict:
        found |= {"signature_valid": judged.verdict.signature_valid, "certificate": judged.verdict.certificate}
        found["rules"] = [
            {"id": outcome.rule.identifier, "result": outcome.result, "text": outcome.rule.text()}
            for outcome in (judged.ruling.outcomes if judged.ruling else ())
        ]
    if judged.paper:
        found |= {"signature_valid": bool(judged.paper.signature_valid), "fields": dict(judged.paper.fields)}
    return found


def _paper(text: str) -> Judged:
    try:
        found = read(text, keys_of(certificates(Use.TWO_D_DOC)))
    except Unreadable:
        return Judged(reasons=(Reason("prefix"),))
    if found.signature_valid is not True:
        return Judged(paper=found, reasons=(Reason("unknown_key" if found.signature_valid is None else "signature"),))
    revoked = Certificate.objects.revoked().filter(identifier=identifier_of_text(text)).exists()
    return Judged(paper=found, reasons=(Reason("revoked"),) if revoked else ())


def _joined(trust: TrustList | None) -> TrustList:
    """Our keys, then those of the list given, which cannot stand for ours."""
    ours = own_trust()
    if trust is None:
        return ours
    keys: Mapping[bytes, Any] = {**trust.keys, **ours.keys}
    return TrustList(keys, trust.unreadable)
