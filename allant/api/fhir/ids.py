"""Logical ids: the row's number and a seal, so that nobody reads the register by counting.

A client holds the id of a person or a dose only because the server gave it: for a search by number, or for an act it recorded.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

from django.conf import settings
from django.utils.crypto import constant_time_compare

SEAL_BYTES = 10  # 80 bits, 20 characters
LARGEST = 2**63 - 1


@lru_cache(maxsize=4)
def _key(secret: str) -> bytes:
    return hashlib.sha256(b"allant.api.fhir.ids" + secret.encode()).digest()


def public_id(kind: str, pk: int) -> str:
    """The logical id of a row; `kind` is the resource type."""
    seal = hashlib.blake2b(f"{kind}/{pk}".encode(), key=_key(settings.SECRET_KEY), digest_size=SEAL_BYTES)
    return f"{pk}-{seal.hexdigest()}"


def pk_of(kind: str, text: str) -> int | None:
    """The row that a logical id names, or None when it was not made here."""
    number = text.partition("-")[0]
    if not (number.isascii() and number.isdigit() and len(number) <= 19 and int(number) <= LARGEST):
        return None
    return int(number) if constant_time_compare(text, public_id(kind, int(number))) else None
