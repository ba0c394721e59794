"""Error pages: French, plain, with a way out."""

from __future__ import annotations

import logging
from http import HTTPStatus

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseServerError
from django.shortcuts import render
from django.template import loader

from allant.accounts.access import public

logger = logging.getLogger(__name__)

SERVER_ERROR = "Erreur inattendue. Votre dernière action n'a peut-être pas été enregistrée : vérifiez avant de recommencer.\n"


class Missing(Http404):
    """A 404 whose text is for the reader: in French, without name or number."""


def _error(request: HttpRequest, status: HTTPStatus, title: str, message: str) -> HttpResponse:
    return render(request, "base/error.html", {"code": int(status), "title": title, "message": message}, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400."""
    return _error(
        request,
        HTTPStatus.BAD_REQUEST,
        "Demande incomprise",
        "Le service n'a pas compris cette demande. Vérifiez l'adresse ou revenez à la page précédente.",
    )


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403, with the reason when the refusal gives one."""
    reason = str(exception) or "Votre compte ne donne pas accès à cette page."
    return _error(request, HTTPStatus.FORBIDDEN, "Accès refusé", reason)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404. The address is not repeated: it may hold anything."""
    return _error(
        request,
        HTTPStatus.NOT_FOUND,
        "Page introuvable",
        str(exception) if isinstance(exception, Missing) else "L'adresse est peut-être mal écrite, ou la page n'existe plus.",
    )


@public
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form whose token is missing or too old."""
    return _error(
        request,
        HTTPStatus.FORBIDDEN,
        "Formulaire expiré",
        "Ce formulaire a été ouvert il y a trop longtemps, ou dans une autre session. Rechargez la page et recommencez ; "
        "rien n'a été enregistré.",
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """500: a template without context, since the cause may be the session or the database itself, or the static files."""
    try:
        return HttpResponseServerError(loader.render_to_string("base/server_error.html"))
    except ValueError:
        logger.exception("the static files were not collected")
        return HttpResponseServerError(SERVER_ERROR, content_type="text/plain; charset=utf-8")
