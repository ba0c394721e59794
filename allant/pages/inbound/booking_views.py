"""Booking for the person on the line, with where their call came from (AV-30); both injections where the place allows (AP-05)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from allant import clock
from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.sign_in import actor_of
from allant.appointments import partner_offers
from allant.appointments.booking import Booking, BookingRefused, book, book_both
from allant.appointments.calendar import local_start
from allant.appointments.connector import PartnerDown, PartnerSlot
from allant.appointments.models import Appointment, Place, Slot
from allant.appointments.partners import book_at_partner
from allant.appointments.telling import Address
from allant.campaigns.history import contacts_of
from allant.doctrine import rules
from allant.pages.base.errors import Missing
from allant.pages.inbound.change_views import NO_SLOT, spoken, told
from allant.pages.inbound.offers import AUDIENCE, fits
from allant.pages.inbound.on_the_line import AGENTS, ORIGINS, on_the_line
from allant.people.models import Person
from allant.people.registration import RegistrationRefused, read_email, read_phone
from allant.vaccination.products import vaccine_label
from allant.vaccination.second_appointment import second_slot, wants_second

NO_ORIGIN = "Dites d'où vient l'appel : la personne a-t-elle reçu un SMS, un message vocal, appelé le 3646 ?"
DEAD = "Le décès de cette personne est connu de l'état civil : vérifiez que vous avez ouvert la bonne personne."
WRONG_AGE = "Le vaccin de ce créneau n'est pas proposé à l'âge de cette personne : proposez un autre créneau."
SECOND_GONE = "L'heure de la seconde injection vient de changer : relisez celle proposée maintenant, puis recommencez."
DOWN = "Le partenaire ne répond pas : rien n'est pris. Choisissez un autre lieu."
UNSURE = (
    "Le partenaire n'a pas répondu : dites que le rendez-vous n'est pas encore sûr, et que la personne sera prévenue. "
    "Ne prenez pas un second rendez-vous."
)


@dataclass(frozen=True)
class Chosen:
    """The hour to read out, for which injection, with the second one that the place books along with it (AP-05).

    `partner`: the hour in a partner's calendar, written here once asked; `slot` is then in no table (AP-06).
    """

    slot: Slot
    rank: int
    second: Slot | None = None
    partner: PartnerSlot | None = None


@requires(*AGENTS)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def book_for_caller(request: HttpRequest, slot: int) -> HttpResponse:
    """The slot to read out, the origin of the call to tick; one key books. Sent twice, it books once."""
    person = on_the_line(request)
    found = Slot.objects.select_related("place__location").filter(pk=slot, closed_at=None, place__partner="").first()
    if found is None:
        raise Missing(NO_SLOT)
    rank, today = _rank(request), clock.today()
    chosen = Chosen(found, rank, second_slot(found, AUDIENCE, today, rules.as_known_on(today)) if rank == 1 else None)
    return _answer(request, chosen, person)


@requires(*AGENTS)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def book_partner_for_caller(request: HttpRequest, token: str) -> HttpResponse:
    """The same in a partner's calendar: one booking, whatever the partner does, and never « pris » before it says so (AP-06)."""
    person = on_the_line(request)
    try:
        place, wanted = partner_offers.slot_of(token)
    except (signing.BadSignature, Place.DoesNotExist, KeyError, ValueError) as wrong:
        raise Missing(NO_SLOT) from wrong
    slot = Slot(place=place, starts_at=wanted.starts_at, minutes=wanted.minutes, vaccine=wanted.vaccine)
    return _answer(request, Chosen(slot, _rank(request), partner=wanted), person)


def _rank(request: HttpRequest) -> int:
    return 2 if (request.POST or request.GET).get("rank") == "2" else 1


def _answer(request: HttpRequest, chosen: Chosen, person: Person) -> HttpResponse:
    if request.method != "POST":
        return _page(request, chosen, person, key=str(uuid.uuid4()))
    refusal, status = _refusal(request, chosen, person), HTTPStatus.BAD_REQUEST
    if not refusal:
        try:
            made = _book(request, chosen, person)
        except BookingRefused as reason:
            refusal, status = str(reason), HTTPStatus.CONFLICT
        except PartnerDown:
            refusal, status = DOWN, HTTPStatus.SERVICE_UNAVAILABLE
        else:
            return _booked(request, made, person)
    return _page(request, chosen, person, key=request.POST.get("key", "")[:36], refusal=refusal, status=status)


