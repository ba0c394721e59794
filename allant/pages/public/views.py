"""The home page and the figures."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from allant.accounts.access import public
from allant.pages.public.doors import DOORS, PROMISES


@public
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What Allant is."""
    return render(request, "public/home.html", {"title": "Accueil", "doors": DOORS, "promises": PROMISES, "cards": []})


@public
@require_GET
def figures(request: HttpRequest) -> HttpResponse:
    """Key figures."""
    return render(request, "public/home.html")
