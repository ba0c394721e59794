"""The revocation list that verifiers take, and whether one certificate of ours still verifies (RP-13).

The list holds no identifier: a certificate is known by the first sixteen bytes of the SHA-256 of its `ci`.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import datetime
from typing import Any

from allant.certificates.models import Certificate

BYTES = 16


def fingerprint(identifier: str) -> str:
    """What the list says of an identifier."""
    return hashlib.sha256(identifier.encode()).digest()[:BYTES].hex()


def is_revoked(identifier: str) -> bool:
    """Whether a certificate of ours was revoked; one that we did not issue is no concern of ours."""
    return Certificate.objects.revoked().filter(identifier=identifier).exists()


def revocation_list(at: datetime) -> dict[str, Any]:
    """Every certificate revoked and not expired, by key, with how many of each nature; nothing that names anybody."""
    found: dict[str, list[str]] = {}
    fates: Counter[str] = Counter()
    rows = Certificate.objects.revoked().unexpired_on(at).order_by("pk").values_list("key__kid", "identifier", "fate")
    for kid, identifier, fate in rows.iterator():
        found.setdefault(kid, []).append(fingerprint(identifier))
        fates[fate] += 1
    return {
        "made_at": at.isoformat(),
        "hash": f"SHA-256, {BYTES} first bytes of the identifier",
        "revoked": {kid: sorted(hashes) for kid, hashes in sorted(found.items())},
        "counts": dict(sorted(fates.items())),
    }
