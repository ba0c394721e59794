"""The outside services, over HTTP: SNGI, SANDIA, the other bodies. Ports: each address is a setting, none comes from a request.

SNGI    POST /identities/search   identity → 200 {number, kind} or 404
        POST /identities          identity, key, body → 200 {number, kind, new}; the same identity gives the same number
SANDIA  POST /files               {key, number, identity, documents: [{kind, sha256, content}]} → 202
        GET  /answers?after=N     [{seq, key, submission, kind, number?, reasons?: [{kind, reason}]}], late, twice, in any order
bodies  POST /bodies/CODE/notices {key, former, number} → 200; the same key again is the same notice
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests
from django.conf import settings

TIMEOUT = (2.0, 10.0)  # seconds to connect, then to be answered


class ServiceDown(RuntimeError):
    """The service cannot be asked now, or did not answer as it must: ask again later, under the same key."""


def sngi(path: str, content: Mapping[str, Any]) -> dict[str, Any] | None:
    """Ask SNGI; None for « unknown ». Raises ServiceDown."""
    return _send("SNGI", "POST", settings.ALLANT_SNGI_URL, path, json=dict(content))


def sandia_send(content: Mapping[str, Any]) -> None:
    """Give SANDIA a file. Raises ServiceDown."""
    _send("SANDIA", "POST", settings.ALLANT_SANDIA_URL, "/files", json=dict(content))


def sandia_answers(after: int) -> list[dict[str, Any]]:
    """What SANDIA has to say since an answer. Raises ServiceDown."""
    found = _send("SANDIA", "GET", settings.ALLANT_SANDIA_URL, "/answers", params={"after": after}) or {}
    return list(found.get("answers", []))


def tell_body(code: str, content: Mapping[str, Any]) -> None:
    """Tell a body. Raises ServiceDown."""
    _send(code, "POST", settings.ALLANT_BODIES_URL, f"/bodies/{code}/notices", json=dict(content))


def _send(service: str, method: str, url: str, path: str, **options: Any) -> dict[str, Any] | None:
    if not url:
        raise ServiceDown(f"{service} n'est pas configuré.")
    try:
        answer = requests.request(method, url.rstrip("/") + path, timeout=TIMEOUT, allow_redirects=False, **options)
    except requests.RequestException as lost:
        raise ServiceDown(f"{service} ne répond pas.") from lost
    if answer.status_code == 404:
        return None
    if answer.status_code not in (200, 201, 202):
        raise ServiceDown(f"{service} a répondu {answer.status_code}.")
    try:
        content = answer.json()
    except ValueError as unreadable:
        raise ServiceDown(f"La réponse de {service} est illisible.") from unreadable
    if not isinstance(content, dict):
        raise ServiceDown(f"La réponse de {service} n'est pas celle attendue.")
    return content
