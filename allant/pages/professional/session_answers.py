"""The answer to one row of a bulk session: what became of it, in one word and one French sentence."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from allant import clock
from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import Role
from allant.doctrine import rules
from allant.immunizations.actions import CorrectionRefused, DoseRefused, cancel_dose
from allant.immunizations.models import Dose, Series
from allant.pages.professional.acting import acting, for_teleservice
from allant.pages.professional.finding import NotFound, TooManyGuesses, find_patient
from allant.people.models import Person
from allant.vaccination.eligibility import DeclarationRefused
from allant.vaccination.journey import dose_title
from allant.vaccination.models import VaccinationSession
from allant.vaccination.sessions import RowResult, SessionClosed, record_row, row_key
from allant.vaccination.summaries import next_from

REASON_LENGTH = 200
WRITTEN = "téléservice : vaccination enregistrée en séance"
ALREADY = "téléservice : vaccination déjà enregistrée, lue en séance"
CANCELLED_BY_MISTAKE = "Saisie par erreur en séance"

Answer = tuple[dict[str, Any], int]


class Unreadable(ValueError):
    """A row that our page would not send."""


@dataclass(frozen=True)
class Sent:
    """A row as sent: its key, what was typed, and the person chosen or the reason written after a first answer."""

    row: UUID
    typed: str
    person: int | None = None
    reason: str = ""

    @classmethod
    def of_json(cls, body: bytes) -> Sent:
        """Raises Unreadable."""
        try:
            said = json.loads(body)
            person = said.get("person")
            return cls(
                UUID(str(said["row"])), str(said["typed"]), None if person is None else int(person),
                str(said.get("reason") or "").strip()[:REASON_LENGTH],
            )  # fmt: skip
        except (ValueError, TypeError, KeyError, AttributeError):
            raise Unreadable("Ligne illisible : rechargez la page.") from None

    @classmethod
    def of_form(cls, request: HttpRequest) -> Sent:
        """The form of the page, posted without a script."""
        try:
            return cls(UUID(request.POST.get("row", "")), request.POST.get("typed", ""))
        except ValueError:
            return cls(UUID(int=0), "")


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="record")
@sensitive_post_parameters()
@require_POST
def row(request: HttpRequest, session: UUID) -> JsonResponse:
    """Record one row; the same row again is the same dose. JSON in and out."""
    found = own_session(request, session)
    try:
        sent = Sent.of_json(request.body)
    except Unreadable as error:
        return JsonResponse({"outcome": "refused", "message": str(error)}, status=HTTPStatus.BAD_REQUEST)
    answer, status = answer_to(request, found, sent)
    return JsonResponse(answer, status=status)


def answer_to(request: HttpRequest, session: VaccinationSession, sent: Sent) -> Answer:
    """What became of a row, and the status of the answer. Everything is in the access log."""
    if before := Dose.objects.filter(source_key=row_key(session, sent.row)).select_related("person__merged_into").first():
        return _sent_before(request, before)
    try:
        found = find_patient(request, sent.typed)
    except TooManyGuesses as refusal:
        return {"outcome": "wait", "message": str(refusal), "seconds": refusal.seconds}, refusal.status
    except NotFound as refusal:
        return {"outcome": "refused", "message": str(refusal)}, refusal.status
    person = _chosen(found.persons, sent.person)
    if person is None:
        return _choice(found.persons)
    try:
        with transaction.atomic():  # the act and its entry of the access log: both or neither
            result = record_row(session=session, person=person, row=sent.row, reason=sent.reason, today=clock.today())
            action, why = (LoggedAction.WRITE, WRITTEN) if result.outcome == "recorded" else (LoggedAction.READ, ALREADY)
            log_request(request, action, why, person_ids=[person.pk])
    except SessionClosed as refusal:
        return {"outcome": "refused", "message": str(refusal)}, HTTPStatus.GONE
    except DeclarationRefused as refusal:
        return _refused(request, person, str(refusal))
    except DoseRefused as refusal:
        return _refused(request, person, str(refusal), forceable=refusal.forceable)
    return _done(person, result)


def own_session(request: HttpRequest, session: UUID) -> VaccinationSession:
    """A session of the account's own; nobody else reads or feeds it."""
    mine = VaccinationSession.objects.select_related("location", "practitioner", "organisation")
    return get_object_or_404(mine, pk=session, opened_by=acting(request).by)


