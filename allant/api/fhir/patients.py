"""Patient: read by the id the server gave, searched by number in the body of a POST and no other way."""

from __future__ import annotations

from http import HTTPStatus

from django.db.models import Q
from django.http import HttpRequest, HttpResponse

from allant.accounts.log import log_access
from allant.accounts.models import LoggedAction
from allant.api.clients import client_of
from allant.api.fhir import ids, parameters, rendering
from allant.api.fhir.exchange import base_of
from allant.api.fhir.outcomes import answer, refusal
from allant.people.models import Person

PATH = "fhir/Patient"


def read_one(request: HttpRequest, resource_id: str) -> HttpResponse:
    """A person."""
    pk = ids.pk_of("Patient", resource_id)
    person = Person.objects.filter(pk=pk).prefetch_related("matricules").first() if pk is not None else None
    if person is None:
        text = "Ce patient n'existe pas, ou son identifiant n'a pas été donné par ce serveur : cherchez-le par son numéro."
        raise refusal(HTTPStatus.NOT_FOUND, "not-found", text)
    actor = client_of(request).actor
    log_access(by=actor, action=LoggedAction.READ, purpose="lecture d'un patient", person_ids=[person.pk], path=PATH)
    return answer(rendering.patient(person, person.matricules.all()))


def search(request: HttpRequest) -> HttpResponse:
    """The person who bears a number; with a birth date, whoever is attached to that number and was born that day (VC-11)."""
    form = parameters.form_of(request, {"identifier", "birthdate"})
    if "identifier" not in form:
        raise refusal(HTTPStatus.BAD_REQUEST, "required", "Une recherche de patient donne un numéro : identifier=système|valeur.")
    number = parameters.number("identifier", parameters.text(form, "identifier"))
    bearers = Person.objects.with_matricule(number)
    found = bearers
    if "birthdate" in form:
        born = parameters.day("birthdate", parameters.text(form, "birthdate"))
        found = Person.objects.filter(Q(pk__in=bearers.values("pk")) | Q(policyholder__in=bearers.values("pk")), birth_date=born)
    persons = list(found.prefetch_related("matricules").order_by("pk")[:50])
    log_access(
        by=client_of(request).actor,
        action=LoggedAction.SEARCH,
        purpose="recherche d'un patient par son numéro",
        person_ids=[person.pk for person in persons],
        path=f"{PATH}/_search",
    )
    resources = [rendering.patient(person, person.matricules.all()) for person in persons]
    return answer(rendering.searchset(resources, base_of(request)))
