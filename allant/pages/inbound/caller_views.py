"""Who calls, and what was sent to them (AV-30)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from allant import clock
from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.appointments.calendar import local_start, zone_at
from allant.appointments.models import Appointment
from allant.campaigns.history import contacts_of, other_messages_of
from allant.doctrine.age import age_on
from allant.geography import UnknownCommune, communes
from allant.outreach.models import Channel, Message
from allant.pages.inbound.finding import Found, Unreadable, find_caller
from allant.pages.inbound.offers import Search, offers_for, partner_offers_for
from allant.pages.inbound.on_the_line import (
    AGENTS,
    ORIGINS,
    leave_line,
    on_the_line,
    remember_found,
    sees_campaigns,
    take_line,
)
from allant.pages.inbound.waiting_views import waits
from allant.people.models import Person

TITLE = "Accueil téléphonique"
SEARCHES = {
    "phone": "accueil téléphonique : recherche par téléphone", "code": "accueil téléphonique : recherche par code",
    "name": "accueil téléphonique : recherche par nom et date de naissance",
}  # fmt: skip
MOST_SENT = 20


@dataclass(frozen=True)
class Sent:
    """A line of what was sent: a day, the channel, what it was about (empty for who need not know), what became of it."""

    on: date
    channel: str
    about: str
    state: str


@requires(*AGENTS)
@sensitive_post_parameters("caller")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    """One field; those who may be meant. The answer has no address: it names nobody."""
    context: dict[str, Any] = {"title": TITLE, "typed": "", "error": "", "found": None, "persons": []}
    if request.method == "POST":
        try:
            found = find_caller(request.POST.get("caller", ""))
        except Unreadable as wrong:
            context |= {"error": str(wrong), "typed": request.POST.get("caller", "")[:120]}
        else:
            context |= _shown(request, found)
    return render(request, "inbound/search.html", context, status=422 if context["error"] else 200)


def _shown(request: HttpRequest, found: Found) -> dict[str, Any]:
    remember_found(request, found.persons)
    log_request(request, LoggedAction.SEARCH, SEARCHES[found.by], [person.pk for person in found.persons] or None)
    return {"found": found, "persons": [(person, commune_name(person)) for person in found.persons]}


def commune_name(person: Person) -> str:
    """Where a person lives, by name: what an agent asks to be sure of whom they speak to."""
    return _names().get(person.commune_code or "", "") or person.postcode or ""


@cache
def _names() -> dict[str, str]:
    table = communes()
    return dict(zip(table.column("code").to_pylist(), table.column("name").to_pylist(), strict=True))


@requires(*AGENTS)
@require_POST
def open_caller(request: HttpRequest) -> HttpResponse:
    """Take the line with one of those found."""
    take_line(request, request.POST.get("person", ""))
    return redirect("inbound_caller")


@requires(*AGENTS)
@never_cache
@require_safe
def caller(request: HttpRequest) -> HttpResponse:
    """The person on the line: what was sent, what is booked, what is free near them."""
    person, now = on_the_line(request), clock.now()
    log_request(request, LoggedAction.READ, "accueil téléphonique : personne en ligne", [person.pk])
    search = Search.read(request.GET, person)
    booked = _booked(person, now)
    moving = next((each for each in booked if str(each.pk) == request.GET.get("deplacer") and not each.partner_state), None)
    if moving is not None:
        search = replace(search, rank=moving.rank)
    context = {
        "title": "Personne en ligne", "trail": [(TITLE, reverse("inbound"))], "person": person, "commune": commune_name(person),
        "age": age_on(person.birth_date, clock.today()) if person.birth_date else None, "sent": sent_to(request, person),
        "booked": [(each, local_start(each.slot), _held_until(each)) for each in booked], "moving": moving,
        "moving_starts": moving and local_start(moving.slot), "waits": waits(person),
        "held": next((each for each in booked if each.confirmed_at is None and not each.partner_state), None),
        "search": search, "offers": _offers(search, person), "origins": ORIGINS.items(),
    }  # fmt: skip
    return render(request, "inbound/caller.html", context)


def _booked(person: Person, now: datetime) -> list[Appointment]:
    """What is to come, a hold past its time left out: the sweep is about to give it back."""
    found = Appointment.objects.open().of_person(person).filter(slot__starts_at__gte=now)
    found = found.exclude(confirmed_at=None, partner_state="", held_until__lte=now)
    return list(found.select_related("slot__place__location").order_by("slot__starts_at"))


def _held_until(each: Appointment) -> datetime | None:
    """Until when a seat is kept, by the clock of its place."""
    return each.held_until.astimezone(zone_at(each.slot.place)) if each.held_until else None


def _offers(search: Search, person: Person) -> Any:
    try:
        return offers_for(search, person, clock.now())
    except UnknownCommune:
        return None


@requires(*AGENTS)
@never_cache
@require_safe
def partner_hours(request: HttpRequest) -> HttpResponse:
    """The free hours of partners' places, apart: a slow partner never delays the caller's page (AP-06)."""
    person = on_the_line(request)
    log_request(request, LoggedAction.READ, "accueil téléphonique : créneaux des partenaires", [person.pk])
    search = Search.read(request.GET, person)
    try:
        offers = partner_offers_for(search, person, clock.now())
    except UnknownCommune:
        offers = []
    context = {
        "title": "Créneaux des partenaires", "person": person, "offers": offers, "search": search, "moving": None,
        "trail": [(TITLE, reverse("inbound")), ("Personne en ligne", reverse("inbound_caller"))],
    }  # fmt: skip
    return render(request, "inbound/partners.html", context)


@requires(*AGENTS)
@require_POST
def hang_up(request: HttpRequest) -> HttpResponse:
    """The call is over: the session forgets the person."""
    leave_line(request)
    request.access_logged = True  # type: ignore[attr-defined]  # nothing of a person is read
    return redirect("inbound")


def sent_to(request: HttpRequest, person: Person) -> list[Sent]:
    """What was sent to a person, the last first. A campaign is named to its agents; a medical one to nobody here."""
    titled = sees_campaigns(request)
    lines = [
        _line(message, contact.campaign.title if titled and not contact.campaign.medical else "")
        for contact in contacts_of(person) for message in contact.messages
    ]  # fmt: skip
    lines += [_line(message, "") for message in other_messages_of(person)]
    return sorted(lines, key=lambda line: line.on, reverse=True)[:MOST_SENT]


def _line(message: Message, about: str) -> Sent:
    on = message.sent_at.astimezone(clock.PARIS).date() if message.sent_at else message.created_on
    return Sent(on, str(Channel(message.channel).label), about, message.get_status_display())
