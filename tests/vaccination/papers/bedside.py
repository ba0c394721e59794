"""A doctor, a patient, a declaration, doses: what papers are made of."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pypdf

from allant import clock
from allant.directory.models import Organisation, OrganisationKind, Practitioner
from allant.immunizations.models import Dose
from allant.people.models import Person
from allant.vaccination.eligibility import Declaration, declare_eligibility
from allant.vaccination.models import EligibilityDeclaration
from allant.vaccination.recording import Entry, record_vaccination
from tests.people.builders import person as a_person

BY = "pro-sante-connect:899700000001"
DECLARED, FIRST, SECOND = date(2021, 2, 1), date(2021, 2, 3), date(2021, 3, 3)


def patient(**values: Any) -> Person:
    """Suzanne Mercier, born in 1940, unless told otherwise."""
    return a_person(
        **{"family_name": "Mercier", "given_names": "Suzanne", "birth_date": date(1940, 3, 12), "sex": "F", **values}
    )


def doctor() -> Practitioner:
    """Karim Haddad."""
    found, _ = Practitioner.objects.get_or_create(
        rpps="10001234567", defaults={"family_name": "Haddad", "given_names": "Karim", "profession": "medecin"}
    )
    return found


def practice() -> Organisation:
    """Where he works."""
    found, _ = Organisation.objects.get_or_create(
        code="R1", defaults={"name": "Cabinet des Tilleuls", "kind": OrganisationKind.PRACTICE}
    )
    return found


def content(**values: Any) -> Declaration:
    """What tab 1 says."""
    return Declaration(
        **{
            "declarant_prescribes": True, "prescribed_on": DECLARED, "patient_accepts": True, "patient_informed": True, **values,
        }
    )  # fmt: skip


def declared(person: Person, on: date = DECLARED, **values: Any) -> EligibilityDeclaration:
    """A validated declaration."""
    with clock.moved_to(on):
        return declare_eligibility(
            person=person, declaration=content(**values), declarant=doctor(), organisation=practice(),
            structure_name="Cabinet des Tilleuls", source_key=f"declaration:{person.pk}", by=BY,
        )  # fmt: skip


def entry(on: date = FIRST, **values: Any) -> Entry:
    """What the tab of a dose says."""
    return Entry(
        **{
            "occurred_on": on, "vaccine": "comirnaty", "lot": "EJ6797", "site": "deltoide_gauche", "place_kind": "cabinet",
            **values,
        }
    )  # fmt: skip


def vaccinated(person: Person, on: date = FIRST, **values: Any) -> Dose:
    """A dose recorded on its day by the doctor."""
    with clock.moved_to(on):
        return record_vaccination(
            person=person, entry=entry(on, **values), source_key=f"dose:{person.pk}:{on}", by=BY, recorder=doctor(),
            organisation=practice(),
        )  # fmt: skip


def text_of(pdf: bytes) -> str:
    """The words of a paper, pages one after the other."""
    return " ".join(" ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages).split())
