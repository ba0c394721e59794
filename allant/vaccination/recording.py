"""Recording a vaccination through the téléservice: the schedule is decided here, from the doctrine, not typed (VC-30, VC-42)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.db import transaction

from allant import clock
from allant.accounts.log import Entry as LogEntry
from allant.directory.models import Location, Organisation, Practitioner
from allant.doctrine import RuleBook, rules
from allant.immunizations.actions import Act, DoseRefused, correct_dose, record_dose
from allant.immunizations.models import Dose, Infection, Source
from allant.people.models import Person
from allant.vaccination.eligibility import Declaration, current_declaration, declare_eligibility
from allant.vaccination.history import proof_of, refused_as_history
from allant.vaccination.known import Known
from allant.vaccination.models import EligibilityDeclaration
from allant.vaccination.professions import not_allowed
from allant.vaccination.proposals import Place, place_of_entry
from allant.vaccination.state import State, locked_state

NOT_ELIGIBLE = "Éligibilité non validée : validez d'abord l'onglet « Éligibilité Vaccination »."
NOT_PROVEN = "Justificatif manquant : indiquez sur quel document la dose est lue (certificat, carnet…)."
IMPOSSIBLE_INFECTION = "Date de l'infection impossible : dans le futur, ou antérieure à la naissance. Vérifiez-la."


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What the professional enters for one dose.

    `dose_number`: None for the next one; `infected_on`: a past infection told that day, kept with the person (VC-40);
    `reason`: why a rule of the doctrine is broken; `proof`: what a dose given elsewhere was read from (VC-42).
    """

    occurred_on: date
    vaccine: str
    lot: str = ""
    site: str = ""
    place_kind: str = ""
    location: Location | None = None
    am_number: str = ""
    dose_number: int | None = None
    infected_on: date | None = None
    reason: str = ""
    proof: str = ""


class Refused(DoseRefused):
    """Refused by the téléservice itself, before the rules of a dose; no reason lets it in. The message is in French."""

    def __init__(self, code: str, message: str) -> None:
        ValueError.__init__(self, message)
        self.codes, self.forceable = [code], False


@transaction.atomic
def record_vaccination(
    *,
    person: Person,
    entry: Entry,
    source_key: str,
    by: str,
    recorder: Practitioner | None,
    organisation: Organisation | None,
    today: date | None = None,
    logged: LogEntry | None = None,
) -> Dose:
    """Record the next dose after a validated eligibility (VC-19); the same one sent again is one (VC-39). Raises DoseRefused.

    `logged`: the access log entry, written by the statement that writes the row.
    """
    today = today or clock.today()
    state, book = locked_state(person, source_key), rules.as_known_on(today)
    if sent := _sent_before(state, entry):
        return sent
    if not state.doses and not entry.proof and not state.declared:
        raise Refused("eligibility_missing", NOT_ELIGIBLE)
    if recorder is not None and (refusal := not_allowed(recorder, "record", today, book)):
        raise Refused("profession_not_allowed", refusal)
    place = _placed(_with_infection(state.known, entry, today), state.doses, entry, book)
    return record_dose(
        person=person,
        act=_act(entry, place, recorder, organisation),
        source=Source.TELESERVICE,
        source_key=source_key,
        by=by,
        forced_reason=entry.reason.strip(),
        today=today,
        book=book,
        logged=logged,
    )


@transaction.atomic
def record_with_eligibility(
    *,
    person: Person,
    declaration: Declaration,
    entry: Entry,
    source_key: str,
    by: str,
    recorder: Practitioner,
    organisation: Organisation | None,
    structure_name: str,
    today: date | None = None,
) -> tuple[EligibilityDeclaration | None, Dose]:
    """Validate the eligibility, unless it is or a dose is recorded, and record the dose: both or neither (VC-19).

    The declaration is None when doses came before any. Raises DeclarationRefused, DoseRefused.
    """
    today = today or clock.today()
    state = locked_state(person)
    declared = current_declaration(person) if state.declared else None
    if declared is None and not state.doses:
        declared = declare_eligibility(
            person=person,
            declaration=declaration,
            declarant=recorder,
            organisation=organisation,
            structure_name=structure_name,
            source_key=f"{source_key}:eligibility",
            by=by,
            today=today,
        )
    dose = record_vaccination(
        person=person, entry=entry, source_key=source_key, by=by, recorder=recorder, organisation=organisation, today=today
    )
    return declared, dose


