"""Patients, doctors, declarations and entries for the tests of the téléservice."""

from datetime import date
from typing import Any

from allant.directory.models import Practitioner
from allant.doctrine import RuleBook, rules
from allant.immunizations.models import Dose
from allant.people.models import Person, Situation
from allant.vaccination.eligibility import Declaration, declare_eligibility
from allant.vaccination.models import EligibilityDeclaration
from allant.vaccination.recording import Entry, record_vaccination
from tests.people.builders import person

DOCTOR, NURSE = "psc:10000000001", "psc:10000000002"


def day(text: str) -> date:
    """`2021-03-01`."""
    return date.fromisoformat(text)


def known(text: str) -> RuleBook:
    """The book as known on a day."""
    return rules.as_known_on(day(text))


def doctor(**values: Any) -> Practitioner:
    """A doctor; the same one each time unless told otherwise."""
    columns = {"rpps": "10000000001", "family_name": "Prunier", "given_names": "Anne", "profession": "10", **values}
    return Practitioner.objects.get_or_create(rpps=columns.pop("rpps"), defaults=columns)[0]


def patient(born: str | None = "1940-05-01", *situations: str, **values: Any) -> Person:
    """A person with situations, each `kind` or `kind:code`, since 2020."""
    someone = person(birth_date=born and day(born), birth_precision="day" if born else "none", **values)
    for name in situations:
        kind, _, code = name.partition(":")
        Situation.objects.create(person=someone, kind=kind, code=code, starts_on=day("2020-01-01"))
    return someone


def declaration(**values: Any) -> Declaration:
    """A complete one by a declarant who prescribes, on 1 February 2021."""
    complete = {
        "declarant_prescribes": True, "prescribed_on": day("2021-02-01"), "patient_accepts": True, "patient_informed": True,
    }  # fmt: skip
    return Declaration(**{**complete, **values})


def declare(
    someone: Person, *, by: str = DOCTOR, key: str = "e1", today: str = "2021-02-01", **values: Any
) -> EligibilityDeclaration:
    """Validate tab 1."""
    return declare_eligibility(
        person=someone, declaration=declaration(**values), declarant=doctor(), organisation=None,
        structure_name="Cabinet Prunier", source_key=key, by=by, today=day(today),
    )  # fmt: skip


def entry(on: str, vaccine: str = "comirnaty", **values: Any) -> Entry:
    """One dose."""
    return Entry(occurred_on=day(on), vaccine=vaccine, **values)


def give(
    someone: Person, on: str, vaccine: str = "comirnaty", *, by: str = DOCTOR, key: str = "", today: str = "", **values: Any
) -> Dose:
    """Record a dose on its day."""
    return record_vaccination(
        person=someone, entry=entry(on, vaccine, **values), source_key=key or f"{someone.pk}:{on}:{vaccine}", by=by,
        recorder=doctor(), organisation=None, today=day(today or on),
    )  # fmt: skip
