"""An appointment of the person on the line: a held one confirmed, moved, given back (AV-30, AV-40, AP-08).

A letter's slot is found by the code that the caller reads out; the person is told of each change like of any other.
"""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from allant import clock
from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.sign_in import actor_of
from allant.appointments import cancelling
from allant.appointments.booking import Booking, BookingRefused, confirm, move
from allant.appointments.calendar import local_start
from allant.appointments.models import Appointment, Slot
from allant.campaigns.appointment_messages import told_of
from allant.doctrine import rules
from allant.pages.base.errors import Missing
from allant.pages.inbound.offers import AUDIENCE
from allant.pages.inbound.on_the_line import AGENTS, on_the_line
from allant.people.models import Person
from allant.vaccination.second_appointment import why_not_moved

NOT_HERS = "Ce rendez-vous n'est pas à venir pour la personne en ligne : rechargez sa page."
NO_SLOT = "Ce créneau n'existe plus : proposez-en un autre."


def told(appointment: Appointment) -> str:
    """What the agent says of the message that leaves, or that nothing can."""
    channel = told_of(appointment)
    if channel is None:
        return " Aucun message ne part : faites noter le rendez-vous, puis faites-le relire."
    return f" La confirmation part par {channel}."


@requires(*AGENTS)
@require_POST
def confirm_for_caller(request: HttpRequest, appointment: int) -> HttpResponse:
    """One key takes the seat held for the person, with the second injection held with it; twice is once."""
    person = on_the_line(request)
    found = _hers(person, appointment)
    try:
        kept = confirm(found, by=actor_of(request).name)
    except BookingRefused as refusal:
        messages.error(request, str(refusal))
    else:
        log_request(request, LoggedAction.WRITE, "accueil téléphonique : rendez-vous gardé, confirmé", [person.pk])
        messages.success(request, f"Rendez-vous confirmé : relisez à la personne « {spoken(found)} ».{told(kept)}")
    return redirect("inbound_caller")


@requires(*AGENTS)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def move_for_caller(request: HttpRequest, appointment: int, slot: int) -> HttpResponse:
    """Another hour in place of this one, which is given back once the new one is taken; sent twice, it moves once."""
    person = on_the_line(request)
    found, book = _hers(person, appointment, over_too=True), rules.as_known_on(clock.today())
    chosen = Slot.objects.select_related("place__location").filter(pk=slot, closed_at=None, place__partner="").first()
    if chosen is None:
        raise Missing(NO_SLOT)
    refusal = why_not_moved(found, chosen, book)
    if request.method == "POST" and not refusal:
        wanted = Booking(
            slot_id=chosen.pk, key=f"move-{found.pk}-{chosen.pk}", origin=found.origin, audience=AUDIENCE, person=found.person,
            rank=found.rank, cause=(found.cause_kind, found.cause_id) if found.cause_id else None, first_id=found.first_id,
        )  # fmt: skip
        try:
            moved = move(found, wanted, by=actor_of(request).name)
        except BookingRefused as reason:
            refusal = str(reason)
        else:
            log_request(request, LoggedAction.WRITE, "accueil téléphonique : rendez-vous déplacé", [person.pk])
            messages.success(request, f"Rendez-vous déplacé : relisez à la personne « {spoken(moved)} ».{told(moved)}")
            return redirect("inbound_caller")
    log_request(request, LoggedAction.READ, "accueil téléphonique : créneau proposé", [person.pk])
    context = {
        "title": "Déplacer à cette heure", "person": person, "appointment": found, "starts": local_start(found.slot),
        "slot": chosen, "new_starts": local_start(chosen), "refusal": refusal,
        "trail": [("Accueil téléphonique", reverse("inbound")), ("Personne en ligne", reverse("inbound_caller"))],
    }  # fmt: skip
    return render(request, "inbound/move.html", context, status=HTTPStatus.CONFLICT if refusal else HTTPStatus.OK)


@requires(*AGENTS)
@require_POST
def cancel_for_caller(request: HttpRequest, appointment: int) -> HttpResponse:
    """Give the seat back, and that of the second injection chained to it, at the person's word."""
    person = on_the_line(request)
    found = _hers(person, appointment, partners_too=True)
    cancelling.cancel(found, by=actor_of(request).name)
    log_request(request, LoggedAction.WRITE, "accueil téléphonique : rendez-vous annulé", [person.pk])
    messages.success(request, "Rendez-vous annulé ; la place est de nouveau libre.")
    return redirect("inbound_caller")


def _hers(person: Person, appointment: int, *, over_too: bool = False, partners_too: bool = False) -> Appointment:
    """An appointment to come of the person on the line, in our own calendar unless told otherwise. Raises Missing."""
    coming = Appointment.objects.of_person(person).filter(pk=appointment, slot__starts_at__gt=clock.now())
    coming = coming if over_too else coming.open()
    coming = coming if partners_too else coming.filter(partner_state="")
    found = coming.select_related("slot__place__location", "person").first()
    if found is None:
        raise Missing(NOT_HERS)
    return found


def spoken(appointment: Appointment) -> str:
    """An appointment as the agent reads it out, with the second injection chained to it."""
    where = appointment.slot.place.location
    said = f"{local_start(appointment.slot):%d/%m/%Y à %H:%M}, {where.name}, {where.postcode}"
    for each in appointment.chained.filter(ended_at=None).select_related("slot__place__location"):
        said += f" ; seconde injection le {local_start(each.slot):%d/%m/%Y à %H:%M}"
    return said
