"""The token endpoint: OAuth2 client credentials, by django-oauth-toolkit; its answers are those of RFC 6749, texts in French."""

from __future__ import annotations

from http import HTTPStatus
from time import monotonic

import msgspec
from django.core.cache import cache
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from oauth2_provider.models import AccessToken
from oauth2_provider.views import TokenView

from allant.api.fhir.outcomes import refusal

ATTEMPTS = 30  # a minute and an address, in each server process: checking a secret is made slow on purpose
TEXTS = {
    "invalid_client": "Logiciel inconnu, fermé, ou secret faux.",
    "invalid_grant": "Demande refusée.",
    "unsupported_grant_type": "Seul grant_type=client_credentials est admis.",
    "invalid_scope": "Une habilitation demandée n'est pas celle de ce logiciel.",
    "invalid_request": "Demande incomplète ou illisible.",
    "unauthorized_client": "Ce logiciel ne peut pas demander de jeton ainsi.",
}

_endpoint = TokenView.as_view()


def token(request: HttpRequest) -> HttpResponse:
    """A token of ten minutes against a client's identifier and secret."""
    _slow_down(request)
    if request.POST.get("grant_type", "client_credentials") != "client_credentials":
        return _answer({"error": "unsupported_grant_type"}, HTTPStatus.BAD_REQUEST)
    if any("\0" in value for value in request.POST.values()):
        return _answer({"error": "invalid_request"}, HTTPStatus.BAD_REQUEST)
    response = _endpoint(request)
    try:
        content = msgspec.json.decode(response.content)
    except msgspec.MsgspecError:
        content = {"error": "invalid_request"}
    if response.status_code == HTTPStatus.OK:
        AccessToken.objects.filter(expires__lt=Now()).delete()
    return _answer(content, response.status_code)


def _answer(content: dict[str, object], status: int) -> HttpResponse:
    if "error" in content:
        content = {"error": content["error"], "error_description": TEXTS.get(str(content["error"]), "Demande refusée.")}
        if content["error"] == "invalid_client":
            status = HTTPStatus.UNAUTHORIZED
    response = HttpResponse(msgspec.json.encode(content), status=status, content_type="application/json; charset=utf-8")
    response["Cache-Control"] = "no-store"
    response["Pragma"] = "no-cache"
    if status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = 'Basic realm="fhir"'
    vars(response)["_has_been_logged"] = True
    return response


def _slow_down(request: HttpRequest) -> None:
    """429 beyond `ATTEMPTS` a minute from one address."""
    key = f"fhir-token:{request.META.get('REMOTE_ADDR', '')}:{int(monotonic() // 60)}"
    cache.add(key, 0, 120)
    if cache.incr(key) > ATTEMPTS:
        text = "Trop de demandes de jeton : un jeton vaut dix minutes, gardez-le. Recommencez dans une minute."
        raise refusal(HTTPStatus.TOO_MANY_REQUESTS, "throttled", text, headers={"Retry-After": "60"})
