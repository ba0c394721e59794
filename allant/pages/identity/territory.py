"""Whom an identity agent sees: the people of the territory of their fund."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import WHOLE_COUNTRY, Role
from allant.accounts.sign_in import covers, memberships_of
from allant.identification.models import IdentityFile
from allant.identification.querysets import IdentityFileQuerySet
from allant.people.models import Person

ROLE = Role.IDENTITY_AGENT


def departements_of(request: HttpRequest) -> list[str] | None:
    """The départements of the agent's fund; None for the whole country."""
    held = {membership.departement_code for membership in memberships_of(request) if membership.role == ROLE}
    return None if WHOLE_COUNTRY in held else sorted(code for code in held if code)


def fund_of(request: HttpRequest) -> str:
    """The code of the agent's fund."""
    return next((membership.structure_code for membership in memberships_of(request) if membership.role == ROLE), "")


def files_of(request: HttpRequest) -> IdentityFileQuerySet:
    """The files of the territory."""
    departements = departements_of(request)
    files: IdentityFileQuerySet = IdentityFile.objects.with_case()
    return files if departements is None else files.living_in(departements)


def check(request: HttpRequest, person: Person) -> None:
    """Refuse, and log, a person of another territory."""
    if not covers(request, ROLE, person.departement_code):
        log_request(request, LoggedAction.REFUSED, "personne d'un autre département", [person.pk])
        raise PermissionDenied("Cette personne ne réside pas dans votre territoire : adressez-vous à sa caisse.")
