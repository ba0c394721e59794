"""What comes back about e-mails: the link out, for anybody who holds it, and bounces told by the mail provider (AV-11)."""

from __future__ import annotations

import hmac

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from allant import clock
from allant.accounts.access import public
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.outreach.emails import bounces
from allant.outreach.emails.route import bounce_secret
from allant.outreach.emails.signing import BadLink
from allant.outreach.emails.unsubscribing import message_of, unsubscribe
from allant.outreach.models import Message

LARGEST = 1_000_000


@public
@csrf_exempt  # the mail program posts by itself (RFC 8058); the signed link is the key
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest, token: str) -> HttpResponse:
    """Ask once, then refuse. A program that only follows links refuses nothing."""
    try:
        if request.method == "POST":
            message = unsubscribe(token, at=clock.now())
            log_request(request, LoggedAction.WRITE, "désinscription par le lien d'un courriel", _who(message))
        else:
            message_of(token)
    except BadLink as error:
        context = {"title": "Lien incomplet", "problem": str(error), "done": False}
        return render(request, "outreach/leave.html", context, status=404)
    done = request.method == "POST"
    title = "C’est noté" if done else "Ne plus recevoir ces courriels"
    return render(request, "outreach/leave.html", {"title": title, "problem": "", "done": done})


def _who(message: Message) -> list[int] | None:
    """Whose refusal it is; an address that a guest or a relative gave is nobody's of the register."""
    return None if message.person_id is None or message.lent_address else [message.person_id]


@public
@csrf_exempt  # a program; its signature is checked
@require_POST
def told(request: HttpRequest) -> HttpResponse:
    """Bounces as the provider tells them, signed."""
    secret = bounce_secret()
    body = request.body if int(request.headers.get("Content-Length") or 0) <= LARGEST else b""
    given = request.headers.get("X-Allant-Signature", "")
    if not secret or not body or not hmac.compare_digest(given.encode(), bounces.signature(secret, body).encode()):
        return JsonResponse({"erreur": "Signature absente ou fausse."}, status=403)
    try:
        found = bounces.told(body)
    except bounces.BadReport as error:
        return JsonResponse({"erreur": str(error)}, status=400)
    bounces.record(found, clock.now())
    return JsonResponse({"rejets": len(found)})
