"""Health professionals signed in to the téléservice, for the tests of its pages."""

from __future__ import annotations

from django.test import Client

from allant.accounts.actions import Grant, replace_memberships
from allant.accounts.models import User
from allant.accounts.roles import Role
from allant.directory.annuaire import StatedPractitioner, StatedStructure, add_structures, save_practitioner
from tests.accounts.sessions import enter

DOCTOR, PHARMACIST, MIDWIFE, NURSE, DENTIST = "10", "21", "50", "60", "40"
HOME = "/professionnel/vaccin-covid/"


def professional(
    username: str = "pro-sante-connect:docteur",
    *,
    profession: str = DOCTOR,
    rpps: str = "99900000111",
    structures: tuple[str, ...] = ("R900001",),
    exercise_mode: str = "L",
) -> User:
    """An account as a sign-in by card leaves it: its professional, its places of activity, their organisations."""
    user = User.objects.create_account(username, family_name="Delmas", given_names="Anne")
    role = Role.HEALTH_PROFESSIONAL
    grants = [Grant(role, code, f"Structure {code}", "35", profession, "35000", exercise_mode) for code in structures]
    add_structures(StatedStructure(grant.structure_code, grant.structure_name, grant.departement_code) for grant in grants)
    user.practitioner = save_practitioner(StatedPractitioner(rpps, "Delmas", "Anne", profession, "35"), by="test")
    user.save()
    replace_memberships(user=user, grants=grants)
    return user


def signed_in(client: Client, **changes: object) -> User:
    """`professional(...)`, with a session opened by card."""
    user = professional(**changes)  # type: ignore[arg-type]
    enter(client, user)
    return user


def find(client: Client, typed: str, **more: str) -> object:
    """Type a code or a NIR in the téléservice; gives the answer."""
    return client.post(HOME, {"patient": typed, **more})
