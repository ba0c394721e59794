"""Keeping what the Annuaire santé states of a professional and of the places where they practise, at each sign-in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pghistory
from django.db import transaction

from allant.directory.models import Organisation, OrganisationKind, Practitioner

LONGEST_CODE = 32


@dataclass(frozen=True)
class StatedPractitioner:
    """A professional as the Annuaire states them; `profession` is its own code, e.g. `10`."""

    rpps: str
    family_name: str
    given_names: str
    profession: str
    departement_code: str = ""


@dataclass(frozen=True)
class StatedStructure:
    """A place of activity as the Annuaire states it."""

    code: str
    name: str
    departement_code: str = ""


@transaction.atomic
def save_practitioner(stated: StatedPractitioner, *, by: str) -> Practitioner:
    """The professional with this RPPS number, created or brought up to date; an unchanged row is not written."""
    fields = {
        "family_name": stated.family_name,
        "given_names": stated.given_names,
        "profession": stated.profession,
        "departement_code": stated.departement_code,
    }
    found, created = Practitioner.objects.get_or_create(rpps=stated.rpps, defaults=fields)
    changed = [name for name, value in fields.items() if value and getattr(found, name) != value]
    if not created and changed:
        for name in changed:
            setattr(found, name, fields[name])
        with pghistory.context(by=by, reason="Annuaire santé"):
            found.save(update_fields=changed)
    return found


def add_structures(stated: Iterable[StatedStructure]) -> None:
    """Create the organisations not known yet by their code; known ones keep what the directory says of them.

    A structure without code, or with one longer than the directory holds, stays a name on the account.
    """
    rows = [
        Organisation(code=place.code, name=place.name or place.code, kind=_kind(place), departement_code=place.departement_code)
        for place in stated
        if place.code and len(place.code) <= LONGEST_CODE
    ]
    if rows:
        Organisation.objects.bulk_create(rows, ignore_conflicts=True)


def _kind(place: StatedStructure) -> OrganisationKind:
    """A name is all that tells a centre from a practice at sign-in; an administrator may say better."""
    return OrganisationKind.CENTRE if place.name.lower().startswith("centre de vaccination") else OrganisationKind.PRACTICE
