"""The papers of an insured person, their own or those of a minor they represent: attestation, whole record (VC-62)."""

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
from allant.doctrine import rules
from allant.pages.base.attestation import attestation_with_codes
from allant.pages.base.errors import Missing
from allant.pages.insured.own_record import for_own_person
from allant.people.models import Person
from allant.people.representation import represented_by
from allant.typesetting import PaperFailed
from allant.vaccination.papers import NothingToAttest, record_of

INSURED = "insured"  # who asked for the certificates: never a name
ATTESTATION, RECORD = "attestation-vaccination-covid-19.pdf", "dossier-vaccination-covid-19.pdf"
NOT_REPRESENTED = "Vous ne représentez pas cette personne : son dossier ne s'ouvre pas depuis votre espace."


@requires(Role.INSURED)
@never_cache
@require_safe
@for_own_person
def insured_attestation(request: HttpRequest, person: Person) -> HttpResponse:
    """The attestation as a PDF file. Its name tells nobody's name."""
    log_request(request, LoggedAction.READ, "attestation de vaccination remise à la personne", [person.pk])
    return _paper(request, ATTESTATION, lambda: attestation_with_codes(person, clock.now(), INSURED))


@requires(Role.INSURED)
@never_cache
@require_safe
@for_own_person
def insured_record_paper(request: HttpRequest, person: Person) -> HttpResponse:
    """The whole record as a PDF file, former versions included."""
    log_request(request, LoggedAction.READ, "dossier de vaccination remis à la personne", [person.pk])
    return _paper(request, RECORD, lambda: record_of(person, clock.today()))


@requires(Role.INSURED)
@require_safe
@for_own_person
def insured_relatives(request: HttpRequest, person: Person) -> HttpResponse:
    """The minors one represents, with their papers."""
    relatives = list(_represented(person))
    log_request(request, LoggedAction.READ, "représentant légal : liste des mineurs rattachés", [one.pk for one in relatives])
    context = {"title": "Les mineurs que je représente", "trail": _trail(), "relatives": relatives}
    return render(request, "insured/relatives.html", context)


@requires(Role.INSURED)
@never_cache
@require_safe
@for_own_person
def insured_relative_attestation(request: HttpRequest, person: Person, *, person_id: int) -> HttpResponse:
    """The attestation of a minor, for their legal representative."""
    minor = _minor(request, person, person_id, "attestation de vaccination remise au représentant légal")
    return _paper(request, ATTESTATION, lambda: attestation_with_codes(minor, clock.now(), INSURED))


@requires(Role.INSURED)
@never_cache
@require_safe
@for_own_person
def insured_relative_record(request: HttpRequest, person: Person, *, person_id: int) -> HttpResponse:
    """The whole record of a minor, for their legal representative."""
    minor = _minor(request, person, person_id, "dossier de vaccination remis au représentant légal")
    return _paper(request, RECORD, lambda: record_of(minor, clock.today()))


def _represented(person: Person) -> list[Person]:
    today = clock.today()
    return list(represented_by(person, today, rules.as_known_on(today)))


def _minor(request: HttpRequest, person: Person, person_id: int, purpose: str) -> Person:
    """The minor asked for, asked anew at each paper: representation ends one day. Raises Missing (404), which is logged."""
    minor = next((one for one in _represented(person) if one.pk == person_id), None)
    if minor is None:
        log_request(request, LoggedAction.REFUSED, "représentant légal : personne non représentée", subject_kind="person")
        raise Missing(NOT_REPRESENTED)
    log_request(request, LoggedAction.READ, purpose, [minor.pk])
    return minor


def _paper(request: HttpRequest, name: str, compose: Callable[[], bytes]) -> HttpResponse:
    """The file, or why there is none."""
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
