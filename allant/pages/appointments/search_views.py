"""The search for a free slot near a town, without account (AP-03, AP-12)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from allant import clock
from allant.accounts.access import public
from allant.appointments import partner_offers
from allant.appointments.calendar import local_start
from allant.appointments.models import Place, Service, Slot
from allant.appointments.querysets import Offer, Wish
from allant.appointments.terms import Terms, terms
from allant.doctrine import RuleBook, rules
from allant.geography import Place as Town
from allant.geography import UnknownCommune, find, position_of
from allant.pages.appointments.forms import SearchForm
from allant.vaccination.products import allowed_at, allowed_between, vaccine_label

TITLE = "Prendre un rendez-vous de vaccination"
ORIGINS = {"sms": "sms", "courrier": "letter"}
"What the link of a message says of where the visitor comes from."
MOST_PLACES, HOURS_A_PLACE, MOST_PARTNERS = 8, 4, 4
EVERYBODY = ""


@dataclass(frozen=True)
class Nearby:
    """A place with its first free hours, as the page shows it; `known`: False when its partner did not answer (AP-06)."""

    place: Place
    km: float
    hours: list[dict[str, Any]]
    known: bool = True


@public
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """The form, and the nearest free hours once a town is chosen."""
    form = SearchForm(request.GET if request.GET else None)
    context: dict[str, Any] = {
        "title": TITLE, "form": form, "towns": [], "town": None, "nearby": None, "searched": False, "origin": _origin(request),
        "until": None, "unknown": False, "moving": request.GET.get("deplacer", "")[:80],
    }  # fmt: skip
    if request.GET and form.is_valid():
        context["towns"] = towns = _towns(form.cleaned_data)
        context["searched"] = bool(form.cleaned_data["town"] or form.cleaned_data["commune"])
        if len(towns) == 1:
            context |= _found(towns[0], {**form.cleaned_data, "moving": context["moving"]})
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
    first = max(asked["day"] or today, today)
    last = min(asked["last"] or date.max, max(first, today + terms(book, today).search))
    not_before = max(datetime.combine(first, time(), clock.PARIS), now)
    until = datetime.combine(last + timedelta(days=1), time(), clock.PARIS)
    try:
        position = position_of(town.code)
    except UnknownCommune:
        return {"town": town, "nearby": [], "until": last, "unknown": False}
    periods = _periods(asked["age"], first, last)
    wish = Wish(
        service=str(Service.VACCINATION), latitude=position[0], longitude=position[1], not_before=not_before, until=until,
        audience=EVERYBODY, today=today, periods=periods, accessible=asked["accessible"],
    )  # fmt: skip
    offers = Slot.objects.nearest(wish, most=MOST_PLACES * HOURS_A_PLACE, a_place=HOURS_A_PLACE)
    partners = [] if asked["moving"] else partner_offers.near(
        position, not_before, until, today, most=MOST_PARTNERS, hours=HOURS_A_PLACE, vaccines={code for code, *_ in periods},
        accessible=asked["accessible"],
    )  # fmt: skip
    partners = [each for each in partners if each.km <= terms(book, today).within_km]
    nearby = _by_place(offers, today) + [_at_partner(each, today, book) for each in partners]
    nearby = sorted((each for each in nearby if each.hours or not each.known), key=lambda each: (each.km, each.place.pk))
    return {"town": town, "nearby": nearby, "until": last, "unknown": any(not each.known for each in nearby)}


def _periods(age: int | None, first: date, last: date) -> tuple[tuple[str, date, date], ...]:
    """The vaccines that the doctrine gives at an age, each on its days; none named when the age is not said."""
    if age is None:
        return ()
    nothing = (("none", first, last),)
    return allowed_between(age, first, last + timedelta(days=1), rules.as_known_on(clock.today())) or nothing


def _at_partner(found: partner_offers.PartnerPlace, today: date, book: RuleBook) -> Nearby:
    hours = [
        {"token": partner_offers.token_for(found.place, each), "vaccine": vaccine_label(each.vaccine, today, book),
         "starts": local_start(Slot(place=found.place, starts_at=each.starts_at))}
        for each in found.slots or ()
    ]  # fmt: skip
    return Nearby(found.place, found.km, hours, known=found.slots is not None)


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
