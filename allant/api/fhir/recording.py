"""One act in: recorded, corrected or cancelled, with its entry in the access log in the same transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from http import HTTPStatus
from typing import TypeVar

from django.db import transaction
from django.db.models import Model

from allant.accounts.log import Entry
from allant.accounts.models import LoggedAction
from allant.api.clients import Client
from allant.api.fhir import systems
from allant.api.fhir.outcomes import Issue, Refusal, refusal
from allant.api.fhir.ranks import complete
from allant.api.fhir.reading import Received
from allant.api.fhir.resolving import place_kind, resolve
from allant.directory.models import Location, Organisation, Practitioner
from allant.doctrine import RuleBook
from allant.immunizations.actions import Act, CorrectionRefused, DoseRefused, cancel_dose, correct_dose, is_new, record_dose
from allant.immunizations.checks import REASONS, RULES
from allant.immunizations.models import Dose
from allant.people.models import Person

SOURCE = "fhir"
CREATE_ROUTE = "fhir/Immunization"
CONFLICTS = {"rank_taken", "same_day", "key_reused"}
_PROTOCOL = "Immunization.protocolApplied"
_ELEMENTS = {
    "unknown_person": "Immunization.patient",
    "unknown_vaccine": "Immunization.vaccineCode",
    "vaccine_not_named": "Immunization.vaccineCode",
    "before_authorisation": "Immunization.vaccineCode",
    "product_not_foreseen": "Immunization.vaccineCode",
    "under_minimum_age": "Immunization.vaccineCode",
    "lot_expired": "Immunization.lotNumber",
    "lot_recalled": "Immunization.lotNumber",
    "key_reused": "Immunization.identifier",
    "malformed": _PROTOCOL,
    "rank_skips": _PROTOCOL,
    "rank_goes_back": _PROTOCOL,
    "rank_taken": _PROTOCOL,
    "series_too_short": _PROTOCOL,
    "beyond_series": _PROTOCOL,
}


_Row = TypeVar("_Row", bound=Model)
_FORCEABLE = {check.code for check in RULES}
_HOW_TO_FORCE = Issue(
    "informational",
    f"Si l'acte est exact, renvoyez-le avec son motif : extension {systems.FORCED_REASON}, valueString.",
    ("Immunization.extension",),
    severity="information",
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """The dose, and whether this request made it."""

    dose: Dose
    is_new: bool


def issues_of(codes: list[str]) -> list[Issue]:
    """What the register found wrong with an act, each with its element; then, when a reason would let it in, how to give one."""
    found = ((code, _ELEMENTS.get(code, "Immunization.occurrenceDateTime")) for code in codes)
    issues = [Issue(_issue_code(code), REASONS[code], (element,)) for code, element in found]
    return [*issues, _HOW_TO_FORCE] if _FORCEABLE.issuperset(codes) else issues


def status_of(codes: list[str]) -> HTTPStatus:
    """409 when another act stands in the way, 429 when the software records too much, else 422."""
    if "volume_blocked" in codes:
        return HTTPStatus.TOO_MANY_REQUESTS
    return HTTPStatus.CONFLICT if CONFLICTS & set(codes) else HTTPStatus.UNPROCESSABLE_ENTITY


def record(received: Received, *, client: Client, today: date, book: RuleBook) -> Recorded:
    """Record one act; the one already there when it was sent before. Raises Refusal."""
    person, act = _act(received, client, today, book)
    try:
        dose = record_dose(
            person=person,
            act=act,
            source=SOURCE,
            source_key=received.source_key,
            by=client.by,
            forced_reason=received.forced_reason,
            today=today,
            book=book,
            logged=_entry(client, "enregistrement d'une vaccination"),
        )
    except DoseRefused as error:
        raise Refusal(status_of(error.codes), issues_of(error.codes)) from None
    return Recorded(dose, is_new=is_new(dose, person))


def change(dose: Dose, received: Received, *, client: Client, today: date, book: RuleBook) -> Dose:
    """The version that follows: corrected, or cancelled when it was entered in error. Raises Refusal."""
    person, act = _act(received, client, today, book)
    if dose.person_id != person.pk:
        text = "Une correction ne change pas de personne : annulez cet acte, puis enregistrez-le pour la bonne."
        raise refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "business-rule", text, "Immunization.patient")
    reason = received.reason or ("saisi par erreur" if received.cancelled else "correction reçue par FHIR")
    with transaction.atomic():
        try:
            if received.cancelled:
                changed = cancel_dose(dose=dose, by=client.by, reason=reason)
            else:
                changed = correct_dose(
                    dose=dose, act=act, by=client.by, reason=reason, forced_reason=received.forced_reason, today=today, book=book
                )
        except CorrectionRefused as error:
            raise refusal(HTTPStatus.CONFLICT, "conflict", str(error)) from None
        except DoseRefused as error:
            raise Refusal(status_of(error.codes), issues_of(error.codes)) from None
        purpose = "annulation d'une vaccination" if received.cancelled else "correction d'une vaccination"
        _entry(client, purpose).write(dose.person_id)
    return changed


def _act(received: Received, client: Client, today: date, book: RuleBook) -> tuple[Person, Act]:
    if refused := resolve([received], client, today, book) or complete([received], book):
        raise refused[0]
    return _row(Person, received.patient.pk), Act(
        occurred_on=received.occurred_on,
        vaccine=received.vaccine,
        dose_number=int(received.dose_number or 0),
        series=str(received.series),
        series_doses=int(received.series_doses or 0),
        lot=received.lot,
        site=received.site,
        place_kind=place_kind(received.location),
        proof=received.proof,
        location=_named(Location, received.location.pk) if received.location else None,
        organisation=_named(Organisation, client.organisation_id),
        practitioner=_named(Practitioner, received.performer.pk) if received.performer else None,
    )


def _row(model: type[_Row], pk: int | None) -> _Row:
    """A row known to exist, of which nothing but its number is needed: read only if something else is."""
    return model.from_db("default", ["id"], [pk])


@lru_cache(maxsize=4_096)
def _named(model: type[_Row], pk: int | None) -> _Row:
    """A row of the directory, kept: only its number is ever asked of it here."""
    return _row(model, pk)


def _issue_code(code: str) -> str:
    return {"unknown_person": "not-found", "volume_blocked": "throttled"}.get(
        code, "conflict" if code in CONFLICTS else "business-rule"
    )


def _entry(client: Client, purpose: str) -> Entry:
    return Entry(by=client.actor, action=LoggedAction.WRITE, purpose=purpose, path=CREATE_ROUTE)
