"""What people's pages need, left out for programs: `/fhir` reads no cookie, keeps no session and shows no message (PF-02).

Each is Django's own middleware, passed over for the addresses of programs; `AccessMiddleware` and its gates stay for all.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse

PROGRAMS = "/fhir"
NOBODY = AnonymousUser()


def for_programs(request: HttpRequest) -> bool:
    """Whether the address is one of those for programs."""
    path = request.path_info
    return path.startswith(PROGRAMS) and path[len(PROGRAMS) : len(PROGRAMS) + 1] in ("", "/")


class _ForPeople:
    """Passes over the middleware it is put before."""

    get_response: Any

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if for_programs(request):
            return self.get_response(request)
        return super().__call__(request)  # type: ignore[misc]


class Sessions(_ForPeople, SessionMiddleware):
    """Sessions, for people."""


class Authentication(_ForPeople, AuthenticationMiddleware):
    """Who is signed in; at the address of a program, nobody, whatever cookie comes."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.user = NOBODY
        return super().__call__(request)


class Messages(_ForPeople, MessageMiddleware):
    """Messages, for people."""
