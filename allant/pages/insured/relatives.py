"""The records of those whom an insured person represents: a child, somebody under guardianship (VC-62).

Representation is asked anew at each page, because it ends one day; who read is in the access log beside whose file it was.
"""

from __future__ import annotations

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
from allant.pages.insured.papers import ATTESTATION, INSURED, RECORD, paper_file
from allant.pages.insured.views import journey_of_person, record_file
from allant.people.models import Person
from allant.people.representation import Represented, representations_by
from allant.vaccination.papers import record_lines, record_of

NOT_REPRESENTED = "Vous ne représentez pas cette personne : son dossier ne s'ouvre pas depuis votre espace."


@requires(Role.INSURED)
@require_safe
@for_own_person
def insured_relatives(request: HttpRequest, person: Person) -> HttpResponse:
    """Those one represents, with their record and their papers."""
    relatives = _represented(person)
    log_request(
        request,
        LoggedAction.READ,
        "représentant légal : liste des personnes représentées",
        [one.person.pk for one in relatives],
        representative_id=person.pk,
    )
    context = {"title": "Les personnes que je représente", "trail": _trail(), "relatives": relatives}
    return render(request, "insured/relatives.html", context)


@requires(Role.INSURED)
@require_safe
@for_own_person
def insured_relative(request: HttpRequest, person: Person, *, person_id: int) -> HttpResponse:
    """The record of somebody one represents: every dose, those corrected or cancelled included."""
    one = _opened(request, person, person_id, "dossier de vaccination consulté par le")
    journey = journey_of_person(one.person)
    lines = record_lines(journey.versions, clock.today())
    context = {
        "title": f"Vaccination de {one.person.given_names} {one.person.family_name}",
        "trail": [*_trail(), ("Les personnes que je représente", reverse("insured_relatives"))],
        "relative": one,
        "journey": journey,
        "lines": [line for line in lines if not line.ended],
        "ended": [line for line in lines if line.ended],
    }
    return render(request, "insured/relative.html", context)


@requires(Role.INSURED)
@require_safe
@for_own_person
def insured_relative_sheet(request: HttpRequest, person: Person, *, person_id: int) -> HttpResponse:
    """The same record as a file, to keep."""
    return record_file(_opened(request, person, person_id, "dossier de vaccination remis au").person)


@requires(Role.INSURED)
@never_cache
@require_safe
@for_own_person
def insured_relative_attestation(request: HttpRequest, person: Person, *, person_id: int) -> HttpResponse:
    """The attestation of somebody one represents."""
    one = _opened(request, person, person_id, "attestation de vaccination remise au")
    return paper_file(request, ATTESTATION, lambda: attestation_with_codes(one.person, clock.now(), INSURED))


@requires(Role.INSURED)
@never_cache
@require_safe
@for_own_person
def insured_relative_record(request: HttpRequest, person: Person, *, person_id: int) -> HttpResponse:
    """The whole record of somebody one represents, as a paper."""
    one = _opened(request, person, person_id, "dossier de vaccination remis au")
    return paper_file(request, RECORD, lambda: record_of(one.person, clock.today()))


def _represented(person: Person) -> list[Represented]:
    today = clock.today()
    return representations_by(person, today, rules.as_known_on(today))


def _opened(request: HttpRequest, person: Person, person_id: int, done: str) -> Represented:
    """The one asked for; `done`: what is then logged in their file, up to who. Raises Missing (404), which is logged."""
    found = next((one for one in _represented(person) if one.person.pk == person_id), None)
    if found is None:
        log_request(request, LoggedAction.REFUSED, "représentant légal : personne non représentée", subject_kind="person")
        raise Missing(NOT_REPRESENTED)
    purpose = f"{done} représentant légal ({found.kind.label.lower()})"[:200]
    log_request(request, LoggedAction.READ, purpose, [found.person.pk], representative_id=person.pk)
    return found


def _trail() -> list[tuple[str, str]]:
    return [("Mon espace", reverse("insured_home"))]
