"""The signed-in visitor's own page, and the pages of the footer."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from allant.accounts.access import public, signed_in
from allant.accounts.models import AccessLogEntry
from allant.accounts.roles import Role
from allant.accounts.sign_in import memberships_of, roles_of, sign_in_of

# Where each role begins its day; the others find their account.
FIRST_PAGE = {
    Role.CAMPAIGN_MANAGER: "campaigns",
    Role.HEALTH_PROFESSIONAL: "professional_home",
    Role.PORTAL_USER: "professional_home",
    Role.INSURED: "insured_home",
}
LAST_ENTRIES = 10


@signed_in
@require_safe
def my_space(request: HttpRequest) -> HttpResponse:
    """After sign-in: the first page of the role."""
    return redirect(_first_page(request) or "account")


@signed_in
@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """Who is signed in, how, with which roles, and the account's last entries in the access log."""
    return render(
        request,
        "base/account.html",
        {
            "title": "Mon compte",
            "memberships": memberships_of(request),
            "sign_in": sign_in_of(request),
            "first_page": _first_page(request),
            "entries": AccessLogEntry.objects.done_by(request.user)[:LAST_ENTRIES],
        },
    )


def _first_page(request: HttpRequest) -> str:
    held = roles_of(request)
    return next((page for role, page in FIRST_PAGE.items() if role in held), "")


@public
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """The accessibility statement."""
    return render(request, "base/accessibility.html", {"title": "Accessibilité"})


@public
@require_safe
def legal(request: HttpRequest) -> HttpResponse:
    """Legal notice, personal data, licences."""
    return render(request, "base/legal.html", {"title": "Mentions légales"})
