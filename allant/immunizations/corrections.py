"""Correcting and cancelling a dose (VC-36). Versions are added and ended, never edited; doing it again changes nothing."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.db.models import Q

from allant import clock
from allant.doctrine import RuleBook, rules
from allant.immunizations.act import Act, CorrectionRefused, DoseRefused
from allant.immunizations.models import COVID19, Dose, EndKind
from allant.immunizations.recording import insert, reason_of_proof
from allant.people.models import Person

NOT_THE_RECORDER = (
    "Seul le professionnel qui a enregistré cette dose peut la modifier ou l'annuler : demandez-lui, ou à un administrateur."
)
NEXT_IS_RECORDED = (
    "La dose suivante est enregistrée : cette dose ne peut plus être modifiée ni annulée. Adressez-vous à un administrateur."
)
ADMINISTRATIVE = "Cette dose a été annulée par l'administration : elle ne peut plus être modifiée, ni rétablie."
NO_LONGER_CURRENT = "Cette version n'est plus en cours : elle a été corrigée ou annulée. Relisez la dose et recommencez."
CORRECTED_SINCE = "Cette version a été corrigée depuis : annulez la version en cours."
CANCEL_INSTEAD = "Une injection saisonnière ne se corrige pas : annulez-la, puis enregistrez la bonne."
NEEDS_REASON = "Indiquez le motif : il est conservé avec la dose."


@transaction.atomic
def correct_dose(
    *,
    dose: Dose,
    act: Act,
    by: str,
    reason: str,
    forced_reason: str = "",
    today: date | None = None,
    book: RuleBook | None = None,
) -> Dose:
    """End this version and insert the next one with the content of `act`; returns it. Raises DoseRefused or CorrectionRefused.

    Only by who recorded it, and only while no later dose is recorded (VC-36). Sent twice, it is one correction. The former
    version stays readable.
    """
    today = today or clock.today()
    if dose.disease != COVID19:
        raise CorrectionRefused(CANCEL_INSTEAD)
    _reread_locked(dose)
    _refuse_another(dose, by)
    if dose.ended_at is not None:
        return _same_correction(dose, act)
    if Act.of(dose) == act:
        return dose
    _refuse_late(dose)
    _end(dose, EndKind.CORRECTED, by=by, reason=reason)
    corrected, refusal = insert(
        dose.person,
        act,
        source=dose.source,
        source_key=_next_key(dose),
        by=by,
        forced_reason=forced_reason or reason_of_proof(act),
        today=today,
        book=book or rules.as_known_on(today),
        version=dose.version + 1,
        replaces=dose,
    )
    if corrected is None or corrected.replaces_id != dose.pk:  # the latter: the content is that of another dose
        raise refusal or DoseRefused(["rank_taken"])
    return corrected


@transaction.atomic
def cancel_dose(*, dose: Dose, by: str, reason: str) -> Dose:
    """End the dose: it no longer counts, and stays readable. Cancelling again changes nothing. Raises CorrectionRefused.

    Only by who recorded it, and only while no later dose is recorded (VC-36).
    """
    _reread_locked(dose)
    _refuse_another(dose, by)
    if dose.ended_at is None:
        _refuse_late(dose)
        _end(dose, EndKind.CANCELLED, by=by, reason=reason)
    elif dose.replaced_by.exists():
        raise CorrectionRefused(CORRECTED_SINCE)
    return dose


@transaction.atomic
def cancel_administratively(*, dose: Dose, by: str, reason: str) -> Dose:
    """End a dose that an administrator found false, whoever recorded it and whatever came after: trace « Annulé ».

    Irreversible: this dose is neither corrected nor cancelled any more, and its key, sent again, records nothing. Counted apart
    (`Dose.objects.cancelled_administratively()`). Doing it again changes nothing. Raises CorrectionRefused.
    """
    _reread_locked(dose)
    if dose.ended_at is None:
        _end(dose, EndKind.ADMINISTRATIVE, by=by, reason=reason)
    elif dose.end_kind != EndKind.ADMINISTRATIVE:
        raise CorrectionRefused(NO_LONGER_CURRENT)
    return dose


def may_be_changed_by(dose: Dose, by: str) -> str:
    """Why this account may not correct or cancel the dose now, in French; '' when it may."""
    if dose.end_kind == EndKind.ADMINISTRATIVE:
        return ADMINISTRATIVE
    if dose.ended_at is not None:
        return NO_LONGER_CURRENT
    if dose.recorded_by != by:
        return NOT_THE_RECORDER
    return NEXT_IS_RECORDED if _later_doses(dose).exists() else ""


def _reread_locked(dose: Dose) -> None:
    """One change at a time for a person, under whichever of their merged records it comes."""
    person = Person.objects.only("merged_into_id").get(pk=dose.person_id)
    Person.objects.select_for_update(no_key=True).get(pk=person.merged_into_id or person.pk)
    dose.refresh_from_db()


def _refuse_another(dose: Dose, by: str) -> None:
    if dose.end_kind == EndKind.ADMINISTRATIVE:
        raise CorrectionRefused(ADMINISTRATIVE)
    if dose.recorded_by != by:
        raise CorrectionRefused(NOT_THE_RECORDER)


def _refuse_late(dose: Dose) -> None:
    if _later_doses(dose).exists():
        raise CorrectionRefused(NEXT_IS_RECORDED)


def _later_doses(dose: Dose):  # type: ignore[no-untyped-def]
    survivor = dose.person.merged_into or dose.person
    others = Dose.objects.current().given_to(survivor).filter(disease=dose.disease).exclude(pk=dose.pk)
    return others.filter(Q(dose_number__gt=dose.dose_number) | Q(occurred_on__gt=dose.occurred_on))


def _end(dose: Dose, kind: EndKind, *, by: str, reason: str) -> None:
    if not reason.strip():
        raise CorrectionRefused(NEEDS_REASON)
    dose.ended_at, dose.ended_by, dose.end_kind, dose.end_reason = clock.now(), by, kind, reason.strip()[:200]
    dose.save(update_fields=["ended_at", "ended_by", "end_kind", "end_reason"])


def _next_key(dose: Dose) -> str:
    return f"{dose.source_key.removesuffix(f'#v{dose.version}')}#v{dose.version + 1}"


def _same_correction(dose: Dose, act: Act) -> Dose:
    successor = dose.replaced_by.first()
    if successor and Act.of(successor) == act:
        return successor
    raise CorrectionRefused(NO_LONGER_CURRENT)