def _refusal(request: HttpRequest, chosen: Chosen, person: Person) -> str:
    if request.POST.get("origin") not in ORIGINS:
        return NO_ORIGIN
    try:
        uuid.UUID(request.POST.get("key", ""))
        _relative(request)
    except RegistrationRefused as wrong:
        return str(wrong)
    except ValueError:
        return "Cette page a expiré : choisissez de nouveau le créneau."
    if person.died_on is not None:
        return DEAD
    return "" if fits(chosen.slot, person) else WRONG_AGE


def _relative(request: HttpRequest) -> tuple[Address, ...]:
    """A relative's address that the agent typed, for this appointment only (AV-24). Raises RegistrationRefused."""
    typed = request.POST.get("relative", "").strip()[:254]
    if not typed:
        return ()
    return (Address("email", read_email(typed), True) if "@" in typed else Address("mobile", read_phone(typed), True),)


def _book(request: HttpRequest, chosen: Chosen, person: Person) -> Appointment:
    invited = contacts_of(person)
    invitation = next((each for contact in invited if contact.revoked_at is None for each in contact.messages[:1]), None)
    first = Booking(
        slot_id=chosen.slot.pk or 0, key=f"inbound-{request.POST['key']}", origin=request.POST["origin"], audience=AUDIENCE,
        person=person, rank=chosen.rank, cause=("invitation", invitation.cause_id) if invitation else None,
        told_at=_relative(request),
    )  # fmt: skip
    by = actor_of(request).name
    if chosen.partner is not None:
        return book_at_partner(chosen.slot.place, chosen.partner, first, by=by)
    if "both" not in request.POST:
        return book(first, by=by)
    # The same sending again is answered by its own appointments, though its second hour is now taken.
    former = Appointment.objects.filter(key=first.key).first()
    if former is None and request.POST.get("second") != str(chosen.second and chosen.second.pk):
        raise BookingRefused(SECOND_GONE)
    if former is not None or chosen.second is None:
        return book(first, by=by)
    return book_both(first, replace(first, slot_id=chosen.second.pk, key=f"{first.key}-2", rank=2), by=by)[0]


def _booked(request: HttpRequest, made: Appointment, person: Person) -> HttpResponse:
    log_request(request, LoggedAction.WRITE, "accueil téléphonique : rendez-vous pris", [person.pk])
    if made.confirmed_at is None:
        messages.warning(request, UNSURE)
        return redirect("inbound_caller")
    said = f"Rendez-vous pris : relisez à la personne « {spoken(made)} ».{told(made)}"
    due = made.rank == 1 and wants_second(made.slot, rules.as_known_on(clock.today()))
    if due and not made.chained.filter(ended_at=None).exists():
        said += " Dites-lui que le lieu prendra lui-même le second rendez-vous."
    messages.success(request, said)
    return redirect("inbound_caller")


def _page(
    request: HttpRequest, chosen: Chosen, person: Person, *, key: str, refusal: str = "", status: int = HTTPStatus.OK
) -> HttpResponse:
    log_request(request, LoggedAction.READ, "accueil téléphonique : créneau proposé", [person.pk])
    today, slot = clock.today(), chosen.slot
    book = rules.as_known_on(today)
    context: dict[str, Any] = {
        "title": "Prendre ce rendez-vous", "slot": slot, "starts": local_start(slot), "person": person, "key": key,
        "rank": chosen.rank, "second": chosen.second, "second_starts": local_start(chosen.second) if chosen.second else None,
        "alone": chosen.rank == 1 and chosen.second is None and wants_second(slot, book),
        "both": request.method != "POST" or "both" in request.POST, "relative": request.POST.get("relative", "")[:254],
        "refusal": refusal, "origins": ORIGINS.items(), "chosen": request.POST.get("origin", ""),
        "vaccine": vaccine_label(slot.vaccine, today, book) if slot.vaccine else "",
        "trail": [("Accueil téléphonique", reverse("inbound")), ("Personne en ligne", reverse("inbound_caller"))],
    }  # fmt: skip
    return render(request, "inbound/book.html", context, status=status)
