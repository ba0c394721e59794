"""A summary to keep or to hand over: CSV, and the paper to sign (VC-24, VC-25, VC-36, VC-37). Any version, at any time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import Role
from allant.pages.professional.acting import for_teleservice
from allant.pages.professional.dossier import File, file_of, trail
from allant.pages.professional.dossier_eligibility import declaration_in
from allant.pages.professional.dossier_summary import dose_in
from allant.typesetting import PaperFailed
from allant.vaccination.papers import paper_of_declaration, paper_of_dose
from allant.vaccination.summaries import Summary, as_csv, summary_of_declaration, summary_of_dose


@dataclass(frozen=True)
class Step:
    """What an act of one step can be handed over as; `log`: what the access log calls its summary."""

    name: str
    log: str
    find: Callable[[File, int], Any]
    summary: Callable[[Any], Summary]
    paper: Callable[[Any], bytes]


DECLARATION = Step(
    "eligibilite", "téléservice : synthèse d'éligibilité", declaration_in, summary_of_declaration, paper_of_declaration
)
DOSE = Step("vaccination", "téléservice : synthèse de vaccination", dose_in, summary_of_dose, paper_of_dose)


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="find")
@require_safe
def declaration_csv(request: HttpRequest, person_id: int, declaration_id: int) -> HttpResponse:
    """The summary of a declaration as CSV (VC-24)."""
    return _csv(request, DECLARATION, person_id, declaration_id)


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="find")
@require_safe
def dose_csv(request: HttpRequest, person_id: int, dose_id: int) -> HttpResponse:
    """The summary of a dose as CSV (VC-37)."""
    return _csv(request, DOSE, person_id, dose_id)


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="find")
@require_safe
def declaration_paper(request: HttpRequest, person_id: int, declaration_id: int) -> HttpResponse:
    """The PDF of a version of a declaration, to sign and hand over (VC-24, VC-25)."""
    return _pdf(request, DECLARATION, person_id, declaration_id)


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="find")
@require_safe
def dose_paper(request: HttpRequest, person_id: int, dose_id: int) -> HttpResponse:
    """The PDF of a version of a dose, to sign and hand over (VC-36, VC-37)."""
    return _pdf(request, DOSE, person_id, dose_id)


def _csv(request: HttpRequest, step: Step, person_id: int, act_id: int) -> HttpResponse:
    file, act = _act(request, step, person_id, act_id)
    log_request(request, LoggedAction.READ, f"{step.log} en CSV", [file.person.pk])
    headers = _named(step, act, "csv", "attachment")
    return HttpResponse(as_csv(step.summary(act)), content_type="text/csv; charset=utf-8", headers=headers)


def _pdf(request: HttpRequest, step: Step, person_id: int, act_id: int) -> HttpResponse:
    """The paper, or why there is none yet: what it says is recorded in any case."""
    file, act = _act(request, step, person_id, act_id)
    log_request(request, LoggedAction.READ, f"{step.log} en PDF", [file.person.pk])
    try:
        return HttpResponse(step.paper(act), content_type="application/pdf", headers=_named(step, act, "pdf", "inline"))
    except PaperFailed as failure:
        context = {"title": "Document indisponible", "trail": trail(), "file": file, "message": str(failure)}
        return render(request, "professional/dossier/no_paper.html", context, status=HTTPStatus.SERVICE_UNAVAILABLE)


def _act(request: HttpRequest, step: Step, person_id: int, act_id: int) -> tuple[File, Any]:
    file = file_of(request, person_id)
    return file, step.find(file, act_id)


def _named(step: Step, act: Any, ending: str, disposition: str) -> dict[str, str]:
    return {"Content-Disposition": f'{disposition}; filename="{step.name}-{act.pk}-v{act.version}.{ending}"'}
