"""Vaccination at home, for the nurse: the requests given to them, a day for each, the file opened at the bedside (AV-40)."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from allant import clock
from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import Role
from allant.campaigns.models import HomeVisit
from allant.campaigns.proposals import home_visits
from allant.campaigns.proposals.home_visits import VisitRefused
from allant.outreach.letters.addressing import towns
from allant.pages.base.errors import Missing
from allant.pages.professional.acting import acting, for_teleservice
from allant.pages.professional.opening import open_file
from allant.people.models import ContactPoint

GONE = "Cette demande ne vous est pas, ou plus, confiée : rechargez votre liste."
NO_DAY = "Indiquez le jour de la visite."


def _own(request: HttpRequest) -> Any:
    nurse = acting(request).practitioner
    return home_visits.open_visits().filter(nurse=nurse) if nurse is not None else HomeVisit.objects.none()


def _mine(request: HttpRequest, visit: int) -> HomeVisit:
    found: HomeVisit | None = _own(request).filter(pk=visit).first()
    if found is None:
        raise Missing(GONE)
    return found


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="find")
@never_cache
@require_safe
def own_visits(request: HttpRequest) -> HttpResponse:
    """The requests given to this professional, what is due first at the head, with how to reach each person."""
    found, today = list(_own(request)), clock.today()
    people = [each.person_id for each in found]
    log_request(request, LoggedAction.READ, "vaccinations à domicile confiées", people or None)
    points: dict[int, list[ContactPoint]] = {}
    for point in ContactPoint.objects.filter(person__in=people, invalid_since=None).exclude(kind="email").order_by("kind", "pk"):
        points.setdefault(point.person_id, []).append(point)
    context = {
        "title": "Vaccinations à domicile", "today": today, "trail": [("Espace professionnel", reverse("professional_home"))],
        "rows": [(each, points.get(each.person_id, []), towns().get(each.person.commune_code or "", "")) for each in found],
        "overdue": sum(each.due_on < today for each in found),
    }  # fmt: skip
    return render(request, "professional/practice/home_visits.html", context)


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="find")
@require_POST
def plan_visit(request: HttpRequest, visit: int) -> HttpResponse:
    """Give the visit its day, or another one."""
    found = _mine(request, visit)
    try:
        planned_on = date.fromisoformat(request.POST.get("day", ""))
        home_visits.plan(found, planned_on=planned_on, by=acting(request).by, at=clock.now())
    except VisitRefused as refusal:
        messages.error(request, str(refusal))
    except ValueError:
        messages.error(request, NO_DAY)
    else:
        log_request(request, LoggedAction.WRITE, "visite à domicile datée", [found.person_id])
        messages.success(request, f"Visite prévue le {planned_on:%d/%m/%Y}.")
    return redirect("own_home_visits")


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="find")
@require_POST
def open_visit(request: HttpRequest, visit: int) -> HttpResponse:
    """At the bedside: the file opened at the step to fill. The dose recorded there closes the request."""
    person = open_file(request, _mine(request, visit).person, "appointment")
    log_request(request, LoggedAction.SEARCH, "téléservice : dossier ouvert par une visite à domicile", [person.pk])
    return redirect("teleservice_file", person_id=person.pk)
