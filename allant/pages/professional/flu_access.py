"""Who may do what in the vaccination against flu today, and as whom they act (RP-23, RP-24)."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Literal

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from allant import clock
from allant.doctrine import rules
from allant.flu.professions import FluRights, flu_rights
from allant.flu.seasons import seasons
from allant.flu.vouchers import By
from allant.pages.professional.acting import View, acting, from_a_place

May = Literal["find", "deliver", "hand", "inject"]
VERBS = {
    "find": "ouvrir la page grippe",
    "deliver": "délivrer un vaccin contre la grippe",
    "hand": "remettre un bon de prise en charge",
    "inject": "enregistrer une injection contre la grippe",
}


def rights(request: HttpRequest) -> FluRights:
    """Those of the profession that acts, today."""
    today = clock.today()
    return flu_rights(acting(request).profession, today, rules.as_known_on(today))


def by(request: HttpRequest) -> By:
    """The `by=` of actions."""
    who = acting(request)
    return By(name=who.by, practitioner=who.practitioner, organisation=who.organisation)


def for_flu(*, may: May) -> Callable[[View], View]:
    """Open a view to the professions that have this right today. Stands under `@requires(Role.HEALTH_PROFESSIONAL)`."""
    return from_a_place(lambda request: getattr(rights(request), may), lambda request: _closed(request, may))


def _closed(request: HttpRequest, may: May) -> HttpResponse:
    book = rules.as_known_on(clock.today())
    context = {
        "title": "Accès non ouvert à votre profession",
        "trail": [("Espace professionnel", reverse("professional_home"))],
        "verb": VERBS[may],
        "begun": bool(seasons(book)),
        "may_do": [VERBS[name] for name in ("deliver", "hand", "inject") if getattr(rights(request), name)],
    }
    return render(request, "professional/flu/closed.html", context, status=HTTPStatus.FORBIDDEN)
