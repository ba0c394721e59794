"""The site with two addresses more, the floors of PF-12: one row by its key, for everybody and for a signed-in professional."""

import os
import sys
import types
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from allant.site.wsgi import application  # noqa: F401  loads Django and its addresses

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "allant.site.settings")

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.urls import clear_url_caches, include, path

from allant.accounts.access import public, requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import Role
from allant.pages.professional.acting import for_teleservice
from allant.people.models import Person


def row(pk: int) -> JsonResponse:
    """One row by its key."""
    return JsonResponse(Person.objects.values("id", "family_name", "given_names", "birth_date", "sex").get(pk=pk))


@public
def one_row(request: HttpRequest, pk: int) -> JsonResponse:
    """Through the middleware, for a visitor without a session."""
    return row(pk)


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="find")
def signed_row(request: HttpRequest, pk: int) -> JsonResponse:
    """As any page of the téléservice: session, role, place, rights, access log."""
    log_request(request, LoggedAction.READ, "bench", person_ids=[pk])
    return row(pk)


urls = types.ModuleType("pf12_urls")
urls.urlpatterns = [  # type: ignore[attr-defined]
    path("bench/<int:pk>/", one_row),
    path("bench/signed/<int:pk>/", signed_row),
    path("", include(settings.ROOT_URLCONF)),
]
sys.modules["pf12_urls"] = urls
settings.ROOT_URLCONF = "pf12_urls"
clear_url_caches()
