"""Immunization: create, read, history, correct or cancel, search."""

from __future__ import annotations

import re
from datetime import date
from http import HTTPStatus
from urllib.parse import parse_qs

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.http import http_date

from allant import clock
from allant.accounts.log import log_access
from allant.accounts.models import LoggedAction
from allant.api.clients import Client, client_of
from allant.api.fhir import ids, parameters, rendering, systems
from allant.api.fhir.exchange import base_of
from allant.api.fhir.judging import read_immunization
from allant.api.fhir.outcomes import answer, refusal
from allant.api.fhir.reading import COMPLETED, ERROR, Received, key_of, read
from allant.api.fhir.recording import change, record
from allant.api.fhir.versions import chain, roots_of, versions_named
from allant.doctrine import rules
from allant.immunizations.models import COVID19, Dose
from allant.immunizations.querysets import DoseQuerySet
from allant.people.models import Person

PATH = "fhir/Immunization"
SEARCHED = {"patient", "patient.identifier", "identifier", "date", "status"}


def create(request: HttpRequest) -> HttpResponse:
    """Record one act: 201, or 200 when it was already there."""
    client, today = client_of(request), clock.today()
    received = read(read_immunization(request.body), client=client.name, known_on=today)
    honour_condition(received, request.headers.get("If-None-Exist", ""), client)
    if received.cancelled:
        text = f"Un acte s'enregistre « {COMPLETED} » ; pour annuler, corrigez celui qui existe."
        raise refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "business-rule", text, "Immunization.status")
    recorded = record(received, client=client, today=today, book=rules.as_known_on(today))
    status = HTTPStatus.CREATED if recorded.is_new else HTTPStatus.OK
    return _one(request, recorded.dose, client, today, status, located=True)


def honour_condition(received: Received, condition: str, client: Client) -> None:
    """`If-None-Exist: identifier=système|valeur` names the act: sent again, it is the same. Raises Refusal for anything else."""
    if not condition:
        return
    try:
        given = parse_qs(condition.partition("?")[2] or condition, strict_parsing=True, max_num_fields=3)
    except ValueError:
        given = {}
    system, bar, value = (given.get("identifier") or [""])[0].partition("|")
    if (
        set(given) != {"identifier"}
        or len(given["identifier"]) != 1
        or not bar
        or not value
        or system in systems.MATRICULE_SYSTEMS
    ):
        text = "If-None-Exist : la forme identifier=système|valeur est attendue, avec l'identifiant de l'acte."
        raise refusal(HTTPStatus.PRECONDITION_FAILED, "invalid", text)
    if received.source_key.rpartition("|")[0] != f"fhir:{client.name}:" and received.source_key != key_of(
        client.name, system, value
    ):
        text = "If-None-Exist et Immunization.identifier nomment deux actes différents."
        raise refusal(HTTPStatus.PRECONDITION_FAILED, "conflict", text, "Immunization.identifier")
    received.source_key = key_of(client.name, system, value)


def read_one(request: HttpRequest, resource_id: str) -> HttpResponse:
    """The version in force."""
    client, versions = client_of(request), versions_named(resource_id)
    _log_read(client, [versions[0].person_id], "lecture d'une vaccination")
    if f'W/"{versions[-1].version}"' in request.headers.get("If-None-Match", ""):
        return answer(None, HTTPStatus.NOT_MODIFIED)
    return _one(request, versions[-1], client, clock.today(), HTTPStatus.OK, root=versions[0].pk)


def read_version(request: HttpRequest, resource_id: str, version: int) -> HttpResponse:
    """One version, as it was recorded."""
    client, versions = client_of(request), versions_named(resource_id)
    found = next((one for one in versions if one.version == version), None)
    if found is None:
        raise refusal(HTTPStatus.NOT_FOUND, "not-found", "Cette version n'existe pas.")
    _log_read(client, [found.person_id], "lecture d'une version d'une vaccination")
    return _one(request, found, client, clock.today(), HTTPStatus.OK, root=versions[0].pk)


def history(request: HttpRequest, resource_id: str) -> HttpResponse:
    """Every version, the latest first."""
    client, versions, today = client_of(request), versions_named(resource_id), clock.today()
    _log_read(client, [versions[0].person_id], "historique d'une vaccination")
    base, entries = base_of(request), []
    for dose in reversed(versions):
        resource = rendering.immunization(dose, root=versions[0].pk, known_on=today, client=client.name)
        url = f"Immunization/{resource['id']}"
        method, status = ("POST", "201") if dose.version == 1 else ("PUT", "200")
        entry = {
            "fullUrl": f"{base}/{url}",
            "resource": resource,
            "request": {"method": method, "url": url if method == "PUT" else "Immunization"},
            "response": {"status": status, "etag": f'W/"{dose.version}"', "lastModified": rendering.last_change(dose)},
        }
        entries.append(entry)
    return answer({"resourceType": "Bundle", "type": "history", "total": len(entries), "entry": entries})


