"""Who runs which place: those of the structure that holds it; campaign managers see to the openings of their territory."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpRequest

from allant.accounts.roles import WHOLE_COUNTRY, Role
from allant.accounts.sign_in import current_membership, memberships_of, roles_of
from allant.appointments.models import Place
from allant.directory.models import Organisation
from allant.geography import departement_of
from allant.pages.base.errors import Missing

RUNNERS = (Role.HEALTH_PROFESSIONAL, Role.FRONT_DESK_AGENT, Role.PARTNER)
"""They read who comes: their centre, the reception of their fund, the permanence at their premises (AP-11)."""
ENTERERS = (*RUNNERS, Role.CAMPAIGN_MANAGER)
GONE = "Ce lieu n'existe pas, ou votre structure ne le tient pas : choisissez-le dans la liste des lieux."


def own_organisations(request: HttpRequest) -> set[int]:
    """The organisations for which this session runs places."""
    held = set(RUNNERS) & roles_of(request)
    return {each.organisation_id for each in memberships_of(request) if Role(each.role) in held and each.organisation_id}


def own_organisation(request: HttpRequest) -> Organisation | None:
    """The one a new place belongs to: that of the structure acted from, else the only one."""
    own, current = own_organisations(request), current_membership(request)
    if current is not None and current.organisation_id in own:
        return current.organisation
    return Organisation.objects.filter(pk__in=own).first() if len(own) == 1 else None


def managed_departements(request: HttpRequest) -> set[str]:
    """The territory of a campaign manager; empty for anybody else."""
    if Role.CAMPAIGN_MANAGER not in roles_of(request):
        return set()
    return {each.departement_code for each in memberships_of(request) if each.role == Role.CAMPAIGN_MANAGER}


def places_of(request: HttpRequest) -> list[Place]:
    """The places this session runs or manages, by name."""
    found = Place.objects.select_related("location__organisation").order_by("location__name", "pk")
    managed = managed_departements(request)
    if WHOLE_COUNTRY in managed:
        return list(found)
    own = found.filter(Q(location__organisation_id__in=own_organisations(request)) | _in_territory(managed))
    return list(own)


def place_of(request: HttpRequest, place: int) -> Place:
    """A place this session runs or manages. Raises Missing."""
    return _seen(request, place, managed=True)


def place_run(request: HttpRequest, place: int) -> Place:
    """A place whose people this session receives: managing a territory is not enough. Raises Missing."""
    return _seen(request, place, managed=False)


def _seen(request: HttpRequest, place: int, *, managed: bool) -> Place:
    found = Place.objects.select_related("location__organisation").filter(pk=place).first()
    if found is None:
        raise Missing(GONE)
    territory = managed_departements(request) if managed else set()
    if found.location.organisation_id in own_organisations(request) or territory & {WHOLE_COUNTRY, _departement(found)}:
        return found
    raise Missing(GONE)


def _departement(place: Place) -> str:
    return departement_of(place.location.commune_code)


def _in_territory(departements: set[str]) -> Q:
    inside = Q(pk__in=[])
    for code in departements - {""}:
        inside |= Q(location__commune_code__startswith=code)
    return inside
