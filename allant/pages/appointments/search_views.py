"""The search for a free slot near a town, without account (AP-03, AP-12)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from allant import clock
from allant.accounts.access import public
from allant.appointments.calendar import local_start
from allant.appointments.models import Place, Service, Slot
from allant.appointments.querysets import Offer, Wish
from allant.appointments.terms import Terms, terms
from allant.doctrine import rules
from allant.geography import Place as Town
from allant.geography import UnknownCommune, find, position_of
from allant.pages.appointments.forms import SearchForm
from allant.vaccination.products import allowed_at, vaccine_label

TITLE = "Prendre un rendez-vous de vaccination"
ORIGINS = {"sms": "sms", "courrier": "letter"}
"What the link of a message says of where the visitor comes from."
MOST_PLACES, HOURS_A_PLACE = 8, 4
EVERYBODY = ""


@dataclass(frozen=True)
class Nearby:
    """A place with its first free hours, as the page shows it."""

    place: Place
    km: float
    hours: list[dict[str, Any]]


@public
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """The form, and the nearest free hours once a town is chosen."""
    form = SearchForm(request.GET if request.GET else None)
    context: dict[str, Any] = {
        "title": TITLE, "form": form, "towns": [], "town": None, "nearby": None, "searched": False, "origin": _origin(request),
        "until": None, "moving": request.GET.get("deplacer", "")[:80],
    }  # fmt: skip
    if request.GET and form.is_valid():
        context["towns"] = towns = _towns(form.cleaned_data)
        context["searched"] = bool(form.cleaned_data["town"] or form.cleaned_data["commune"])
        if len(towns) == 1:
            context |= _found(towns[0], form.cleaned_data)
    return render(request, "appointments/search.html", context)


def _origin(request: HttpRequest) -> str:
    return ORIGINS.get(request.GET.get("o", ""), "self")


def _towns(asked: dict[str, Any]) -> list[Town]:
    """The communes that the words may mean, each once; the one chosen in the list when there was a choice."""
    typed = asked["town"].strip()
    found = find(typed, 20) if len(typed) >= 2 else []
    if asked["commune"]:
        found = [each for each in found if each.code == asked["commune"]]
    return list({each.code: each for each in reversed(found)}.values())[::-1]


def _found(town: Town, asked: dict[str, Any]) -> dict[str, Any]:
    today, now = clock.today(), clock.now()
    book = rules.as_known_on(today)
    allowed = terms(book, today)
    first = max(asked["day"] or today, today)
    not_before = max(datetime.combine(first, time(), clock.PARIS), now)
    until = datetime.combine(today + allowed.search, time(), clock.PARIS)
    try:
        latitude, longitude = position_of(town.code)
    except UnknownCommune:
        return {"town": town, "nearby": [], "until": until}
    wish = Wish(
        service=str(Service.VACCINATION), latitude=latitude, longitude=longitude, not_before=not_before, until=until,
        audience=EVERYBODY, today=today, vaccines=vaccines_for(asked["age"], first), accessible=asked["accessible"],
    )  # fmt: skip
    offers = Slot.objects.nearest(wish, most=MOST_PLACES * HOURS_A_PLACE, a_place=HOURS_A_PLACE)
    return {"town": town, "nearby": _by_place(offers, today), "until": until}


def vaccines_for(age: int | None, on: date) -> tuple[str, ...]:
    """The vaccines that the doctrine of a day gives at an age; none named when the age is not said."""
    if age is None:
        return ()
    return allowed_at(age, on, rules.as_known_on(on)) or ("none",)


def _by_place(offers: list[Offer], today: date) -> list[Nearby]:
    book = rules.as_known_on(today)
    places = Place.objects.select_related("location").in_bulk({offer.place_id for offer in offers})
    slots = Slot.objects.select_related("place__location").in_bulk([offer.slot_id for offer in offers])
    return [
        Nearby(places[place], km, [
            {"slot": slots[offer.slot_id], "starts": local_start(slots[offer.slot_id]), "seats": offer.seats,
             "vaccine": vaccine_label(offer.vaccine, today, book)} for offer in group
        ])
        for (place, km), group in groupby(offers, key=lambda offer: (offer.place_id, offer.km))
    ]  # fmt: skip


def terms_today() -> Terms:
    """The terms of appointments today."""
    today = clock.today()
    return terms(rules.as_known_on(today), today)
