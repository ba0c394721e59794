"""What must be true before the site answers: declarations without the middleware that reads them would open everything."""

from typing import Any

from django.conf import settings
from django.core.checks import Error, register

REQUIRED = ("allant.accounts.middleware.AccessMiddleware", "allant.accounts.middleware.AccessLogMiddleware")


@register("security")
def access_is_enforced(**kwargs: Any) -> list[Error]:
    """One error for each middleware missing from the settings."""
    return [
        Error(
            f"{name} n'est pas dans MIDDLEWARE : les droits d'accès ne seraient pas vérifiés.",
            hint="Ajoutez-le après AuthenticationMiddleware.",
            id="accounts.E001",
        )
        for name in REQUIRED
        if name not in settings.MIDDLEWARE
    ]
