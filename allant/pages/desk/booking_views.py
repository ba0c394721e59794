"""Booking without leaving the call (AV-23, AV-24): our slots and the partners', then the confirmation."""

from __future__ import annotations

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from allant import clock
from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.sign_in import actor_of
from allant.appointments.booking import BookingRefused
from allant.appointments.connector import PartnerDown
from allant.appointments.models import Appointment, PartnerState
from allant.campaigns.desk import booking, taking
from allant.pages.desk.agent_views import PURPOSE, TITLE, _in_hand
from allant.pages.desk.offers import COVID, near_partners, partner_slot
from allant.pages.desk.scope import AGENTS

UNSURE = (
    "Le partenaire n’a pas répondu : dites que le rendez-vous n’est pas encore sûr, et que la personne sera prévenue. "
    "Ne prenez pas un second rendez-vous."
)
DOWN = "Le partenaire ne répond pas : rien n’est pris. Choisissez un autre lieu."


@requires(*AGENTS)
@require_POST
def take_slot(request: HttpRequest) -> HttpResponse:
    """One key of the page: an hour, with its second injection when there is one."""
    if (call := _in_hand(request)) is None:
        return redirect("desk")
    try:
        made = _booked(request, call.pk)
    except (taking.CallRefused, BookingRefused) as refusal:
        messages.error(request, str(refusal))
    except PartnerDown:
        messages.error(request, DOWN)
    except (signing.BadSignature, ValueError):
        messages.error(request, "Ce créneau n’existe plus : choisissez-en un autre.")
    else:
        log_request(request, LoggedAction.WRITE, "rendez-vous pris pendant un appel", [call.person_id])
        if made.partner_state in (PartnerState.ASKED, PartnerState.UNKNOWN):
            messages.warning(request, UNSURE)
    return redirect("desk_call")


def _booked(request: HttpRequest, call: int) -> Appointment:
    by, now = actor_of(request), clock.now()
    if token := request.POST.get("partner", ""):
        place, slot = partner_slot(token)
        return booking.book_there(call_id=call, place=place, slot=slot, by=by, at=now)
    second = request.POST.get("second", "")
    made = booking.book_here(
        call_id=call, slot_id=int(request.POST.get("slot", "")), second_slot_id=int(second) if second else None, by=by, at=now
    )
    return made[0]


@requires(*AGENTS)
@require_POST
def cancel(request: HttpRequest) -> HttpResponse:
    """The person changed their mind: the seats are given back."""
    if (call := _in_hand(request)) is None:
        return redirect("desk")
    booking.unbook(call_id=call.pk, by=actor_of(request), at=clock.now())
    log_request(request, LoggedAction.WRITE, "rendez-vous annulé pendant un appel", [call.person_id])
    return redirect("desk_call")


@requires(*AGENTS)
@require_POST
def confirmation(request: HttpRequest) -> HttpResponse:
    """By e-mail, by SMS, the person's or a relative's, or noted by the person and read back."""
    if (call := _in_hand(request)) is None:
        return redirect("desk")
    relative = request.POST.get("relative", "").strip()[:254]
    written = "email" if "@" in relative else "sms"
    how = booking.Confirmation(written, relative) if relative else booking.Confirmation(request.POST.get("how", ""))
    try:
        booking.confirm(call_id=call.pk, how=how, by=actor_of(request), at=clock.now())
    except taking.CallRefused as refusal:
        messages.error(request, str(refusal))
    else:
        log_request(request, LoggedAction.WRITE, "confirmation d'un rendez-vous", [call.person_id])
    return redirect("desk_call")


@requires(*AGENTS)
@never_cache
@require_safe
def partner_slots(request: HttpRequest) -> HttpResponse:
    """The partners' free hours, apart: a slow partner never delays the call. Scripts put them in the call's page."""
    call = taking.current_call(actor_of(request))
    if call is None:
        return redirect("desk")
    log_request(request, LoggedAction.READ, PURPOSE, [call.person_id])
    found = near_partners(call.person, clock.now()) if call.campaign.programme == COVID else []
    context = {"title": f"{TITLE} : créneaux des partenaires", "call": call, "nearby": found}
    return render(request, "desk/_partners.html" if "fragment" in request.GET else "desk/partners.html", context)
