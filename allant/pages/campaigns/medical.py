"""A medical campaign is for the medical service: whom it means, and so why, is theirs alone to see (AV-27)."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from allant.accounts.roles import Role
from allant.accounts.sign_in import roles_of
from allant.campaigns.models import Campaign

NEUTRAL = "Service médical"
"""What other agents read in place of the title."""


def sees_target(request: HttpRequest, campaign: Campaign) -> bool:
    """Whether this session may read whom the campaign means."""
    return not campaign.medical or Role.MEDICAL_SERVICE in roles_of(request)


def require_target(request: HttpRequest, campaign: Campaign) -> None:
    """Raises PermissionDenied when this session may not read whom the campaign means."""
    if not sees_target(request, campaign):
        raise PermissionDenied("La cible de cette campagne est réservée au service médical : adressez-vous à lui.")


def title_for(request: HttpRequest, campaign: Campaign) -> str:
    """The title, or a neutral one."""
    return campaign.title if sees_target(request, campaign) else NEUTRAL
