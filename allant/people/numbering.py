"""Giving a person a number, and replacing it: one bearer a number, the history kept (ID-03)."""

from __future__ import annotations

from datetime import date

import pghistory
from django.db import IntegrityError, transaction

from allant.people import matricule as numbers
from allant.people.models import Matricule, MatriculeKind, Person


class NumberRefused(ValueError):
    """A number that cannot be given; says why in French, without the number."""


class NumberBorne(NumberRefused):
    """Somebody else bears this number; `bearer` is their record."""

    def __init__(self, bearer: Person) -> None:
        super().__init__("Ce numéro est porté par une autre fiche : comparez les deux fiches avant de l'attribuer.")
        self.bearer = bearer


@transaction.atomic
def give_number(*, person: Person, value: str, kind: MatriculeKind, on: date, by: str) -> Matricule:
    """The number a person bears from a day on; the one they bore ends that day. The same again changes nothing.

    A NIA that becomes a NIR keeps its digits: the kind is what changes. Raises NumberRefused, NumberBorne.
    """
    if numbers.parse(value).value != value or not _fits(value, kind):
        raise NumberRefused(f"Ce numéro n'a pas la forme d'un {kind}.")
    Person.objects.select_for_update(of=("self",)).get(pk=person.pk)
    current = Matricule.objects.filter(ends_on=None).select_related("person")
    for borne in current.filter(value=value).exclude(person=person):
        raise NumberBorne(borne.person)
    with pghistory.context(by=by, reason="attribution d'un matricule"):
        for former in current.filter(person=person).order_by("starts_on", "id"):
            if (former.value, former.kind) == (value, kind):
                return former
            if former.starts_on >= on:  # given today and replaced today: its history is kept by pghistory
                former.value, former.kind = value, kind
                former.save(update_fields=["value", "kind"])
                return former
            former.ends_on = on
            former.save(update_fields=["ends_on"])
        return _created(person, value, kind, on)


def _created(person: Person, value: str, kind: MatriculeKind, on: date) -> Matricule:
    try:
        with transaction.atomic():
            return Matricule.objects.create(person=person, value=value, kind=kind, starts_on=on)
    except IntegrityError:  # another record was given it at the same instant
        borne = Matricule.objects.filter(value=value, ends_on=None).exclude(person=person).select_related("person").first()
        if borne is None:
            raise
        raise NumberBorne(borne.person) from None


def _fits(value: str, kind: MatriculeKind) -> bool:
    expected = {"NIR": numbers.NIR_OR_NIA, "NIA": numbers.NIR_OR_NIA, "NNP": numbers.NNP, "MIG": numbers.MIG}[kind]
    return numbers.parse(value).kind == expected


def current_number(person: Person) -> Matricule | None:
    """The number a person bears now; the last one given when several stand."""
    return Matricule.objects.filter(person=person, ends_on=None).order_by("-starts_on", "-id").first()
