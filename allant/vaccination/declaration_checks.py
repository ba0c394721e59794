"""What a declaration of eligibility must say before it is validated (VC-20 to VC-22). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from allant.directory.rpps import why_unreadable
from allant.doctrine import NotYetInForce, RuleBook
from allant.people.models import Person
from allant.vaccination.professions import profession_code


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """The content of the form.

    `declarant_prescribes`: the prescriber's fields are then filled from the declarant, but the date (VC-20). Professions are
    codes of `teleservice.professions`, `patient_activity` of `teleservice.patient_activities` (empty when the patient is no
    health professional), `declared_situations` of `teleservice.declared_situations`. Both ticks are mandatory (VC-22).
    """

    declarant_prescribes: bool
    prescribed_on: date | None
    prescriber_family_name: str = ""
    prescriber_given_names: str = ""
    prescriber_rpps: str = ""
    prescriber_profession: str = ""
    patient_activity: str = ""
    declared_situations: tuple[str, ...] = ()
    patient_accepts: bool = False
    patient_informed: bool = False


class DeclarationRefused(ValueError):
    """A declaration that cannot be validated so. `errors`: field of `Declaration`, "" for the whole → what to do, in French."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors = dict(errors)
        super().__init__(" ".join(self.errors.values()))


def refuse_incomplete(declaration: Declaration, person: Person, today: date, book: RuleBook) -> None:
    """Raise DeclarationRefused with every fault at once."""
    found = [
        *_dates(declaration, person, today),
        *_prescriber(declaration, today, book),
        *_choices(declaration, today, book),
        *_ticks(declaration),
    ]
    if found:
        raise DeclarationRefused(dict(reversed(found)))  # of two faults of one field, the first is said


_Faults = Iterable[tuple[str, str]]


def _dates(declaration: Declaration, person: Person, today: date) -> _Faults:
    day = declaration.prescribed_on
    if person.died_on is not None and person.died_on <= today:
        yield "", f"Le décès de ce patient est enregistré le {person.died_on:%d/%m/%Y} : vérifiez l'identité."
    if day is None:
        yield "prescribed_on", "Date de l'ordonnance : indiquez-la, au format JJ/MM/AAAA."
    elif day > today:
        yield "prescribed_on", "Date de l'ordonnance : elle est dans le futur ; vérifiez-la."
    elif person.birth_date is not None and day < person.birth_date:
        yield "prescribed_on", "Date de l'ordonnance : elle est antérieure à la naissance du patient ; vérifiez-la."


def _prescriber(declaration: Declaration, today: date, book: RuleBook) -> _Faults:
    if declaration.declarant_prescribes:
        return
    if not declaration.prescriber_family_name.strip():
        yield "prescriber_family_name", "Nom du prescripteur : recopiez-le de l'ordonnance."
    if not declaration.prescriber_given_names.strip():
        yield "prescriber_given_names", "Prénom du prescripteur : recopiez-le de l'ordonnance."
    if declaration.prescriber_rpps and (wrong := why_unreadable(declaration.prescriber_rpps)):
        yield "prescriber_rpps", f"RPPS du prescripteur : {wrong}"
    if not profession_code(declaration.prescriber_profession, today, book):
        yield "prescriber_profession", "Profession du prescripteur : choisissez-la dans la liste."


def _choices(declaration: Declaration, today: date, book: RuleBook) -> _Faults:
    activity = declaration.patient_activity
    if activity and activity not in codes_of("teleservice.patient_activities", today, book):
        yield "patient_activity", "Activité principale du patient : choisissez-la dans la liste."
    if set(declaration.declared_situations) - set(codes_of("teleservice.declared_situations", today, book)):
        yield "declared_situations", "Situation du patient : choisissez-la dans la liste."


def _ticks(declaration: Declaration) -> _Faults:
    if not declaration.patient_accepts:
        yield "patient_accepts", "Cochez que le patient accepte d'entrer dans le processus de vaccination."
    if not declaration.patient_informed:
        yield (
            "patient_informed",
            "Cochez que vous acceptez les conditions de transmission des données et que vous avez informé le patient de leur "
            "traitement.",
        )


def codes_of(key: str, on: date, book: RuleBook) -> dict[str, str]:
    """Code → French label of a list of the téléservice on a day; nothing before the list opens."""
    return {row["code"]: row["label"] for row in rows_of(key, on, book)}


def rows_of(key: str, on: date, book: RuleBook) -> tuple[Mapping[str, Any], ...]:
    """The rows of a list of the doctrine on a day; none before its first version."""
    try:
        return tuple(book.value(key, on))
    except NotYetInForce:
        return ()
