"""Codes as pictures: drawn when somebody asks, and kept, since drawing costs many times what signing does."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from django.core.cache import caches

from allant.certificates.models import Certificate, Use
from allant.typesetting import data_matrix, qr_code

KEPT = 3_600  # seconds
CACHE = "codes"


def picture_of(certificate: Certificate) -> str:
    """The code as SVG, without its white margin: QR for a European certificate, Data Matrix for a 2D-DOC."""
    return _kept(certificate.text, qr_code if certificate.use == Use.EUROPEAN else data_matrix)


def _kept(text: str, draw: Callable[[str], str]) -> str:
    """Under a digest: a cache's key is no place for what a code says."""
    key = f"code:{hashlib.sha256(text.encode()).hexdigest()}"
    drawn: str | None = caches[CACHE].get(key)
    if drawn is None:
        drawn = draw(text)
        caches[CACHE].set(key, drawn, KEPT)
    return drawn
