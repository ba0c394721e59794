"""Writes on accounts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from allant.accounts.models import Membership, User
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


@transaction.atomic
def replace_memberships(*, user: User, grants: Iterable[Grant]) -> None:
    """Make the memberships of `user` exactly `grants`: what the provider no longer states is withdrawn.

    Unchanged memberships keep their row. A structure known to the directory by its code is linked to it.
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
