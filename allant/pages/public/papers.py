"""The control of a printed paper: does it still stand? Nobody is named, and guesses are slowed down."""

from __future__ import annotations

from http import HTTPStatus

from allauth.account.adapter import get_adapter
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from allant import clock
from allant.accounts.access import public
from allant.vaccination.papers import UnreadableMark, standing_of

TITLE = "Contrôler un document"
CHECKS_A_MINUTE = 60  # from one address: an entrance stays under it, a machine that guesses does not
LONGEST = 40  # characters read; a code has 24 with its dashes
ALERTS = {"current": "success", "replaced": "error", "cancelled": "error", "outdated": "warning"}
TOO_MANY = "Trop de contrôles depuis votre adresse. Attendez une minute avant de recommencer."
EMPTY = "Aucun code saisi : recopiez les 20 caractères écrits sous le carré du document."


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def paper_check(request: HttpRequest) -> HttpResponse:
    """The form where the code of a paper is typed, and its answer."""
    if request.method != "POST":
        return _page(request)
    typed = request.POST.get("code", "").strip()[:LONGEST]
    return _answer(request, typed) if typed else _page(request, error=EMPTY, status=HTTPStatus.BAD_REQUEST)


@public
@never_cache
@require_safe
def scanned_paper(request: HttpRequest, mark: str) -> HttpResponse:
    """The answer for the paper whose QR code was scanned: its address holds no identity, only the code of control."""
    return _answer(request, mark[:LONGEST])


def _answer(request: HttpRequest, typed: str) -> HttpResponse:
    if _too_many(request):
        return _page(request, typed=typed, error=TOO_MANY, status=HTTPStatus.TOO_MANY_REQUESTS)
    try:
        standing = standing_of(typed)
    except UnreadableMark as error:
        return _page(request, typed=typed, error=str(error), status=HTTPStatus.NOT_FOUND)
    return _page(request, typed=typed, standing=standing, alert=ALERTS[standing.state])


def _too_many(request: HttpRequest) -> bool:
    """Whether this address has used up its minute; scanned and typed codes count alike."""
    checks, key = caches["papers"], f"checks:{get_adapter(request).get_client_ip(request)}"
    checks.add(key, 0, timeout=60)
    try:
        return int(checks.incr(key)) > CHECKS_A_MINUTE
    except ValueError:  # the minute ended between the two
        return False


def _page(request: HttpRequest, *, status: int = HTTPStatus.OK, **context: object) -> HttpResponse:
    empty = {"title": TITLE, "typed": "", "error": "", "standing": None, "alert": "", "today": clock.today()}
    return render(request, "public/paper_check.html", empty | context, status=status)
