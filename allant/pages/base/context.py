"""What every template may use."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from allant.accounts.sign_in import current_membership
from allant.pages.base.navigation import menu_for


def site(request: HttpRequest) -> dict[str, Any]:
    """Service name, look, menu, account. An error met before the session is read shows the page of an anonymous visitor."""
    user = getattr(request, "user", None)
    known = user is not None and user.is_authenticated
    return {
        "service_name": "Allant",
        "service_tagline": "Le système ouvert des campagnes de santé",
        "state_look": settings.ALLANT_STATE_LOOK,
        "menu": menu_for(request) if user is not None else [],
        "account": user if known else None,
        "account_membership": current_membership(request) if known else None,
    }
