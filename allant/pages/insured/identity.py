"""From an account of FranceConnect to its person in the register, at sign-in or by a second proof."""

from __future__ import annotations

from dataclasses import astuple

from django.http import HttpRequest

from allant.accounts.actions import link_person
from allant.accounts.models import User
from allant.people.identification import PivotIdentity, person_of_pivot
from allant.people.models import Person

# In the session, only while the account has no record: the second proof is compared with it.
PIVOT_KEY = "allant_pivot"


def settle_person(request: HttpRequest, user: User, pivot: PivotIdentity) -> None:
    """Tie the account to its person, or keep the pivot for a second proof. A tie proved before stays."""
    found = person_of_pivot(pivot)
    if found is not None:
        link_person(user=user, person_id=found.pk)
    if user.person_id is None:
        request.session[PIVOT_KEY] = list(astuple(pivot))


def kept_pivot(request: HttpRequest) -> PivotIdentity | None:
    """What FranceConnect stated at the beginning of this session, while it is still needed."""
    kept = request.session.get(PIVOT_KEY)
    return PivotIdentity(*kept) if kept else None


def forget_pivot(request: HttpRequest) -> None:
    """Once the account is tied."""
    request.session.pop(PIVOT_KEY, None)


def own_person(request: HttpRequest) -> Person | None:
    """The record of whoever is signed in, or that it was merged into; None while nobody was identified."""
    person: Person | None = Person.objects.select_related("merged_into").filter(pk=request.user.person_id).first()
    return (person.merged_into or person) if person else None
