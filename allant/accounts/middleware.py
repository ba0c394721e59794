"""Default deny, and the access log of the pages that are not public."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from allant.accounts.access import declared_access
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.sign_in import roles_of

GetResponse = Callable[[HttpRequest], HttpResponse]


class AccessMiddleware:
    """Refuse any view that does not say who may open it, and anyone it does not name."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., Any], args: tuple, kwargs: dict) -> HttpResponse | None:
        """Raise PermissionDenied, send an anonymous visitor to sign in, or let the view run."""
        access = declared_access(view)
        if access is None:
            raise PermissionDenied("Cette page ne déclare pas à qui elle est destinée : elle reste fermée.")
        if access.public:
            return None
        if access.gate is not None:
            return access.gate(request)
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path(), reverse("account_login"))
        if not access.allows(roles_of(request)):
            wanted = ", ".join(sorted(role.label for role in access.roles))
            raise PermissionDenied(f"Cette page est réservée à : {wanted}.")
        return None


class AccessLogMiddleware:
    """One entry for each page that is not public, refusals included, unless the view wrote a better one itself."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        match = request.resolver_match
        if match is None or not request.user.is_authenticated or getattr(request, "access_logged", False):
            return response
        access = declared_access(match.func)
        if access is None or not access.public:
            log_request(request, _action(request, response), "page", subject_kind="page")
        return response


def _action(request: HttpRequest, response: HttpResponse) -> LoggedAction:
    if response.status_code == 403:
        return LoggedAction.REFUSED
    return LoggedAction.READ if request.method in {"GET", "HEAD"} else LoggedAction.WRITE
