"""The waiting list, for the person on the line: told by a message when a seat is freed near them (AP-08)."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from allant import clock
from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.sign_in import actor_of
from allant.appointments import waiting
from allant.appointments.booking import BookingRefused
from allant.appointments.models import Waiting
from allant.appointments.terms import terms
from allant.campaigns.appointment_messages import can_be_told
from allant.doctrine import rules
from allant.geography import UnknownCommune, position_of
from allant.pages.inbound.offers import Search, vaccines_of
from allant.pages.inbound.on_the_line import AGENTS, on_the_line
from allant.people.models import Person

NO_TOWN = "Commune inconnue : écrivez celle où la personne peut venir, cherchez, puis inscrivez-la."
NO_ADDRESS = "Aucun mobile ni courriel n'est connu : la liste d'attente prévient par message. Proposez un créneau plus loin."
WAITS = "Inscrite en liste d'attente : un message la préviendra dès qu'une place se libère."


@requires(*AGENTS)
@require_POST
def wait_for_caller(request: HttpRequest) -> HttpResponse:
    """Put the person on the list for what the page searched; who waits already keeps their turn."""
    person = on_the_line(request)
    search = Search.read(request.POST, person)
    try:
        asked = _asked(search, person, clock.now())
        if not can_be_told(person):
            raise BookingRefused(NO_ADDRESS)
        waiting.wait_for(person, asked, by=actor_of(request).name)
    except UnknownCommune:
        messages.error(request, NO_TOWN)
    except BookingRefused as refusal:
        messages.error(request, str(refusal))
    else:
        log_request(request, LoggedAction.WRITE, "accueil téléphonique : liste d'attente", [person.pk])
        messages.success(request, WAITS)
    return redirect("inbound_caller")


@requires(*AGENTS)
@require_POST
def stop_waiting(request: HttpRequest) -> HttpResponse:
    """The person waits no more; a seat held for them meanwhile is given back by its own key."""
    person = on_the_line(request)
    if waiting.leave(person, at=clock.now()):
        log_request(request, LoggedAction.WRITE, "accueil téléphonique : liste d'attente quittée", [person.pk])
        messages.success(request, "La personne n'est plus en liste d'attente.")
    return redirect("inbound_caller")


def waits(person: Person) -> list[Waiting]:
    """What the person waits for."""
    return list(Waiting.objects.of_person(person).filter(closed_at=None).select_related("place__location"))


def _asked(search: Search, person: Person, now: datetime) -> waiting.Asked:
    if not search.commune:
        raise UnknownCommune("")
    latitude, longitude = position_of(search.commune)
    today = now.astimezone(clock.PARIS).date()
    first = max(search.day or today, today)
    return waiting.Asked(
        service=search.service, latitude=latitude, longitude=longitude, rank=search.rank, not_before=first,
        within_km=terms(rules.as_known_on(today), today).within_km, vaccines=vaccines_of(search, person, first),
    )  # fmt: skip
