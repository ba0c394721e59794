"""Merging and unmerging keep every act of every programme (ID-09, VC-63): one row of each model that names a person, swept.

A model added tomorrow is swept without being named here; one that cannot be made so fails by its name, and says what it wants
in `OVERRIDES`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.db.models import Field, Model

from allant.appointments.models import Appointment
from allant.campaigns.models import Invitation
from allant.casework.models import Case
from allant.flu.models import Voucher
from allant.identification.models import IdentityFile
from allant.immunizations.models import Dose
from allant.outreach.models import AccountMessage
from allant.people import facts
from allant.people.actions import MergeRefused, merge, unmerge
from allant.people.bearing import borne_by, fields_to_person
from allant.people.models import Matricule, Person, Representation
from tests.people.made_instances import AT, made, somebody

pytestmark = pytest.mark.django_db
NUMBER = "2850535238042"
WHO = {"by": "agent", "reason": "essai"}
SWEPT = {f"{model._meta.label}.{field.name}": (model, field) for model, field in fields_to_person()}
# Why a column that names a person is not swept as the others are.
APART = {
    "people.Person.merged_into": "a record that absorbed others is never itself merged: test below",
    "people.DuplicateCandidate.first": "the pair itself: tests/people/test_duplicates.py",
    "people.DuplicateCandidate.second": "the pair itself: tests/people/test_duplicates.py",
}
# What a model wants that its fields do not say.
OVERRIDES: dict[str, dict[str, Any]] = {
    "people.Person": {"family_name": "Autre", "given_names": "Dominique", "birth_date": date(1960, 1, 2)},
    "people.Matricule": {"value": NUMBER, "kind": "NIR"},
    "outreach.Message": {"person": somebody},
    "appointments.Appointment": {"confirmed_at": AT},
    "appointments.Share": {"capacity": 2, "remaining": 1},
    "flu.Delivery": {"ground": "own_cost"},
    "vaccination.EligibilityDeclaration": {"patient_accepts": True, "patient_informed": True},
}


def of_person(model: type[Model]) -> Callable[[Person], Any]:
    """The reading that a queryset offers."""
    return lambda survivor: set(model._default_manager.all().of_person(survivor).values_list("pk", flat=True))


# How the product reads, from the record that stands for the person, what a row of the absorbed record holds.
READ: dict[str, Callable[[Person], Any]] = {
    "people.Matricule.person": lambda one: set(Matricule.objects.borne_by(one).values_list("pk", flat=True)),
    "people.Person.policyholder": lambda one: set(Person.objects.attached_to(NUMBER).values_list("pk", flat=True)),
    "people.Representation.person": lambda one: set(
        Representation.objects.with_standing().filter(standing=one.pk).values_list("pk", flat=True)
    ),
    "immunizations.Dose.person": lambda one: set(Dose.objects.given_to(one).values_list("pk", flat=True)),
    "outreach.AccountMessage.person": lambda one: set(AccountMessage.objects.of(one).values_list("pk", flat=True)),
    "flu.Voucher.person": lambda one: set(Voucher.objects.borne_by(one).values_list("pk", flat=True)),
    "casework.Case.person": lambda one: set(Case.objects.of_person(one.pk).values_list("pk", flat=True)),
    "campaigns.Invitation.person": of_person(Invitation),
    "appointments.Appointment.person": of_person(Appointment),
    "identification.IdentityFile.person": of_person(IdentityFile),
}
FACTS = {
    "people.Situation.person": facts.SITUATION_QUERY,
    "immunizations.Dose.person": "SELECT person_id FROM immunizations_dose_summary",
}


def stored(row: Model) -> dict[str, Any]:
    """The row as the database holds it."""
    with connection.cursor() as cursor:
        key = row._meta.pk.column
        cursor.execute(f'SELECT * FROM "{row._meta.db_table}" WHERE "{key}" = %s', [row.pk])
        names = [column.name for column in cursor.description]
        found = cursor.fetchone()
    assert found is not None, f"{row._meta.label} is lost"
    return dict(zip(names, found, strict=True))


def about(query: str, person: Person) -> bool:
    """Whether a fact has a row about this person."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({query}) AS fact WHERE person_id = %s", [person.pk])
        return bool(cursor.fetchone()[0])


def made_for(model: type[Model], field: Field, person: Person) -> Model:
    """A row that names the person; what a policyholder needs is a number to be found by."""
    if model is Person:
        Matricule.objects.create(person=person, value=NUMBER, kind="NIR", starts_on=date(2000, 1, 1))
        return somebody(policyholder=person)
    try:
        return made(model, OVERRIDES, **{field.name: person})
    except Exception as error:
        raise AssertionError(f"{model._meta.label} cannot be made: tell OVERRIDES what it wants ({error})") from error


@pytest.mark.parametrize("name", sorted(set(SWEPT) - set(APART)))
def test_id09_a_merge_and_its_undoing_lose_and_move_nothing(name: str) -> None:
    """ID-09, VC-63: the row is there, unchanged, while merged and after, and is read from the survivor meanwhile."""
    model, field = SWEPT[name]
    absorbed, survivor = somebody(), somebody()
    row = made_for(model, field, absorbed)
    before = stored(row)
    counts = borne_by((absorbed.pk, survivor.pk))
    assert sum(line.counts[0] for line in counts) >= 1
    merge(duplicate=absorbed, into=survivor, **WHO)
    assert stored(row) == before and before[field.column] == absorbed.pk
    assert [line for line in borne_by((absorbed.pk, survivor.pk)) if not line.label.startswith("Assurés (fusionné")] == counts
    if reading := READ.get(name):
        assert row.pk in reading(survivor), f"{name} is not read from the survivor"
    if query := FACTS.get(name):
        assert about(query, survivor) and not about(query, absorbed)
    unmerge(duplicate=absorbed, **WHO)
    assert stored(row) == before and borne_by((absorbed.pk, survivor.pk)) == counts
    if reading and model is not Person:
        assert row.pk in reading(absorbed) and row.pk not in reading(survivor)


def test_id09_every_reading_and_exception_names_a_column_that_exists() -> None:
    """ID-09: the lists of this file follow the models."""
    assert set(READ) | set(FACTS) | set(APART) <= set(SWEPT)
    assert len(SWEPT) > 30


def test_id09_a_record_that_absorbed_others_is_not_merged() -> None:
    """ID-09, VC-63: one step always finds the survivor."""
    first, second, third = somebody(), somebody(), somebody()
    merge(duplicate=first, into=second, **WHO)
    with pytest.raises(MergeRefused, match="absorbé"):
        merge(duplicate=second, into=third, **WHO)
