"""Where an administrator, or an identity agent, arrives: each rubric with what waits in it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from allant import clock
from allant.accounts.access import requires
from allant.accounts.roles import Role
from allant.accounts.sign_in import roles_of
from allant.immunizations.models import Dose, VolumeAlert
from allant.pages.administration.territory import pairs_of


@requires(Role.ADMINISTRATOR, Role.IDENTITY_AGENT)
@require_safe
def administration_home(request: HttpRequest) -> HttpResponse:
    """The rubrics this role may open."""
    context = {"title": "Administration", "administrator": Role.ADMINISTRATOR in roles_of(request), "pairs": 0}
    context["pairs"] = pairs_of(request).to_compare_on(clock.today()).count()
    if context["administrator"]:
        context["open_alerts"] = VolumeAlert.objects.open().count()
        context["unlisted"] = Dose.objects.with_unlisted_lot().count()
        context["cancelled"] = Dose.objects.cancelled_administratively().count()
    return render(request, "administration/home.html", context)