def update(request: HttpRequest, resource_id: str) -> HttpResponse:
    """Correct, or cancel with `entered-in-error`: by the software that recorded it, knowing the version in force."""
    client, today = client_of(request), clock.today()
    resource = read_immunization(request.body)
    versions = versions_named(resource_id)
    current = versions[-1]
    if current.recorded_by != client.by:
        text = "Seul le logiciel qui a enregistré cette vaccination peut la corriger ou l'annuler."
        raise refusal(HTTPStatus.FORBIDDEN, "forbidden", text)
    expected = request.headers.get("If-Match", "")
    if not expected:
        text = f'Indiquez la version que vous corrigez : If-Match: W/"{current.version}", après l\'avoir relue.'
        raise refusal(HTTPStatus.PRECONDITION_REQUIRED, "required", text)
    if not re.fullmatch(rf'(W/)?"{current.version}"', expected.strip()):
        text = f"La version en cours est la {current.version} : relisez-la avant de corriger."
        raise refusal(HTTPStatus.PRECONDITION_FAILED, "conflict", text)
    if resource.id != resource_id:
        text = "L'identifiant de la ressource et celui de l'adresse diffèrent."
        raise refusal(HTTPStatus.BAD_REQUEST, "invalid", text, "Immunization.id")
    received = read(resource, client=client.name, known_on=today)
    changed = change(current, received, client=client, today=today, book=rules.as_known_on(today))
    return _one(request, changed, client, today, HTTPStatus.OK, root=versions[0].pk, located=True)


def search(request: HttpRequest) -> HttpResponse:
    """The vaccinations of a person, or the one that an identifier names."""
    client, today = client_of(request), clock.today()
    form = parameters.form_of(request, SEARCHED)
    doses = _searched(form, client)
    if "date" in form:
        for text in form.getlist("date"):
            first, last = parameters.period("date", text)
            doses = doses.filter(occurred_on__range=(first, last))
    wanted = form.get("status", COMPLETED)
    if wanted not in (COMPLETED, ERROR):
        raise parameters.bad("status", f"{COMPLETED} ou {ERROR} attendu.")
    doses = doses.current() if wanted == COMPLETED else doses.filter(end_kind__in=("cancelled", "administrative"))
    found = list(doses.order_by("occurred_on", "pk")[:200])
    _log_search(client, sorted({dose.person_id for dose in found}))
    roots = roots_of(found)
    resources = [rendering.immunization(dose, root=roots[dose.pk], known_on=today, client=client.name) for dose in found]
    return answer(rendering.searchset(resources, base_of(request)))


def _searched(form: QueryDict, client: Client) -> DoseQuerySet:
    if "identifier" in form:
        given = parameters.token("identifier", parameters.text(form, "identifier"))
        first = Dose.objects.filter(source_key=key_of(client.name, *given)).first()
        return Dose.objects.filter(pk__in=[dose.pk for dose in chain(first)] if first else [])
    if "patient" in form:
        pk = ids.pk_of("Patient", parameters.text(form, "patient").removeprefix("Patient/"))
        person = Person.objects.filter(pk=pk).first() if pk is not None else None
    elif "patient.identifier" in form:
        number = parameters.number("patient.identifier", parameters.text(form, "patient.identifier"))
        person = Person.objects.with_matricule(number).first()
    else:
        text = "Une recherche nomme une personne (patient ou patient.identifier) ou un acte (identifier)."
        raise refusal(HTTPStatus.BAD_REQUEST, "required", text)
    return Dose.objects.against(COVID19).given_to(person.merged_into or person) if person else Dose.objects.none()


def _one(
    request: HttpRequest,
    dose: Dose,
    client: Client,
    today: date,
    status: HTTPStatus,
    *,
    root: int | None = None,
    located: bool = False,
) -> HttpResponse:
    root = root or roots_of([dose])[dose.pk]
    resource_id = ids.public_id("Immunization", root)
    headers = {"ETag": f'W/"{dose.version}"', "Last-Modified": http_date(dose.recorded_at.timestamp())}
    if located:
        headers["Location"] = f"{base_of(request)}/Immunization/{resource_id}/_history/{dose.version}"
        if "return=minimal" in request.headers.get("Prefer", ""):
            return answer(None, status, headers)
    return answer(rendering.immunization(dose, root=root, known_on=today, client=client.name), status, headers)


def _log_read(client: Client, person_ids: list[int], purpose: str) -> None:
    log_access(by=client.actor, action=LoggedAction.READ, purpose=purpose, person_ids=person_ids, path=PATH)


def _log_search(client: Client, person_ids: list[int]) -> None:
    purpose = "recherche de vaccinations"
    log_access(by=client.actor, action=LoggedAction.SEARCH, purpose=purpose, person_ids=person_ids, path=f"{PATH}/_search")
