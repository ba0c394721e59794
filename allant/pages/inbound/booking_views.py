"""Booking for the person on the line, with where their call came from (AV-30), and cancelling."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import Any

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
from allant.appointments.booking import Booking, BookingRefused, book
from allant.appointments.calendar import local_start
from allant.appointments.ending import end
from allant.appointments.models import Appointment, End, Slot
from allant.campaigns.history import contacts_of
from allant.doctrine import rules
from allant.pages.base.errors import Missing
from allant.pages.inbound.offers import AUDIENCE, fits
from allant.pages.inbound.on_the_line import AGENTS, ORIGINS, on_the_line
from allant.people.models import Person
from allant.vaccination.products import vaccine_label

NO_SLOT = "Ce créneau n'existe plus : proposez-en un autre."
NO_ORIGIN = "Dites d'où vient l'appel : la personne a-t-elle reçu un SMS, un message vocal, appelé le 3646 ?"
WRONG_AGE = "Le vaccin de ce créneau n'est pas proposé à l'âge de cette personne : proposez un autre créneau."
DEAD = "Le décès de cette personne est connu de l'état civil : vérifiez que vous avez ouvert la bonne personne."
NOT_HERS = "Ce rendez-vous n'est pas à venir pour la personne en ligne : rechargez sa page."


@requires(*AGENTS)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def book_for_caller(request: HttpRequest, slot: int) -> HttpResponse:
    """The slot to read out, the origin of the call to tick; one key books. Sent twice, it books once."""
    person = on_the_line(request)
    chosen = Slot.objects.select_related("place__location").filter(pk=slot, closed_at=None, place__partner="").first()
    if chosen is None:
        raise Missing(NO_SLOT)
    if request.method != "POST":
        return _page(request, chosen, person, key=str(uuid.uuid4()), rank=_rank(request.GET.get("rank")))
    refusal, status = _refusal(request, chosen, person), HTTPStatus.BAD_REQUEST
    if not refusal:
        try:
            made = book(_booking(request, chosen, person), by=actor_of(request).name)
        except BookingRefused as reason:
            refusal, status = str(reason), HTTPStatus.CONFLICT
        else:
            return _booked(request, made, person)
    key = request.POST.get("key", "")[:36]
    return _page(request, chosen, person, key=key, rank=_rank(request.POST.get("rank")), refusal=refusal, status=status)


def _refusal(request: HttpRequest, slot: Slot, person: Person) -> str:
    if request.POST.get("origin") not in ORIGINS:
        return NO_ORIGIN
    try:
        uuid.UUID(request.POST.get("key", ""))
    except ValueError:
        return "Cette page a expiré : choisissez de nouveau le créneau."
    if person.died_on is not None:
        return DEAD
    return "" if fits(slot, person) else WRONG_AGE


def _booking(request: HttpRequest, slot: Slot, person: Person) -> Booking:
    invited = contacts_of(person)
    invitation = next((each for contact in invited if contact.revoked_at is None for each in contact.messages[:1]), None)
    return Booking(
        slot_id=slot.pk, key=f"inbound-{request.POST['key']}", origin=request.POST["origin"], audience=AUDIENCE, person=person,
        rank=_rank(request.POST.get("rank")), cause=("invitation", invitation.cause_id) if invitation else None,
    )  # fmt: skip


def _booked(request: HttpRequest, made: Appointment, person: Person) -> HttpResponse:
    log_request(request, LoggedAction.WRITE, "accueil téléphonique : rendez-vous pris", [person.pk])
    when, place = local_start(made.slot), made.slot.place
    where = f"{place.location.name}, {place.location.postcode}"
    said = f"Rendez-vous pris : relisez à la personne « {when:%d/%m/%Y à %H:%M}, {where} »."
    if made.slot.vaccine and made.rank == 1 and not place.books_second:
        said += " Dites-lui que le lieu prendra lui-même le second rendez-vous."
    messages.success(request, said)
    return redirect("inbound_caller")


@requires(*AGENTS)
@require_POST
def cancel_for_caller(request: HttpRequest, appointment: int) -> HttpResponse:
    """Give the seat back, at the person's word."""
    person = on_the_line(request)
    found = Appointment.objects.open().of_person(person).filter(pk=appointment, slot__starts_at__gt=clock.now()).first()
    if found is None or found.partner_state:
        raise Missing(NOT_HERS)
    end(found, End.CANCELLED, by=actor_of(request).name)
    log_request(request, LoggedAction.WRITE, "accueil téléphonique : rendez-vous annulé", [person.pk])
    messages.success(request, "Rendez-vous annulé ; la place est de nouveau libre.")
    return redirect("inbound_caller")


def _rank(typed: str | None) -> int:
    return 2 if typed == "2" else 1


def _page(
    request: HttpRequest, slot: Slot, person: Person, *, key: str, rank: int, refusal: str = "", status: int = HTTPStatus.OK
) -> HttpResponse:
    log_request(request, LoggedAction.READ, "accueil téléphonique : créneau proposé", [person.pk])
    today = clock.today()
    context: dict[str, Any] = {
        "title": "Prendre ce rendez-vous", "slot": slot, "starts": local_start(slot), "person": person, "key": key, "rank": rank,
        "refusal": refusal, "origins": ORIGINS.items(), "chosen": request.POST.get("origin", ""),
        "vaccine": vaccine_label(slot.vaccine, today, rules.as_known_on(today)) if slot.vaccine else "",
        "trail": [("Accueil téléphonique", reverse("inbound")), ("Personne en ligne", reverse("inbound_caller"))],
    }  # fmt: skip
    return render(request, "inbound/book.html", context, status=status)
