"""Whom an administrator or an identity agent sees: the people of the territory of their structure."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import WHOLE_COUNTRY, Role
from allant.accounts.sign_in import covers, memberships_of
from allant.people.models import DuplicateCandidate, Person
from allant.people.querysets import DuplicateCandidateQuerySet

ROLES = (Role.ADMINISTRATOR, Role.IDENTITY_AGENT)


def pairs_of(request: HttpRequest) -> DuplicateCandidateQuerySet:
    """The pairs with at least one person of the territory; all of them for a national structure."""
    held = {membership.departement_code for membership in memberships_of(request) if membership.role in ROLES}
    pairs: DuplicateCandidateQuerySet = DuplicateCandidate.objects.all()
    return pairs if WHOLE_COUNTRY in held else pairs.living_in([code for code in held if code])


def check_whole_country(request: HttpRequest) -> None:
    """Refuse, and log, an administrator of a territory on a page that shows people wherever they reside."""
    if not covers(request, Role.ADMINISTRATOR, WHOLE_COUNTRY):
        log_request(request, LoggedAction.REFUSED, "page réservée aux administrateurs nationaux")
        raise PermissionDenied("Cette page montre des personnes de tout le pays : adressez-vous à un administrateur national.")


def check_territory(request: HttpRequest, *persons: Person) -> None:
    """Refuse, and log, a file none of whose persons resides in the territory."""
    if not any(covers(request, role, person.departement_code) for role in ROLES for person in persons):
        log_request(request, LoggedAction.REFUSED, "personne d'un autre département", [person.pk for person in persons])
        raise PermissionDenied("Ces personnes ne résident pas dans votre territoire : adressez-vous à leur caisse.")
