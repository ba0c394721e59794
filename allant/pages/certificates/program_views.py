"""For programs: judge a certificate, take our trust list and our revocation list. Open data, without account (RP-11, RP-13)."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from allant import clock
from allant.accounts.access import public
from allant.certificates.keys import trust_entries
from allant.certificates.revocations import revocation_list
from allant.certificates.trust import UnreadableTrust, read_trust
from allant.pages.certificates.judging import COUNTRY, as_json, judge, too_many

LONGEST_BODY = 2_000_000


@public
@csrf_exempt
@never_cache
@require_POST
@sensitive_variables()
def verify_api(request: HttpRequest) -> JsonResponse:
    """`{"text", "at"?, "country"?, "trust"?}` → the verdict. Nothing is kept; 400 for what cannot be read, 429 too often."""
    if too_many(request):
        return _refused("Trop de vérifications depuis votre adresse : attendez une minute.", 429)
    if int(request.META.get("CONTENT_LENGTH") or 0) > LONGEST_BODY:
        return _refused("Demande trop longue.", 413)
    try:
        asked: Any = json.loads(request.body)
        text, at = asked["text"], _moment(asked.get("at"))
        trust = read_trust(json.dumps(asked["trust"]).encode()) if asked.get("trust") else None
        country = str(asked.get("country", COUNTRY)).upper()[:2]
    except UnreadableTrust as refusal:
        return _refused(str(refusal), 400)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return _refused("Attendu : un objet JSON avec « text », et au besoin « at », « country », « trust ».", 400)
    if not isinstance(text, str):
        return _refused("« text » est le texte du code, « HC1:… ».", 400)
    return JsonResponse(as_json(judge(text, at, trust, country)))


@public
@cache_control(max_age=300)
@require_safe
def trust(request: HttpRequest) -> JsonResponse:
    """Our keys, those that sign no more included, in the form that `allant pass verify --trust` reads."""
    return JsonResponse(trust_entries(), safe=False)


@public
@cache_control(max_age=60)
@require_safe
def revocations(request: HttpRequest) -> JsonResponse:
    """Fingerprints of the certificates revoked, by key. A minute at most stands between a correction and its publication here."""
    return JsonResponse(revocation_list(clock.now()))


def _moment(asked: Any) -> date | datetime:
    if asked is None:
        return clock.now()
    return datetime.fromisoformat(asked) if "T" in asked else date.fromisoformat(asked)


def _refused(message: str, status: int) -> JsonResponse:
    return JsonResponse({"error": message}, status=status)
