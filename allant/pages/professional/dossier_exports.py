"""A summary to keep or to hand over: CSV, and the paper to sign (VC-24, VC-25, VC-36, VC-37). Any version, at any time."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

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


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="find")
@require_safe
def declaration_csv(request: HttpRequest, person_id: int, declaration_id: int) -> HttpResponse:
    """The summary of a declaration as CSV (VC-24)."""
    file = file_of(request, person_id)
    declared = declaration_in(file, declaration_id)
    log_request(request, LoggedAction.READ, "téléservice : synthèse d'éligibilité en CSV", [file.person.pk])
    return _csv(summary_of_declaration(declared), f"eligibilite-{declared.pk}-v{declared.version}")


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="find")
@require_safe
def dose_csv(request: HttpRequest, person_id: int, dose_id: int) -> HttpResponse:
    """The summary of a dose as CSV (VC-37)."""
    file = file_of(request, person_id)
    given = dose_in(file, dose_id)
    log_request(request, LoggedAction.READ, "téléservice : synthèse de vaccination en CSV", [file.person.pk])
    return _csv(summary_of_dose(given), f"vaccination-{given.pk}-v{given.version}")


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="find")
@require_safe
def declaration_paper(request: HttpRequest, person_id: int, declaration_id: int) -> HttpResponse:
    """The PDF of a version of a declaration, to sign and hand over (VC-24, VC-25)."""
    file = file_of(request, person_id)
    declared = declaration_in(file, declaration_id)
    log_request(request, LoggedAction.READ, "téléservice : synthèse d'éligibilité en PDF", [file.person.pk])
    return _pdf(request, file, lambda: paper_of_declaration(declared), f"eligibilite-{declared.pk}-v{declared.version}")


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="find")
@require_safe
def dose_paper(request: HttpRequest, person_id: int, dose_id: int) -> HttpResponse:
    """The PDF of a version of a dose, to sign and hand over (VC-36, VC-37)."""
    file = file_of(request, person_id)
    given = dose_in(file, dose_id)
    log_request(request, LoggedAction.READ, "téléservice : synthèse de vaccination en PDF", [file.person.pk])
    return _pdf(request, file, lambda: paper_of_dose(given), f"vaccination-{given.pk}-v{given.version}")


def _csv(summary: Summary, name: str) -> HttpResponse:
    return HttpResponse(as_csv(summary), content_type="text/csv; charset=utf-8", headers=_named(f"{name}.csv", "attachment"))


def _pdf(request: HttpRequest, file: File, compose: Callable[[], bytes], name: str) -> HttpResponse:
    """The paper, or why there is none yet: what it says is recorded in any case."""
    try:
        return HttpResponse(compose(), content_type="application/pdf", headers=_named(f"{name}.pdf", "inline"))
    except PaperFailed as failure:
        context = {"title": "Document indisponible", "trail": trail(), "file": file, "message": str(failure)}
        return render(request, "professional/dossier/no_paper.html", context, status=HTTPStatus.SERVICE_UNAVAILABLE)


def _named(name: str, disposition: str) -> dict[str, str]:
    return {"Content-Disposition": f'{disposition}; filename="{name}"'}
