"""The feed of booking partners: how each answers, what it left unknown, and its reconciliation (AP-06)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from allant import clock
from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import Role
from allant.accounts.sign_in import roles_of
from allant.appointments.calendar import local_start
from allant.appointments.feeds import states, unsettled
from allant.appointments.partners import settle
from allant.pages.places.place_views import TITLE

SHOWN = 100
LABELS = {
    "answers": ("success", "répond"), "silent": ("error", "ne répond pas"), "never": ("info", "pas encore interrogé"),
    "unnamed": ("warning", "sans adresse : à configurer"),
}  # fmt: skip
SAID = {"booked": "pris", "cancelled": "annulés", "refused": "non pris", "unknown": "encore inconnus", "to_cancel": "à annuler"}
READERS = (Role.CAMPAIGN_MANAGER, Role.ADMINISTRATOR)


@requires(*READERS)
@require_safe
def partners(request: HttpRequest) -> HttpResponse:
    """Every partner with its last exchange, and the bookings whose fate is not known. No person is named."""
    waiting = list(unsettled()[:SHOWN])
    context = {
        "title": "Partenaires de rendez-vous",
        "trail": [(TITLE, reverse("places"))] if Role.CAMPAIGN_MANAGER in roles_of(request) else [],
        "rows": [(each, *LABELS[each.state]) for each in states()],
        "waiting": [(each, local_start(each.slot)) for each in waiting], "more": len(waiting) == SHOWN,
    }  # fmt: skip
    return render(request, "places/partners.html", context)


@requires(*READERS)
@require_POST
def settle_now(request: HttpRequest) -> HttpResponse:
    """Ask the partners now what became of them, without waiting for the round."""
    done = settle(at=clock.now())
    log_request(request, LoggedAction.WRITE, "rendez-vous des partenaires réconciliés", subject_kind="partner")
    text = ", ".join(f"{count} {SAID.get(state, state)}" for state, count in sorted(done.items()))
    messages.success(request, f"Réconciliation : {text}." if done else "Rien à réconcilier.")
    return redirect("booking_partners")
