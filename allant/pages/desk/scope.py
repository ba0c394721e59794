"""What this session may call: its territory, and medical campaigns for the medical service only (AV-27)."""

from __future__ import annotations

from django.http import HttpRequest

from allant.accounts.roles import WHOLE_COUNTRY, Role
from allant.accounts.sign_in import memberships_of, roles_of
from allant.campaigns.desk.taking import Scope

AGENTS = (Role.CALL_AGENT, Role.MEDICAL_SERVICE, Role.PLATFORM_AGENT)


def scope_of(request: HttpRequest) -> Scope:
    """The queue of this session."""
    places = frozenset(held.departement_code for held in memberships_of(request) if held.role in AGENTS)
    roles = roles_of(request)
    return Scope(
        departements=None if WHOLE_COUNTRY in places else places - {""},
        medical=Role.MEDICAL_SERVICE in roles,
        others=bool(roles & {Role.CALL_AGENT, Role.PLATFORM_AGENT}),
    )
