"""The attestation of vaccination of a patient, with its codes, for the professional to hand over (RP-13)."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from allant import clock
from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import Role
from allant.pages.base.attestation import attestation_with_codes
from allant.pages.professional.acting import for_teleservice
from allant.pages.professional.dossier import file_of, trail
from allant.typesetting import PaperFailed
from allant.vaccination.papers import NothingToAttest

NAME = "attestation-vaccination-covid-19.pdf"


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="find")
@require_safe
def patient_attestation(request: HttpRequest, person_id: int) -> HttpResponse:
    """The PDF, as the patient would download it; its name tells nobody's name."""
    file = file_of(request, person_id)
    log_request(request, LoggedAction.READ, "attestation de vaccination remise par le professionnel", [file.person.pk])
    try:
        content = attestation_with_codes(file.person, clock.now(), file.acting.by)
        return HttpResponse(
            content, content_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{NAME}"'}
        )
    except NothingToAttest:
        message, status = "Aucune vaccination n'est enregistrée pour ce patient : il n'y a rien à attester.", HTTPStatus.NOT_FOUND
    except PaperFailed as failure:
        message, status = str(failure), HTTPStatus.SERVICE_UNAVAILABLE
    context = {"title": "Document indisponible", "trail": trail(), "file": file, "message": message}
    return render(request, "professional/dossier/no_paper.html", context, status=status)
