"""The weekly openings of a place, what they keep for whom, and its closures (AP-01, AP-02)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from allant import clock
from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import Role
from allant.accounts.sign_in import actor_of
from allant.appointments.models import Appointment, Place, Schedule
from allant.appointments.places import (
    PlaceRefused,
    add_opening,
    booked_after,
    booked_between,
    close_days,
    end_opening,
    make_ahead,
    reserve,
)
from allant.campaigns.appointment_messages import untold
from allant.doctrine import rules
from allant.pages.base.errors import Missing
from allant.pages.places.forms import ClosureForm, EndForm, OpeningForm, QuotaForm
from allant.pages.places.place_views import TITLE, book_audiences
from allant.pages.places.running import ENTERERS, place_of

NO_OPENING = "Cette plage n'existe pas ou n'est plus en vigueur : revenez à la page du lieu."


@requires(*ENTERERS)
@require_http_methods(["GET", "HEAD", "POST"])
def new_opening(request: HttpRequest, place: int) -> HttpResponse:
    """A weekly opening; its slots are made at once for the weeks to come."""
    found, today = place_of(request, place), clock.today()
    book = rules.as_known_on(today)
    form = OpeningForm(request.POST or None, today=today, book=book, kind=found.location.kind)
    if request.method == "POST" and form.is_valid():
        try:
            add_opening(found, form.entry, by=actor_of(request).name)
        except PlaceRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            made = make_ahead(today, book, [found])
            messages.success(request, f"Plage ajoutée : {made} créneaux créés pour les semaines à venir.")
            return redirect("place", place=found.pk)
    return _page(request, found, form, "Nouvelle plage d'ouverture")


@requires(Role.CAMPAIGN_MANAGER)
@require_http_methods(["GET", "HEAD", "POST"])
def reserve_seats(request: HttpRequest, place: int, schedule: int) -> HttpResponse:
    """What each slot of an opening keeps for whom."""
    found, today = place_of(request, place), clock.today()
    opening = _opening(found, schedule, today)
    form = QuotaForm(request.POST or None, schedule=opening, audiences=book_audiences(today))
    if request.method == "POST" and form.is_valid():
        release, book = form.cleaned_data["release_days"], rules.as_known_on(today)
        try:
            changed = reserve(opening, form.quotas, release, by=actor_of(request).name, book=book)
        except PlaceRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"Places réservées enregistrées : {changed} créneaux libres refaits ; les autres restent.")
            return redirect("place", place=found.pk)
    said = f"Un créneau de cette plage a {opening.capacity} places."
    return _page(request, found, form, "Réserver des places", said)


@requires(*ENTERERS)
@require_http_methods(["GET", "HEAD", "POST"])
def stop_opening(request: HttpRequest, place: int, schedule: int) -> HttpResponse:
    """An opening ends on a day; those who had an appointment later on are counted first."""
    found, today = place_of(request, place), clock.today()
    opening = _opening(found, schedule, today)
    form = EndForm(request.POST or None, initial={"on": today + timedelta(days=1)})
    if request.method == "POST" and form.is_valid():
        entry = form.cleaned_data
        if (later := booked_after(opening, entry["on"])) and "confirm" not in request.POST:
            return _page(request, found, form, "Arrêter une plage", concerned=later)
        ended = end_opening(opening, entry["on"], by=actor_of(request).name, reason=entry["reason"])
        return _closed(request, found, ended, "Plage arrêtée.")
    return _page(request, found, form, "Arrêter une plage")


@requires(*ENTERERS)
@require_http_methods(["GET", "HEAD", "POST"])
def new_closure(request: HttpRequest, place: int) -> HttpResponse:
    """Days on which the place is closed; those who had an appointment then are counted first."""
    found = place_of(request, place)
    form = ClosureForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        first, last = form.cleaned_data["first"], form.cleaned_data["last"] + timedelta(days=1)
        if (concerned := booked_between(found, first, last)) and "confirm" not in request.POST:
            return _page(request, found, form, "Fermer le lieu", concerned=concerned)
        reason = form.cleaned_data["reason"]
        _, ended = close_days(found, first, last, by=actor_of(request).name, reason=reason)
        return _closed(request, found, ended, "Fermeture enregistrée.")
    return _page(request, found, form, "Fermer le lieu")


@requires(*ENTERERS)
@require_POST
def make_more(request: HttpRequest, place: int) -> HttpResponse:
    """Make the slots of the weeks to come now, without waiting for the night."""
    found, today = place_of(request, place), clock.today()
    made = make_ahead(today, rules.as_known_on(today), [found])
    messages.success(request, f"{made} créneaux créés." if made else "Tous les créneaux des semaines à venir existent déjà.")
    return redirect("place", place=found.pk)


def _closed(request: HttpRequest, place: Place, ended: list[int], said: str) -> HttpResponse:
    concerned = Appointment.objects.filter(pk__in=ended, person__isnull=False).values_list("person_id", flat=True)
    if ended:
        log_request(request, LoggedAction.WRITE, "rendez-vous annulés par la fermeture d'un lieu", list(concerned) or None)
        alone = untold(place, clock.now()).filter(pk__in=ended).count()
        told = f"{said} Rendez-vous annulés : {len(ended)}, dont {len(ended) - alone} prévenus par message."
        messages.warning(request, f"{told} Reste à appeler : {alone}." if alone else told)
    else:
        messages.success(request, said)
    return redirect("place", place=place.pk)


def _opening(place: Place, schedule: int, today: date) -> Schedule:
    found = place.schedules.select_related("place__location").filter(pk=schedule).exclude(ends_on__lte=today).first()
    if found is None:
        raise Missing(NO_OPENING)
    return found


def _page(
    request: HttpRequest, place: Place, form: forms.Form, title: str, said: str = "", concerned: int = 0
) -> HttpResponse:
    context: dict[str, Any] = {
        "title": title, "form": form, "said": said, "concerned": concerned, "key": "Enregistrer",
        "trail": [(TITLE, reverse("places")), (place.location.name, reverse("place", args=[place.pk]))],
    }  # fmt: skip
    return render(request, "places/form.html", context, status=400 if form.errors else 200)
