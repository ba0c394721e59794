"""Where a health professional arrives, and the choice of the place of activity (VC-01, VC-03, VC-04)."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_safe

from allant.accounts.access import requires
from allant.accounts.roles import Role
from allant.accounts.sign_in import choose_structure, current_membership, roles_of, structures_to_choose


@requires(Role.HEALTH_PROFESSIONAL, Role.PORTAL_USER)
@require_safe
def professional_home(request: HttpRequest) -> HttpResponse:
    """The rubric « Activités ». A sign-in without card or e-CPS ends here, on the banner of VC-01."""
    strong = Role.HEALTH_PROFESSIONAL in roles_of(request)
    if strong and current_membership(request) is None:
        return redirect("professional_structure")
    return render(
        request,
        "professional/home.html",
        {
            "title": "Espace professionnel",
            "strong": strong,
            "membership": current_membership(request),
            "places": structures_to_choose(request) if strong else [],
        },
    )


@requires(Role.HEALTH_PROFESSIONAL)
@require_http_methods(["GET", "HEAD", "POST"])
def structure(request: HttpRequest) -> HttpResponse:
    """Choose, or change, the place of activity that acts are written from (VC-03)."""
    places = structures_to_choose(request)
    if not places:
        return redirect("professional_home")
    error = ""
    if request.method == "POST":
        chosen = request.POST.get("place", "")
        if not chosen:
            error = "Aucun lieu choisi : sélectionnez le lieu où vous exercez maintenant."
        elif not any(chosen == str(place.pk) and choose_structure(request, place.pk) for place in places):
            raise PermissionDenied("Ce lieu d'exercice n'est pas l'un des vôtres.")
        else:
            messages.success(request, "Lieu d'exercice enregistré pour cette session.")
            return HttpResponseRedirect(_wanted(request) or reverse("professional_home"))
    return render(
        request,
        "professional/structure.html",
        {
            "title": "Choisir le lieu d'exercice",
            "trail": [("Espace professionnel", reverse("professional_home"))],
            "places": places,
            "current": current_membership(request),
            "error": error,
            "next": _wanted(request),
        },
    )


def _wanted(request: HttpRequest) -> str:
    """The page of this site that waits for the choice, if any."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()) else ""
