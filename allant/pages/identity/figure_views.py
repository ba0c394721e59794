"""The figures of identification, as a page and as CSV (ID-11)."""

from __future__ import annotations

from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from allant import clock
from allant.accounts.access import requires
from allant.accounts.roles import Role
from allant.accounts.sign_in import roles_of
from allant.identification.counting import Line, figures
from allant.pages.base.sheets import sheet
from allant.pages.identity.territory import departements_of

ROLES = (Role.IDENTITY_AGENT, Role.ADMINISTRATOR)


def _lines(request: HttpRequest) -> list[Line]:
    return figures(clock.today(), None if Role.ADMINISTRATOR in roles_of(request) else departements_of(request))


@requires(*ROLES)
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Tables by group."""
    groups = [(name, list(lines)) for name, lines in groupby(_lines(request), key=lambda line: line.group)]
    context = {
        "title": "Chiffres de l'identification",
        "trail": [("Identification", "/identite/")],
        "groups": groups,
        "day": clock.today(),
    }
    return render(request, "identity/figures.html", context)


@requires(*ROLES)
@require_safe
def download(request: HttpRequest) -> HttpResponse:
    """The same lines."""
    rows = [(line.group, line.label, line.value) for line in _lines(request)]
    return sheet("identification.csv", ("Groupe", "Mesure", "Valeur"), rows)