def _chosen(persons: list[Person], chosen: int | None) -> Person | None:
    """The only one, or the one chosen among those the number leads to."""
    if chosen is None:
        return persons[0] if len(persons) == 1 else None
    return next((person for person in persons if person.pk == chosen), None)


def _choice(persons: list[Person]) -> Answer:
    choices = [{"person": person.pk, "name": named(person), "birth": _born(person)} for person in persons]
    return {"outcome": "choose", "message": "Plusieurs assurés sont rattachés à ce numéro.", "choices": choices}, HTTPStatus.OK


def _refused(request: HttpRequest, person: Person, message: str, *, forceable: bool = False) -> Answer:
    log_request(request, LoggedAction.REFUSED, "téléservice : vaccination refusée en séance", person_ids=[person.pk])
    said = {"outcome": "reason" if forceable else "refused", "message": message, "chosen": person.pk, **_who(person)}
    return said, HTTPStatus.CONFLICT if forceable else HTTPStatus.UNPROCESSABLE_ENTITY


def _sent_before(request: HttpRequest, dose: Dose) -> Answer:
    """The answer that was lost, or the row since cancelled."""
    person = dose.person.merged_into or dose.person
    log_request(request, LoggedAction.READ, "téléservice : ligne de séance déjà reçue", person_ids=[person.pk])
    if dose.ended_at is not None:
        message = "Cette dose a été annulée depuis : saisissez de nouveau le patient."
        return {"outcome": "refused", "message": message, **_who(person)}, HTTPStatus.UNPROCESSABLE_ENTITY
    return _done(person, RowResult("recorded", dose))


def _done(person: Person, result: RowResult) -> Answer:
    dose = result.dose
    title = dose_title(dose.series, dose.dose_number)
    said = {
        "recorded": f"{title} enregistrée.",
        "already": f"{title} déjà enregistrée ce jour-là, par une autre saisie : une seule dose compte.",
    }[result.outcome]
    following = _following(dose)
    if result.outcome == "recorded" and dose.forced_reason:
        said = f"{title} enregistrée malgré une règle, motif conservé."
    status = HTTPStatus.CREATED if result.outcome == "recorded" else HTTPStatus.OK
    return {"outcome": result.outcome, "message": said, "next": following, **_who(person)}, status


def _following(dose: Dose) -> str:
    """From which day to book the dose that follows, as the summary says it (VC-34); or that the schedule is complete."""
    today = clock.today()
    due = next_from(dose, today, rules.as_known_on(today))
    if dose.series == Series.PRIMARY and dose.dose_number < dose.series_doses:
        return f"{dose.dose_number + 1}e dose à partir du {due:%d/%m/%Y}" if due else ""
    return f"Schéma complet, rappel à partir du {due:%d/%m/%Y}" if due else "Schéma complet"


def _who(person: Person) -> dict[str, str]:
    return {"person": named(person), "birth": _born(person)}


def named(person: Person) -> str:
    """Family name in capitals, then given names."""
    return f"{person.family_name.upper()} {person.given_names}"


def _born(person: Person) -> str:
    if person.birth_date is None:
        return "date de naissance inconnue"
    return f"né{'e' if person.sex == 'F' else ''} le {person.birth_date:%d/%m/%Y}"


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="record")
@require_POST
def cancel_row(request: HttpRequest, session: UUID) -> JsonResponse:
    """Take back a row recorded by mistake: its dose ends, and stays readable (VC-36)."""
    found = own_session(request, session)
    try:
        sent = Sent.of_json(request.body)
    except Unreadable as error:
        return JsonResponse({"outcome": "refused", "message": str(error)}, status=HTTPStatus.BAD_REQUEST)
    dose = get_object_or_404(Dose.objects.select_related("person"), source_key=row_key(found, sent.row))
    try:
        with transaction.atomic():
            cancel_dose(dose=dose, by=acting(request).by, reason=CANCELLED_BY_MISTAKE)
            log_request(request, LoggedAction.WRITE, "téléservice : vaccination de séance annulée", person_ids=[dose.person_id])
    except CorrectionRefused as refusal:
        log_request(request, LoggedAction.REFUSED, "téléservice : annulation refusée en séance", person_ids=[dose.person_id])
        return JsonResponse({"outcome": "refused", "message": str(refusal)}, status=HTTPStatus.CONFLICT)
    return JsonResponse({"outcome": "cancelled", "message": "Dose annulée.", **_who(dose.person)})
