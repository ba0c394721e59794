"""Signing in and out: the doors, the way to each provider and back."""

from __future__ import annotations

import logging
import secrets
from http import HTTPStatus

from allauth.core import ratelimit
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.base import AuthProcess
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME, logout
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from requests import RequestException

from allant.accounts.access import public
from allant.site.encrypted_tokens import public_keys
from allant.site.oidc import END_SESSION_KEY, CheckedAdapter, CheckedCallback, refusal_page
from allant.site.providers import BY_ID, Provider

logger = logging.getLogger(__name__)

LONGEST_NEXT = 2_000  # characters: the page asked for is kept in the session of somebody not yet known


@public
@never_cache
@require_safe
def sign_in(request: HttpRequest) -> HttpResponse:
    """The doors, one for each provider."""
    wanted = _safe_next(request)
    if request.user.is_authenticated:
        return HttpResponseRedirect(wanted) if wanted else redirect("my_space")
    return render(request, "base/sign_in.html", {"title": "Se connecter", "providers": _offered().values(), "next": wanted})


@public
@never_cache
@require_POST
def begin(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Send the visitor to the provider, with PKCE, a state and a nonce. The visitor's own parameters are not passed on."""
    if provider_id not in _offered():
        raise Http404("Fournisseur d'identité inconnu.")
    if not ratelimit.consume(request, action="sign_in"):
        message = "Trop de tentatives de connexion depuis votre adresse. Attendez une minute avant de recommencer."
        return refusal_page(request, message, HTTPStatus.TOO_MANY_REQUESTS)
    provider = get_adapter(request).get_provider(request, provider_id)
    nonce = secrets.token_urlsafe(24)
    try:
        return provider.redirect(
            request,
            process=AuthProcess.LOGIN,
            next_url=_safe_next(request),
            auth_params=provider.get_auth_params() | {"nonce": nonce},
            nonce=nonce,
        )
    except RequestException as error:
        logger.warning("sign-in provider unreachable", extra={"provider": provider_id, "reason": type(error).__name__})
        message = f"{BY_ID[provider_id].label} ne répond pas. Réessayez dans quelques minutes."
        return refusal_page(request, message, HTTPStatus.SERVICE_UNAVAILABLE)


@public
@never_cache
@require_safe
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """The way back: exchange the code, check everything, open the session."""
    if provider_id not in _offered():
        raise Http404("Fournisseur d'identité inconnu.")
    return CheckedCallback.adapter_view(CheckedAdapter(request, provider_id))(request)


@public
@never_cache
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Close the session here, and offer the form that closes it at the provider too: no address holds the ID token."""
    provider_session = request.session.get(END_SESSION_KEY) or {}
    logout(request)
    context = {
        "title": "Vous êtes déconnecté",
        "provider_url": provider_session.get("url", ""),
        "id_token": provider_session.get("id_token", ""),
        "back": request.build_absolute_uri("/"),
    }
    return render(request, "base/signed_out.html", context)


@public
@require_safe
def encryption_keys(request: HttpRequest) -> HttpResponse:
    """The public keys for which providers encrypt their tokens; an empty set when none does."""
    apps = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]
    return JsonResponse(public_keys([path for app in apps if (path := app["settings"].get("decryption_key"))]))


@public
@never_cache
@require_safe
def inactive(request: HttpRequest) -> HttpResponse:
    """Where a closed account ends."""
    return refusal_page(request, "Ce compte est fermé. Adressez-vous à l'administrateur de votre organisme.")


def _offered() -> dict[str, Provider]:
    """The doors open on this installation, by identifier."""
    apps = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]
    return {app["provider_id"]: BY_ID[app["provider_id"]] for app in apps}


def _safe_next(request: HttpRequest) -> str:
    wanted = request.POST.get(REDIRECT_FIELD_NAME) or request.GET.get(REDIRECT_FIELD_NAME) or ""
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if safe and len(wanted) <= LONGEST_NEXT else ""


urlpatterns = [
    path("", sign_in, name="account_login"),
    path("fin/", sign_out, name="account_logout"),
    path("cles.json", encryption_keys, name="encryption_keys"),
    path("compte-ferme/", inactive, name="account_inactive"),
    path("<slug:provider_id>/", begin, name="openid_connect_login"),
    path("<slug:provider_id>/retour/", callback, name="openid_connect_callback"),
]
