"""Tab 1 of the téléservice: declare that a patient enters the vaccination, correct it (VC-19 to VC-25)."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from allant import clock
from allant.directory.models import Organisation, Practitioner
from allant.doctrine import RuleBook, rules
from allant.immunizations.models import COVID19, Dose, EndKind
from allant.people.models import Person
from allant.vaccination.code import give_code
from allant.vaccination.declaration_checks import Declaration, DeclarationRefused, refuse_incomplete
from allant.vaccination.known import Known, known_of, lock
from allant.vaccination.models import EligibilityDeclaration
from allant.vaccination.priority import priority_of
from allant.vaccination.professions import not_allowed, profession_code

__all__ = [
    "Declaration",
    "DeclarationRefused",
    "change_refusal",
    "correct_eligibility",
    "current_declaration",
    "declarations_of",
    "declare_eligibility",
    "in_force",
]


def declarations_of(known: Known) -> QuerySet[EligibilityDeclaration]:
    """Every version of every declaration of a person, oldest first, with declarant, structure and invitation."""
    found = EligibilityDeclaration.objects.filter(person__in=known.records)
    return found.select_related("declarant", "organisation", "invitation").order_by("declared_at", "version")


def current_declaration(person: Person) -> EligibilityDeclaration | None:
    """The declaration in force of a person, under whichever of their merged records it was validated; the last one of two."""
    return in_force(known_of(person))


def in_force(known: Known) -> EligibilityDeclaration | None:
    """`current_declaration` of what was read already."""
    return declarations_of(known).filter(ended_at__isnull=True).last()


@transaction.atomic
def declare_eligibility(
    *,
    person: Person,
    declaration: Declaration,
    declarant: Practitioner,
    organisation: Organisation | None,
    structure_name: str,
    source_key: str,
    by: str,
    today: date | None = None,
) -> EligibilityDeclaration:
    """Validate tab 1: the declaration, its priority category of the day, and the patient's code. Raises DeclarationRefused.

    Sent again, by key or by content, it is the one already there.
    """
    today = today or clock.today()
    known, book = _locked(person), rules.as_known_on(today)
    content = _content(declaration, declarant, today, book)
    if sent := EligibilityDeclaration.objects.filter(source_key=source_key).first():
        return _same(sent, known, content)
    if there := in_force(known):
        return _already(there, content, by)
    if refusal := not_allowed(declarant, "declare", today, book):
        raise DeclarationRefused({"": refusal})
    refuse_incomplete(declaration, known.person, today, book)
    if _first_dose_recorded(known):
        raise DeclarationRefused({"": "Une dose de ce patient est déjà enregistrée : l'éligibilité n'est plus à déclarer."})
    return EligibilityDeclaration.objects.create(
        **content,
        **_priority(known, declaration, today, book),
        person=known.person,
        invitation=give_code(person=known.person, by=by, on=today),
        declarant=declarant,
        organisation=organisation,
        structure_name=structure_name,
        declared_at=clock.now(),
        declared_by=by,
        source_key=source_key,
    )


@transaction.atomic
def correct_eligibility(
    *, declared: EligibilityDeclaration, declaration: Declaration, by: str, reason: str, today: date | None = None
) -> EligibilityDeclaration:
    """Version n + 1 by its author, while dose 1 is not recorded (VC-25); sent twice it is one. Raises DeclarationRefused."""
    today = today or clock.today()
    known, book = _locked(declared.person), rules.as_known_on(today)
    declared = EligibilityDeclaration.objects.select_related("declarant", "replaced_by").get(pk=declared.pk)
    if refusal := change_refusal(declared, by=by, first_dose_recorded=_first_dose_recorded(known)):
        raise DeclarationRefused({"": refusal})
    content = _content(declaration, declared.declarant, today, book)
    if declared.ended_at is not None:
        return _same_correction(declared, content)
    if _holds(declared, content):
        return declared
    refuse_incomplete(declaration, known.person, today, book)
    if not reason.strip():
        raise DeclarationRefused({"reason": "Motif de la modification : écrivez-le."})
    declared.ended_at, declared.ended_by = clock.now(), by
    declared.end_kind, declared.end_reason = EndKind.CORRECTED, reason.strip()[:200]
    declared.save(update_fields=["ended_at", "ended_by", "end_kind", "end_reason"])
    return _successor(declared, {**content, **_priority(known, declaration, today, book)}, by)


def change_refusal(declared: EligibilityDeclaration, *, by: str, first_dose_recorded: bool) -> str:
    """Why `by` may not change a declaration (VC-25), in French; empty when they may."""
    if declared.declared_by != by:
        return "Seul le professionnel de santé qui a validé l'éligibilité peut la modifier."
    if first_dose_recorded:
        return "La 1re vaccination est enregistrée : l'éligibilité ne se modifie plus."
    return ""


def _locked(person: Person) -> Known:
    """One declaration or dose at a time for a person, under whichever of their merged records it comes."""
    lock(person)
    return known_of(person)


def _first_dose_recorded(known: Known) -> bool:
    return bool(Dose.objects.current().against(COVID19).filter(person__in=known.records).exists())


def _content(declaration: Declaration, declarant: Practitioner, today: date, book: RuleBook) -> dict[str, Any]:
    """The form as columns; the prescriber's are the declarant's own when they prescribe (VC-20)."""
    columns = {item.name: getattr(declaration, item.name) for item in fields(Declaration)}
    columns["declared_situations"] = sorted(set(declaration.declared_situations))
    columns["prescriber_profession"] = profession_code(declaration.prescriber_profession, today, book)
    if declaration.declarant_prescribes:
        columns |= {
            "prescriber_family_name": declarant.family_name,
            "prescriber_given_names": declarant.given_names,
            "prescriber_rpps": declarant.rpps,
            "prescriber_profession": profession_code(declarant.profession, today, book) or declarant.profession,
        }
    return columns


def _priority(known: Known, declaration: Declaration, today: date, book: RuleBook) -> dict[str, Any]:
    situations, activity = declaration.declared_situations, declaration.patient_activity
    found = priority_of(known, today, book, declared=situations, activity=activity)
    if found.refused:
        raise DeclarationRefused({"": found.warning})
    if found.category is None:
        return {"priority_rule": "", "priority_reasons": [found.warning]}
    return {"priority_rule": found.category.rule_id, "priority_reasons": list(found.category.reasons)}


def _holds(declared: EligibilityDeclaration, content: dict[str, Any]) -> bool:
    return all(getattr(declared, name) == value for name, value in content.items())


def _same(sent: EligibilityDeclaration, known: Known, content: dict[str, Any]) -> EligibilityDeclaration:
    if sent.person_id in known.records and _holds(sent, content):
        return sent
    raise DeclarationRefused({"": "Cet envoi a déjà servi pour une autre déclaration : rouvrez le dossier et recommencez."})


def _already(there: EligibilityDeclaration, content: dict[str, Any], by: str) -> EligibilityDeclaration:
    if there.declared_by == by and _holds(there, content):
        return there
    who = "par vous" if there.declared_by == by else "par un autre professionnel de santé"
    raise DeclarationRefused({"": f"L'éligibilité de ce patient est déjà validée {who}, le {there.declared_at:%d/%m/%Y}."})


def _same_correction(declared: EligibilityDeclaration, content: dict[str, Any]) -> EligibilityDeclaration:
    successor: EligibilityDeclaration | None = getattr(declared, "replaced_by", None)
    if successor is not None and _holds(successor, content):
        return successor
    raise DeclarationRefused({"": "Cette version a été modifiée depuis : relisez la déclaration en cours et recommencez."})


def _successor(declared: EligibilityDeclaration, content: dict[str, Any], by: str) -> EligibilityDeclaration:
    version = declared.version + 1
    return EligibilityDeclaration.objects.create(
        **content,
        person_id=declared.person_id,
        invitation_id=declared.invitation_id,
        declarant_id=declared.declarant_id,
        organisation_id=declared.organisation_id,
        structure_name=declared.structure_name,
        declared_at=clock.now(),
        declared_by=by,
        source_key=f"{declared.source_key.removesuffix(f'#v{declared.version}')}#v{version}",
        version=version,
        replaces=declared,
    )
