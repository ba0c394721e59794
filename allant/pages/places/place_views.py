"""The places one runs, and what one says of each (AP-01)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from allant import clock
from allant.accounts.access import requires
from allant.accounts.roles import Role
from allant.accounts.sign_in import actor_of, roles_of
from allant.appointments.calendar import zone_at
from allant.appointments.models import Place, Share
from allant.appointments.places import PlaceRefused, add_place, change_place
from allant.campaigns.appointment_messages import untold
from allant.doctrine import rules
from allant.pages.places.forms import WEEKDAYS, PlaceForm
from allant.pages.places.running import ENTERERS, RUNNERS, own_organisation, own_organisations, place_of, places_of
from allant.vaccination.products import vaccine_label

TITLE = "Lieux de rendez-vous"
NO_STRUCTURE = "Choisissez d'abord la structure pour laquelle vous agissez : un lieu est tenu par une structure connue."
SHOWN_DAYS = 14


@requires(*ENTERERS)
@require_safe
def places(request: HttpRequest) -> HttpResponse:
    """The list, with what is free in the days to come."""
    found = places_of(request)
    context = {"title": TITLE, "rows": list(zip(found, _seats(found), strict=True)), "days": SHOWN_DAYS,
               "manages": Role.CAMPAIGN_MANAGER in roles_of(request)}  # fmt: skip
    return render(request, "places/places.html", context)


def _seats(found: list[Place]) -> list[dict[str, int]]:
    """Seats and free seats of each place, over the days shown."""
    now = clock.now()
    sums = {
        row["slot__place"]: row
        for row in Share.objects.filter(
            slot__place__in=found, slot__closed_at=None, slot__starts_at__gte=now,
            slot__starts_at__lt=now + timedelta(days=SHOWN_DAYS),
        ).values("slot__place").annotate(seats=Coalesce(Sum("capacity"), 0), free=Coalesce(Sum("remaining"), 0))
    }  # fmt: skip
    return [sums.get(place.pk, {"seats": 0, "free": 0}) for place in found]


@requires(*ENTERERS)
@require_http_methods(["GET", "HEAD", "POST"])
def new_place(request: HttpRequest) -> HttpResponse:
    """A new place."""
    form = _form(request, None)
    trail = [(TITLE, reverse("places"))]
    if request.method == "POST" and form.is_valid():
        organisation = form.cleaned_data.get("organisation") or own_organisation(request)
        if organisation is None and Role.CAMPAIGN_MANAGER not in roles_of(request):
            form.add_error(None, NO_STRUCTURE)
        else:
            try:
                place = add_place(form.entry, organisation=organisation, by=actor_of(request).name)
            except PlaceRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                return _done(request, place, "Lieu ajouté. Indiquez maintenant ses plages d'ouverture.")
    return _page(request, form, "Nouveau lieu", trail)


@requires(*ENTERERS)
@require_http_methods(["GET", "HEAD", "POST"])
def edit_place(request: HttpRequest, place: int) -> HttpResponse:
    """What may change without moving the place."""
    found = place_of(request, place)
    form = _form(request, found)
    if request.method == "POST" and form.is_valid():
        try:
            change_place(found, form.entry, by=actor_of(request).name)
        except PlaceRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return _done(request, found, "Lieu modifié.")
    trail = [(TITLE, reverse("places")), (found.location.name, reverse("place", args=[found.pk]))]
    return _page(request, form, "Modifier le lieu", trail)


def _form(request: HttpRequest, place: Place | None) -> PlaceForm:
    today = clock.today()
    kinds = [(row["code"], row["label"]) for row in rules.as_known_on(today).value("teleservice.places", today)]
    names = ("address", "latitude", "longitude", "phone", "opening", "accessible", "books_second")
    initial = {name: getattr(place, name) for name in names} if place else {"kind": "centre", "books_second": True}
    manager = Role.CAMPAIGN_MANAGER in roles_of(request)
    return PlaceForm(request.POST or None, kinds=kinds, place=place, manager=manager, initial=initial)


def _page(request: HttpRequest, form: PlaceForm, title: str, trail: list[tuple[str, str]]) -> HttpResponse:
    context = {"title": title, "trail": trail, "form": form, "key": "Enregistrer"}
    return render(request, "places/form.html", context, status=400 if form.errors else 200)


def _done(request: HttpRequest, place: Place, said: str) -> HttpResponse:
    messages.success(request, said)
    return redirect("place", place=place.pk)


@requires(*ENTERERS)
@require_safe
def one_place(request: HttpRequest, place: int) -> HttpResponse:
    """A place with its openings, its closures, and the days to come."""
    found = place_of(request, place)
    today = clock.today()
    book = rules.as_known_on(today)
    names, days = dict(book_audiences(today)), dict(WEEKDAYS)
    openings = [
        {
            "row": row, "day": days[row.weekday], "vaccine": vaccine_label(row.vaccine, today, book) if row.vaccine else "",
            "kept": [(names.get(code, code), seats) for code, seats in sorted(row.quotas.items())],
        }
        for row in found.schedules.exclude(ends_on__lte=today)
    ]  # fmt: skip
    context: dict[str, Any] = {
        "title": found.location.name, "trail": [(TITLE, reverse("places"))], "place": found, "openings": openings,
        "closures": found.closures.filter(ends_on__gt=today), "days": _days(found),
        "receives": bool(set(RUNNERS) & roles_of(request)) and found.location.organisation_id in own_organisations(request),
        "manages": Role.CAMPAIGN_MANAGER in roles_of(request), "to_call": untold(found, clock.now()).count(),
    }  # fmt: skip
    return render(request, "places/place.html", context)


def book_audiences(today: date) -> list[tuple[str, str]]:
    """The audiences that seats may be kept for: code and label."""
    return [(row["code"], row["label"]) for row in rules.as_known_on(today).value("appointments.audiences", today)]


def _days(place: Place) -> list[dict[str, Any]]:
    """The days to come with their slots: how many seats, how many free."""
    zone, now = zone_at(place), clock.now()
    rows = place.slots.filter(starts_at__gte=now, starts_at__lt=now + timedelta(days=SHOWN_DAYS), closed_at=None)
    by_day: dict[Any, dict[str, Any]] = {}
    for slot in rows.annotate(seats=Sum("shares__capacity"), free=Sum("shares__remaining")).order_by("starts_at"):
        day = slot.starts_at.astimezone(zone).date()
        known = by_day.setdefault(day, {"day": day, "seats": 0, "free": 0, "first": slot.starts_at.astimezone(zone)})
        known["seats"] += slot.seats or 0
        known["free"] += slot.free or 0
    return list(by_day.values())
