"""Writes on accounts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from allant.accounts.actors import Actor
from allant.accounts.log import log_access
from allant.accounts.models import LoggedAction, Membership, User
from allant.accounts.roles import Role
from allant.directory.models import Organisation


@dataclass(frozen=True)
class Grant:
    """A role in a structure, as an identity provider states it."""

    role: Role
    structure_code: str = ""
    structure_name: str = ""
    departement_code: str = ""
    profession: str = ""
    postcode: str = ""
    exercise_mode: str = ""


@transaction.atomic
def replace_memberships(*, user: User, grants: Iterable[Grant]) -> None:
    """Make the memberships of `user` exactly `grants`: what the provider no longer states is withdrawn.

    Unchanged memberships keep their row, and every kept one its N°AM, which no provider states. A structure known to the
    directory by its code is linked to it.
    """
    User.objects.select_for_update().get(pk=user.pk)  # two sign-ins of one account wait for each other
    wanted = {(grant.role.value, grant.structure_code): grant for grant in grants}
    known = Organisation.objects.in_bulk({code for _, code in wanted if code}, field_name="code")
    held = {(row.role, row.structure_code): row for row in user.memberships.all()}
    for key, row in held.items():
        if key not in wanted:
            row.delete()
    for key, grant in wanted.items():
        fields = {
            "structure_name": grant.structure_name,
            "departement_code": grant.departement_code,
            "profession": grant.profession,
            "postcode": grant.postcode,
            "exercise_mode": grant.exercise_mode,
            "organisation": known.get(grant.structure_code),
        }
        row = held.get(key) or Membership(user=user, role=grant.role, structure_code=grant.structure_code)
        if row.pk is None or any(getattr(row, name) != value for name, value in fields.items()):
            for name, value in fields.items():
                setattr(row, name, value)
            row.save()
    organisation = next((known[code] for _, code in wanted if code in known), None)
    if user.organisation != organisation:
        user.organisation = organisation
        user.save(update_fields=["organisation"])


def set_am_number(*, membership: Membership, am_number: str) -> None:
    """Write the N°AM of a professional at one place of activity, as they typed it; empty to forget it."""
    membership.am_number = am_number
    membership.save(update_fields=["am_number"])


def link_person(*, user: User, person_id: int) -> None:
    """Tie the account of an insured person to their record of the register; said in the access log when it is new."""
    if user.person_id == person_id:
        return
    user.person_id = person_id
    user.save(update_fields=["person"])
    log_access(
        by=Actor(name=user.get_username(), user_id=user.pk, role=Role.INSURED),
        action=LoggedAction.WRITE,
        purpose="rattachement du compte à son dossier",
        person_ids=[person_id],
    )
