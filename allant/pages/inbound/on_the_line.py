"""Who is on the line, in the session: found by a search of this account, within its territory, and forgotten at the end."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import Role
from allant.accounts.sign_in import covers, roles_of
from allant.appointments.models import Origin
from allant.pages.base.errors import Missing
from allant.people.models import Person

AGENTS = (Role.PLATFORM_AGENT, Role.FRONT_DESK_AGENT, Role.CALL_AGENT)
ORIGINS = {
    str(each): str(each.label)
    for each in (Origin.INBOUND_SMS, Origin.INBOUND_VOICEMAIL, Origin.INBOUND_3646, Origin.INBOUND, Origin.DESK)
}
FOUND_KEY, LINE_KEY = "allant_inbound_found", "allant_inbound_line"
NOBODY = "Personne n'est en ligne dans votre session : cherchez la personne qui appelle."


def remember_found(request: HttpRequest, persons: Iterable[Person]) -> None:
    """The persons that the last search showed: no other may be opened."""
    request.session[FOUND_KEY] = [person.pk for person in persons]


def take_line(request: HttpRequest, typed: str) -> Person:
    """Open one of those found. Raises Missing, and PermissionDenied outside the territory."""
    found = request.session.get(FOUND_KEY, [])
    if typed not in map(str, found):
        raise Missing("Cette personne n'est pas dans le résultat de votre dernière recherche : cherchez-la de nouveau.")
    person = _standing(int(typed))
    if not any(covers(request, role, person.departement_code) for role in AGENTS):
        log_request(request, LoggedAction.REFUSED, "personne d'un autre département", [person.pk])
        raise PermissionDenied("Cette personne ne réside pas dans le territoire de votre structure : adressez-vous à sa caisse.")
    request.session[LINE_KEY] = person.pk
    return person


def on_the_line(request: HttpRequest) -> Person:
    """The person now on the line. Raises Missing."""
    key = request.session.get(LINE_KEY)
    if key is None:
        raise Missing(NOBODY)
    return _standing(key)


def leave_line(request: HttpRequest) -> None:
    """Nobody is on the line any more."""
    request.session.pop(LINE_KEY, None)
    request.session.pop(FOUND_KEY, None)


def sees_campaigns(request: HttpRequest) -> bool:
    """Whether this session reads which campaign wrote: the State's platform sees only what the call needs."""
    return bool({Role.FRONT_DESK_AGENT, Role.CALL_AGENT} & roles_of(request))


def _standing(key: int) -> Person:
    person: Person | None = Person.objects.select_related("merged_into").filter(pk=key).first()
    if person is None:
        raise Missing(NOBODY)
    return person.merged_into or person
