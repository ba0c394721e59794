"""Campaigns."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from allant.accounts.access import requires
from allant.accounts.roles import Role


@requires(Role.CAMPAIGN_MANAGER)
@require_GET
def campaign_list(request: HttpRequest) -> HttpResponse:
    """All campaigns."""
    return render(request, "public/home.html")
