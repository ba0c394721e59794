"""Many acts in one sending: batch, each on its own; transaction, all or nothing. One bulk recording, one access log entry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4

import pyarrow as pa
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from msgspec import UNSET

from allant import clock
from allant.accounts.log import log_access
from allant.accounts.models import LoggedAction
from allant.api.clients import Client, client_of
from allant.api.fhir import ids, shapes
from allant.api.fhir.immunizations import honour_condition
from allant.api.fhir.judging import read_bundle, read_immunization
from allant.api.fhir.outcomes import Issue, Refusal, answer, outcome, refusal
from allant.api.fhir.ranks import complete
from allant.api.fhir.reading import COMPLETED, Received, read
from allant.api.fhir.recording import SOURCE, issues_of, status_of
from allant.api.fhir.resolving import place_kind, resolve
from allant.api.fhir.versions import roots_of
from allant.doctrine import RuleBook, rules
from allant.immunizations.actions import BatchRefused, record_doses_in_bulk
from allant.immunizations.models import COVID19, Dose, RejectedRow
from allant.people.models import Person

LARGEST = 2_000  # entries: what one request can carry within the size the server reads
PATH = "fhir"


@dataclass(slots=True)
class _Sending:
    """The entries of a bundle: what was read of each, what was refused, and in the end where each dose is."""

    received: list[Received | None]
    refusals: dict[int, Refusal] = field(default_factory=dict)
    doses: dict[int, tuple[int, int, bool]] = field(default_factory=dict)  # position → row, version, new


class _Undone(Exception):
    """A transaction that must leave nothing."""


def process(request: HttpRequest) -> HttpResponse:
    """Record the Immunizations of a batch or transaction, and answer each in its order."""
    client, today = client_of(request), clock.today()
    bundle = read_bundle(request.body)
    if bundle.type not in ("batch", "transaction"):
        raise refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "code-invalid", "Type attendu : batch ou transaction.", "Bundle.type")
    entries = [] if bundle.entry is UNSET else bundle.entry
    if len(entries) > LARGEST:
        text = f"Un envoi porte {LARGEST} entrées au plus : partagez-le."
        raise refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-costly", text, "Bundle.entry")
    whole = bundle.type == "transaction"
    sending = _read(entries, client, today, rules.as_known_on(today))
    if whole and sending.refusals:
        raise _all_refused(sending)
    try:
        with transaction.atomic():
            _record(sending, client, today, key=f"{client.by}:{uuid4()}")
            if whole and sending.refusals:
                raise _Undone
    except _Undone:
        raise _all_refused(sending) from None
    response = {"resourceType": "Bundle", "type": f"{bundle.type}-response"}
    return answer(response | ({"entry": list(_responses(sending))} if entries else {}))


def _read(entries: list[shapes.Entry], client: Client, today: date, book: RuleBook) -> _Sending:
    sending = _Sending(received=[])
    for position, entry in enumerate(entries):
        try:
            sending.received.append(_read_entry(entry, client, today))
        except Refusal as error:
            sending.received.append(None)
            sending.refusals[position] = error
    known = [(position, one) for position, one in enumerate(sending.received) if one is not None]
    for index, refused in resolve([one for _, one in known], client, today, book).items():
        sending.refusals[known[index][0]] = refused
    known = [(position, one) for position, one in known if position not in sending.refusals]
    for index, refused in complete([one for _, one in known], book).items():
        sending.refusals[known[index][0]] = refused
    return sending


def _read_entry(entry: shapes.Entry, client: Client, today: date) -> Received:
    if entry.request is UNSET or entry.request.method != "POST" or entry.request.url.strip("/") != "Immunization":
        text = "Un envoi groupé porte des enregistrements : request.method POST, request.url Immunization."
        raise refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "not-supported", text, "request")
    if entry.resource is UNSET:
        raise refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "required", "La ressource manque.", "resource")
    received = read(read_immunization(bytes(entry.resource)), client=client.name, known_on=today)
    if entry.request.ifNoneExist is not UNSET:
        honour_condition(received, str(entry.request.ifNoneExist), client)
    if received.cancelled:
        text = f"Un acte s'enregistre « {COMPLETED} » ; pour annuler, corrigez celui qui existe."
        raise refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "business-rule", text, "Immunization.status")
    return received


def _record(sending: _Sending, client: Client, today: date, *, key: str) -> None:
    left = [(at, one) for at, one in enumerate(sending.received) if one is not None and at not in sending.refusals]
    if not left:
        return
    positions, acts = [at for at, _ in left], [one for _, one in left]
    try:
        report = record_doses_in_bulk(_table(acts, client), source=SOURCE, by=client.by, batch_key=key, today=today)
    except BatchRefused as error:
        raise refusal(HTTPStatus.CONFLICT, "conflict", str(error), "Bundle.identifier") from None
    refused = RejectedRow.objects.filter(batch=report.batch_id).values_list("line", "reasons") if report.refused else ()
    for line, reasons in refused:
        sending.refusals[positions[line - 1]] = Refusal(status_of(reasons), issues_of(reasons))
    _find_doses(sending, positions, acts, report.batch_id)
    log_access(
        by=client.actor,
        action=LoggedAction.BULK,
        purpose="enregistrement groupé de vaccinations",
        batch_id=UUID(int=report.batch_id),
        subject_kind="recording_batch",
        path=PATH,
    )


def _table(acts: list[Received], client: Client) -> pa.Table:
    count = len(acts)
    return pa.table(
        {
            "source_key": pa.array([act.source_key for act in acts], pa.string()),
            "person_id": pa.array([act.patient.pk for act in acts], pa.int64()),
            "occurred_on": pa.array([act.occurred_on for act in acts], pa.date32()),
            "vaccine": pa.array([act.vaccine for act in acts], pa.string()),
            "dose_number": pa.array([act.dose_number for act in acts], pa.int32()),
            "series": pa.array([act.series for act in acts], pa.string()),
            "series_doses": pa.array([act.series_doses for act in acts], pa.int32()),
            "lot": pa.array([act.lot for act in acts], pa.string()),
            "site": pa.array([act.site for act in acts], pa.string()),
            "place_kind": pa.array([place_kind(act.location) for act in acts], pa.string()),
            "proof": pa.array([act.proof for act in acts], pa.string()),
            "location_id": pa.array([act.location and act.location.pk for act in acts], pa.int64()),
            "organisation_id": pa.array([client.organisation_id] * count, pa.int64()),
            "practitioner_id": pa.array([act.performer and act.performer.pk for act in acts], pa.int64()),
            "forced_reason": pa.array([act.forced_reason for act in acts], pa.string()),
        }
    )


def _find_doses(sending: _Sending, positions: list[int], acts: list[Received], batch_id: int) -> None:
    """Where each accepted act is: by its key, which its first version bears, or by its content when it came under another."""
    rows = Dose.objects.filter(source_key__in=[act.source_key for act in acts]).values_list(
        "source_key", "pk", "version", "batch_id"
    )
    by_key = {key: (pk, version, batch == batch_id) for key, pk, version, batch in rows}
    missing = []
    for position, act in zip(positions, acts, strict=True):
        if position in sending.refusals:
            continue
        if found := by_key.get(act.source_key):
            # The first to name a dose made it; the same again in this bundle found it.
            sending.doses[position] = found
            by_key[act.source_key] = (found[0], found[1], False)
        else:
            missing.append((position, act))
    if missing:
        _find_by_content(sending, missing)


def _find_by_content(sending: _Sending, missing: list[tuple[int, Received]]) -> None:
    """Acts recorded under another key, looked for together."""
    survivors = {
        pk: merged or pk
        for pk, merged in Person.objects.filter(pk__in={act.patient.pk for _, act in missing}).values_list("pk", "merged_into_id")
    }
    standing = Q(person__in=survivors.values()) | Q(person__merged_into__in=survivors.values())
    doses = list(Dose.objects.current().against(COVID19).filter(standing).select_related("person"))
    roots = roots_of(doses)
    by_content = {
        (dose.person.merged_into_id or dose.person_id, dose.occurred_on, dose.vaccine, dose.dose_number): dose for dose in doses
    }
    for position, act in missing:
        survivor = survivors.get(int(act.patient.pk or 0))
        if dose := by_content.get((survivor, act.occurred_on, act.vaccine, act.dose_number)):
            sending.doses[position] = (roots[dose.pk], dose.version, False)


def _responses(sending: _Sending) -> Iterator[dict[str, Any]]:
    for position in range(len(sending.received)):
        if error := sending.refusals.get(position):
            status = f"{error.status} {HTTPStatus(error.status).phrase}"
            yield {"response": {"status": status, "outcome": outcome(error.issues)}}
        elif found := sending.doses.get(position):
            pk, version, is_new = found
            yield {
                "response": {
                    "status": "201 Created" if is_new else "200 OK",
                    "location": f"Immunization/{ids.public_id('Immunization', pk)}/_history/{version}",
                    "etag": f'W/"{version}"',
                }
            }
        else:  # ended since by another: known, and no longer in force
            yield {"response": {"status": "200 OK"}}


def _all_refused(sending: _Sending) -> Refusal:
    """Nothing was recorded: what is wrong, with the entry of each."""
    issues = []
    for position, error in sorted(sending.refusals.items()):
        for issue in error.issues:
            elements = tuple(_inside(position, element) for element in issue.expression)
            issues.append(Issue(issue.code, issue.text, elements or (f"Bundle.entry[{position}]",)))
    statuses = {error.status for error in sending.refusals.values()}
    return Refusal(statuses.pop() if len(statuses) == 1 else HTTPStatus.UNPROCESSABLE_ENTITY, issues)


def _inside(position: int, element: str) -> str:
    """FHIRPath of an element of an entry: `Immunization.patient` is inside its resource, `request` is not."""
    kind, dot, rest = element.partition(".")
    inner = f"resource.ofType({kind}){dot}{rest}" if kind == "Immunization" else element
    return f"Bundle.entry[{position}].{inner}"
