"""The site with one address more: a view that reads one row and answers JSON, the floor of PF-02. Served by `pf02_http.py`."""

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

from allant.accounts.access import public
from allant.people.models import Person


@public
def one_row(request: HttpRequest, pk: int) -> JsonResponse:
    """One row by its key, through the same middleware."""
    return JsonResponse(Person.objects.values("id", "family_name", "given_names", "birth_date", "sex").get(pk=pk))


urls = types.ModuleType("pf02_urls")
urls.urlpatterns = [path("bench/<int:pk>/", one_row), path("", include(settings.ROOT_URLCONF))]  # type: ignore[attr-defined]
sys.modules["pf02_urls"] = urls
settings.ROOT_URLCONF = "pf02_urls"
clear_url_caches()