def record_history(
    *,
    person: Person,
    entry: Entry,
    source_key: str,
    by: str,
    country: str = "",
    recorder: Practitioner | None = None,
    today: date | None = None,
) -> Dose:
    """A dose given abroad (`country`) or before the service opened, with its proof (VC-42); no eligibility is asked.

    `recorder`: who reads the proof, who must have the right to record; the dose is not theirs. Raises DoseRefused.
    """
    if not entry.proof.strip():
        raise Refused("proof_missing", NOT_PROVEN)
    today = today or clock.today()
    book = rules.as_known_on(today)
    if recorder is not None and (refusal := not_allowed(recorder, "record", today, book)):
        raise Refused("profession_not_allowed", refusal)
    entry = replace(entry, proof=proof_of(entry.proof, country))
    if refusal := refused_as_history(entry.occurred_on, entry.proof, book):
        raise Refused("given_here", refusal)
    return record_vaccination(
        person=person, entry=entry, source_key=source_key, by=by, recorder=None, organisation=None, today=today
    )


@transaction.atomic
def correct_vaccination(*, dose: Dose, entry: Entry, by: str, reason: str, today: date | None = None) -> Dose:
    """Version n + 1 by its recorder, while the next dose is not recorded (VC-36). Raises DoseRefused, CorrectionRefused."""
    today = today or clock.today()
    state, book = locked_state(dose.person), rules.as_known_on(today)
    if dose.proof and (refusal := refused_as_history(entry.occurred_on, entry.proof, book)):
        raise Refused("given_here", refusal)
    others = [other for other in state.doses if other.pk != dose.pk and other.dose_number < dose.dose_number]
    place = _placed(_with_infection(state.known, entry, today), others, entry, book)
    return correct_dose(
        dose=dose,
        act=_act(entry, place, dose.practitioner, dose.organisation),
        by=by,
        reason=reason,
        forced_reason=entry.reason.strip(),
        today=today,
    )


def _sent_before(state: State, entry: Entry) -> Dose | None:
    """The row of this very sending, or the same dose under another key. Raises DoseRefused for a key that served otherwise."""
    if state.sent is not None:
        sent = _full(state.sent)
        if sent.person_id in state.known.records and _is(sent, entry):
            return sent
        raise DoseRefused(["key_reused"])
    return next((_full(dose.pk) for dose in state.doses if _is(dose, entry)), None)


def _full(dose_id: int) -> Dose:
    found: Dose = Dose.objects.select_related("person", "practitioner", "organisation", "location").get(pk=dose_id)
    return found


def _is(dose: Dose, entry: Entry) -> bool:
    same = (dose.occurred_on, dose.vaccine) == (entry.occurred_on, entry.vaccine)
    return same and entry.dose_number in (None, dose.dose_number)


def _with_infection(known: Known, entry: Entry, today: date) -> Known:
    """What is known with the infection told that day, which is kept (VC-40)."""
    if entry.infected_on is None or entry.infected_on in known.infections:
        return known
    if entry.infected_on > today or (known.person.birth_date and entry.infected_on < known.person.birth_date):
        raise Refused("infection_impossible", IMPOSSIBLE_INFECTION)
    Infection.objects.create(person=known.person, occurred_on=entry.infected_on)
    return replace(known, infections=tuple(sorted((*known.infections, entry.infected_on))))


def _placed(known: Known, doses: Sequence[Dose], entry: Entry, book: RuleBook) -> Place:
    place = place_of_entry(
        known, doses, vaccine=entry.vaccine, on=entry.occurred_on, book=book, reported=bool(entry.proof)
    )
    if entry.dose_number is None:
        return place
    return Place(entry.dose_number, place.series, max(place.series_doses, 1))


def _act(entry: Entry, place: Place, practitioner: Practitioner | None, organisation: Organisation | None) -> Act:
    return Act(
        occurred_on=entry.occurred_on,
        vaccine=entry.vaccine,
        dose_number=place.dose_number,
        series=place.series,
        series_doses=place.series_doses,
        lot=entry.lot.strip(),
        site=entry.site,
        place_kind=entry.place_kind,
        proof=entry.proof.strip(),
        location=entry.location,
        am_number=entry.am_number,
        organisation=organisation,
        practitioner=practitioner,
    )
