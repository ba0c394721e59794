"""Opening a file leads to what is to be done next: one address, so that finding a patient is one key from recording."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import Role
from allant.pages.professional import dossier_eligibility, dossier_entry
from allant.pages.professional.acting import for_teleservice
from allant.pages.professional.dossier import File, file_of, trail


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="find")
@require_safe
def dossier(request: HttpRequest, person_id: int) -> HttpResponse:
    """The step that is open, ready to be filled by who may; otherwise the history, and why nothing is to be entered."""
    file = file_of(request, person_id)
    step = next((tab for tab in file.journey.tabs if tab.state == "open"), None)
    if step and step.kind == "eligibility" and file.acting.rights.declare:
        return dossier_eligibility.blank(request, file)
    if step and step.kind == "dose" and file.may_record:
        return dossier_entry.blank(request, file)
    log_request(request, LoggedAction.READ, "téléservice : consultation du dossier", [file.person.pk])
    context = {"title": "Dossier", "trail": trail(), "file": file, "why": _why(file, step.kind if step else "")}
    return render(request, "professional/dossier/read.html", context)


def _why(file: File, open_kind: str) -> str:
    """Why this professional has nothing to enter."""
    if open_kind == "eligibility":
        return "L’éligibilité doit d’abord être déclarée par une profession qui y est habilitée ; elle n’est pas encore validée."
    if open_kind == "dose":
        return "Une dose peut être enregistrée, par une profession qui y est habilitée."
    closed = [tab.reason for tab in file.journey.tabs if tab.state == "closed" and tab.reason]
    return closed[0] if closed else "Aucune dose n’est à enregistrer à ce jour."
