"""The papers of an insured person: attestation, whole record (VC-62)."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from allant import clock
from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import Role
from allant.pages.base.attestation import attestation_with_codes
from allant.pages.insured.own_record import for_own_person
from allant.people.models import Person
from allant.typesetting import PaperFailed
from allant.vaccination.papers import NothingToAttest, record_of

INSURED = "insured"  # who asked for the certificates: never a name
ATTESTATION, RECORD = "attestation-vaccination-covid-19.pdf", "dossier-vaccination-covid-19.pdf"


@requires(Role.INSURED)
@never_cache
@require_safe
@for_own_person
def insured_attestation(request: HttpRequest, person: Person) -> HttpResponse:
    """The attestation as a PDF file. Its name tells nobody's name."""
    log_request(request, LoggedAction.READ, "attestation de vaccination remise à la personne", [person.pk])
    return paper_file(request, ATTESTATION, lambda: attestation_with_codes(person, clock.now(), INSURED))


@requires(Role.INSURED)
@never_cache
@require_safe
@for_own_person
def insured_record_paper(request: HttpRequest, person: Person) -> HttpResponse:
    """The whole record as a PDF file, former versions included."""
    log_request(request, LoggedAction.READ, "dossier de vaccination remis à la personne", [person.pk])
    return paper_file(request, RECORD, lambda: record_of(person, clock.today()))


def paper_file(request: HttpRequest, name: str, compose: Callable[[], bytes]) -> HttpResponse:
    """The file, or a page that says why there is none."""
    try:
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(compose(), content_type="application/pdf", headers=headers)
    except NothingToAttest as error:
        message, status = str(error), HTTPStatus.NOT_FOUND
    except PaperFailed as error:
        message, status = str(error), HTTPStatus.SERVICE_UNAVAILABLE
    context = {"title": "Document indisponible", "trail": _trail(), "message": message}
    return render(request, "insured/no_paper.html", context, status=status)


def _trail() -> list[tuple[str, str]]:
    return [("Mon espace", reverse("insured_home"))]
