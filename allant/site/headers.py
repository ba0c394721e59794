"""The security headers that Django does not write itself."""

from collections.abc import Callable
from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse

PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


@cache
def content_policy(sign_in_origins: tuple[str, ...] = (), reader: str = "") -> str:
    """Everything from this site; no inline script or style.

    Browsers apply form-action to redirects too, so the origins of the sign-in services are named. `reader` is the address of the
    card reader on the visitor's own machine, which pages may ask.
    """
    return "; ".join(
        (
            "default-src 'self'",
            "img-src 'self' data:",
            " ".join(("connect-src 'self'", *filter(None, (reader,)))),
            "object-src 'none'",
            "base-uri 'self'",
            "frame-ancestors 'none'",
            " ".join(("form-action 'self'", *sign_in_origins)),
        )
    )


class SecurityHeaders:
    """Middleware: content policy and permissions on every answer; pages of signed-in people are kept by no cache."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        policy = content_policy(tuple(settings.SIGN_IN_ORIGINS), settings.ALLANT_READER_URL)
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        user = getattr(request, "user", None)
        if user is not None and user.is_authenticated:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response
