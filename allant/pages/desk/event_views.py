"""Where a telephony posts what it hears (docs/how-to/telephony.md): JSON, signed, told as often as it likes."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from allant import clock
from allant.accounts.access import public
from allant.campaigns.desk.telephony import COLUMNS, Told, UnknownCall, receive

LARGEST, MOST_ID = 10_000, 2**63 - 1


class BadEvent(ValueError):
    """A body that is no event; the message says why, in French."""


def signature(secret: str, body: bytes) -> str:
    """What the header X-Allant-Signature bears: HMAC-SHA-256 of the body, in hexadecimal."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@public
@csrf_exempt  # a program; its signature is checked
@require_POST
def telephony(request: HttpRequest) -> JsonResponse:
    """One event of one call."""
    declared = request.headers.get("Content-Length") or "0"
    body = request.body if declared.isdecimal() and int(declared) <= LARGEST else b""
    secret, given = settings.ALLANT_TELEPHONY_SECRET, request.headers.get("X-Allant-Signature", "")
    if not secret or not body or not hmac.compare_digest(given.encode(), signature(secret, body).encode()):
        return JsonResponse({"erreur": "Signature absente ou fausse."}, status=403)
    try:
        fresh = receive(_read(body), at=clock.now())
    except BadEvent as error:
        return JsonResponse({"erreur": str(error)}, status=400)
    except UnknownCall as error:
        return JsonResponse({"erreur": str(error)}, status=404)
    return JsonResponse({"nouveau": fresh})


def _read(body: bytes) -> Told:
    try:
        said: Any = json.loads(body)
    except (ValueError, RecursionError):
        raise BadEvent("Corps illisible : un objet JSON est attendu.") from None
    if not isinstance(said, dict) or said.get("event") not in COLUMNS:
        raise BadEvent(f"« event » attendu parmi : {', '.join(COLUMNS)}.")
    key, call, agent = said.get("id"), said.get("call"), said.get("agent", "")
    if not isinstance(key, str) or not 0 < len(key) <= 90 or "\0" in key:
        raise BadEvent("« id » attendu : de 1 à 90 caractères, le même pour le même événement.")
    if call is not None and (not isinstance(call, int) or isinstance(call, bool) or not 0 < call <= MOST_ID):
        raise BadEvent("« call » : le numéro de l'appel, ou rien.")
    if not isinstance(agent, str) or "\0" in agent or (call is None and not agent):
        raise BadEvent("Dites l'appel (« call ») ou l'agent en ligne (« agent »).")
    return Told(key=f"tel:{key}", event=said["event"], call=call, agent=agent[:150])
