"""Whose appointment the place ended and no message tells (AP-08)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from allant import clock
from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.appointments.calendar import local_start
from allant.campaigns.appointment_messages import untold
from allant.pages.places.place_views import TITLE
from allant.pages.places.running import RUNNERS, place_run
from allant.people.models import ContactPoint


@requires(*RUNNERS)
@never_cache
@require_safe
def to_tell(request: HttpRequest, place: int) -> HttpResponse:
    """Whose appointment the place ended and no message tells: to be called."""
    found = place_run(request, place)
    rows = list(untold(found, clock.now()))
    people = [each.person_id for each in rows if each.person_id]
    log_request(request, LoggedAction.READ, "personnes à prévenir d'une fermeture", people or None)
    phones: dict[int, str] = {}
    for point in ContactPoint.objects.filter(person__in=people, kind__in=("landline", "mobile"), invalid_since=None):
        phones.setdefault(point.person_id, point.value)
    context = {
        "title": "Personnes à prévenir", "place": found,
        "rows": [
            (each, local_start(each.slot), each.person or getattr(each, "guest", None), phones.get(each.person_id or 0, ""))
            for each in rows
        ],
        "trail": [(TITLE, reverse("places")), (found.location.name, reverse("place", args=[found.pk]))],
    }  # fmt: skip
    return render(request, "places/to_tell.html", context)
