"""Booking a slot without account (AP-12): who comes and how to tell them, nothing else."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import date
from http import HTTPStatus
from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core import signing
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from allant import clock
from allant.accounts.access import public
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.appointments import partner_offers
from allant.appointments.booking import TAKEN, Booking, BookingRefused, NoSeat, book, book_both
from allant.appointments.calendar import local_start
from allant.appointments.connector import PartnerDown, PartnerSlot
from allant.appointments.models import Appointment, Guest, Origin, Place, Slot, ToldAt
from allant.appointments.online import Glance, glance
from allant.appointments.partners import book_at_partner
from allant.appointments.telling import Address
from allant.campaigns.models import Invitation
from allant.campaigns.reads import Mistyped, invitation_of_code
from allant.doctrine import rules
from allant.doctrine.age import age_on
from allant.geography import fold
from allant.pages.appointments.forms import BookingForm
from allant.pages.appointments.links import token_of
from allant.pages.appointments.search_views import EVERYBODY, TITLE, terms_today, vaccines_for
from allant.pages.appointments.taken_view import taken_page
from allant.pages.base.errors import Missing
from allant.vaccination.products import vaccine_label
from allant.vaccination.second_appointment import second_slot, window_after

TOO_MANY = "Trop de rendez-vous pris depuis votre adresse. Attendez une heure, ou appelez la plateforme."
TOO_MANY_OPEN = "Trop de rendez-vous sont déjà pris avec ce courriel ou ce mobile. Annulez-en un, ou indiquez une autre adresse."
WRONG_CODE = "Ce code n'est pas reconnu pour cette date de naissance : vérifiez-le, ou laissez la case vide."
SECOND_GONE = "L'heure de la seconde injection vient de changer : vérifiez celle proposée maintenant, puis recommencez."
DOWN = "Le système de rendez-vous de ce lieu ne répond pas : rien n'est pris. Réessayez, ou choisissez un autre lieu."
GONE = "Ce créneau n'existe plus : cherchez-en un autre."
PUBLIC = "public"
WRONG_AGE = "Le vaccin de ce créneau n'est pas proposé à cet âge : cherchez un autre créneau avec l'âge de la personne."


@dataclass(frozen=True)
class Chosen:
    """What the page books: a slot of ours with the second injection's (AP-05), or a partner's slot, written here once asked."""

    slot: Slot
    second: Slot | None = None
    partner: PartnerSlot | None = None
    seen: Glance | None = None
    "What one read said of the slot when the form was sent (PF-04): the slot then bears no more than booking asks."


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def book_slot(request: HttpRequest, slot: int) -> HttpResponse:
    """The slot with its form; the seat is taken when the form is sent, once whatever the number of sendings."""
    today = clock.today()
    if request.method == "POST" and (form := BookingForm(request.POST, today=today)).is_valid():
        return _booked(request, _at_a_glance(slot, form.cleaned_data, today), form)
    chosen = _of_ours(slot)
    asked = request.method != "POST" or "both" in request.POST
    second = second_slot(chosen, EVERYBODY, today, rules.as_known_on(today)) if asked else None
    return _answer(request, Chosen(chosen, second))


def _at_a_glance(slot: int, entry: dict[str, Any], today: date) -> Chosen:
    addresses = [entry[kind] for kind in ("mobile", "email") if entry[kind]]
    seen = glance(slot, key=_key(entry), addresses=addresses, at=clock.now())
    if seen is None:
        raise Missing(GONE)
    second = second_slot(seen.slot, EVERYBODY, today, rules.as_known_on(today)) if entry["both"] else None
    return Chosen(seen.slot, second, seen=seen)


def _of_ours(slot: int) -> Slot:
    found = Slot.objects.select_related("place__location").filter(pk=slot, closed_at=None, place__partner="").first()
    if found is None:
        raise Missing(GONE)
    return found


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def book_partner_slot(request: HttpRequest, token: str) -> HttpResponse:
    """The same in a partner's calendar: asked with the form's key: one booking, whatever the partner does (AP-06)."""
    try:
        place, wanted = partner_offers.slot_of(token)
    except (signing.BadSignature, Place.DoesNotExist, KeyError, ValueError) as wrong:
        raise Missing(GONE) from wrong
    slot = Slot(place=place, starts_at=wanted.starts_at, minutes=wanted.minutes, vaccine=wanted.vaccine)
    return _answer(request, Chosen(slot, partner=wanted))


def _answer(request: HttpRequest, chosen: Chosen) -> HttpResponse:
    today = clock.today()
    if request.method != "POST":
        second = chosen.second and chosen.second.pk
        initial = {"key": uuid.uuid4(), "origin": request.GET.get("origin", ""), "both": True, "second": second}
        return _page(request, chosen, BookingForm(today=today, initial=initial))
    form = BookingForm(request.POST, today=today)
    if not form.is_valid():
        return _page(request, chosen, form, status=HTTPStatus.BAD_REQUEST)
    return _booked(request, chosen, form)


def _booked(request: HttpRequest, chosen: Chosen, form: BookingForm) -> HttpResponse:
    entry = form.cleaned_data
    if (known := _former(chosen, entry)) is not None:
        return redirect("own_appointment", token=token_of(known))
    invitation = _invited(entry) if entry["code"].strip() else None
    refusal, status = _refusal(request, chosen, entry, invitation)
    if refusal == WRONG_CODE:
        form.add_error("code", WRONG_CODE)
        return _page(request, chosen, form, status=status)
    if not refusal:
        try:
            if chosen.seen and not chosen.seen.free:
                return taken_page(request, chosen.slot.pk, form, TAKEN)
            made = _book(chosen, entry, invitation)
        except BookingRefused as reason:
            if isinstance(reason, NoSeat) and chosen.seen and chosen.second is None:
                return taken_page(request, chosen.slot.pk, form, str(reason))
            refusal, status = str(reason), HTTPStatus.CONFLICT
        except PartnerDown:
            refusal, status = DOWN, HTTPStatus.SERVICE_UNAVAILABLE
        else:
            return _done(request, made)
    return _page(request, chosen, form, refusal=refusal, status=status)


def _former(chosen: Chosen, entry: dict[str, Any]) -> Appointment | None:
    """The appointment that this very request made before."""
    if chosen.seen is not None:
        return Appointment(pk=chosen.seen.former_id) if chosen.seen.former_id else None
    same = Appointment.objects.filter(key=_key(entry), slot__place=chosen.slot.place, slot__starts_at=chosen.slot.starts_at)
    return same.first()


def _refusal(
    request: HttpRequest, chosen: Chosen, entry: dict[str, Any], invitation: Invitation | None
) -> tuple[str, HTTPStatus]:
    """Why nothing is booked, in French, with the status of the answer; empty when it may be."""
    if _too_many(request):
        return TOO_MANY, HTTPStatus.TOO_MANY_REQUESTS
    if not _vaccine_fits(chosen.slot, entry["birth_date"]):
        return WRONG_AGE, HTTPStatus.CONFLICT
    if entry["code"].strip() and invitation is None:
        return WRONG_CODE, HTTPStatus.BAD_REQUEST
    if (chosen.seen.open_at_address if chosen.seen else _open_at(entry)) >= terms_today().open_an_address:
        return TOO_MANY_OPEN, HTTPStatus.CONFLICT
    if entry["both"] and entry["second"] != (chosen.second and chosen.second.pk):
        return SECOND_GONE, HTTPStatus.CONFLICT
    return "", HTTPStatus.OK


def _book(chosen: Chosen, entry: dict[str, Any], invitation: Invitation | None) -> Appointment:
    first = _booking(chosen.slot, entry, invitation)
    if chosen.partner is not None:
        return book_at_partner(chosen.slot.place, chosen.partner, first, by=PUBLIC)
    if chosen.second is None or not entry["both"]:
        return book(first, by=PUBLIC)
    second = replace(_booking(chosen.second, entry, invitation), key=f"{first.key}-2", rank=2)
    return book_both(first, second, by=PUBLIC)[0]


def _done(request: HttpRequest, made: Appointment) -> HttpResponse:
    if made.person_id is not None:
        log_request(request, LoggedAction.WRITE, "rendez-vous pris en ligne avec un code", [made.person_id])
    return redirect("own_appointment", token=token_of(made))


def _booking(slot: Slot, entry: dict[str, Any], invitation: Invitation | None) -> Booking:
    origin = entry["origin"] if entry["origin"] in (Origin.SMS, Origin.LETTER) else str(Origin.SELF)
    guest = Guest(family_name=entry["family_name"], given_names=entry["given_names"], birth_date=entry["birth_date"])
    given = tuple(Address(kind, entry[kind]) for kind in ("mobile", "email") if entry[kind])
    person = None if invitation is None else invitation.person.merged_into or invitation.person
    return Booking(
        slot_id=slot.pk or 0, key=_key(entry), origin=origin, person=person, guest=guest, told_at=given,
        cause=("invitation", invitation.pk) if invitation else None,
    )  # fmt: skip


def _key(entry: dict[str, Any]) -> str:
    return f"self-{entry['key']}"


def _invited(entry: dict[str, Any]) -> Invitation | None:
    """The invitation of a code, when the name and the birth date are those of its person."""
    try:
        found = invitation_of_code(entry["code"])
    except Mistyped:
        return None
    if found is None or found.person.birth_date != entry["birth_date"]:
        return None
    return found if fold(found.person.family_name) == fold(entry["family_name"]) else None


def _vaccine_fits(slot: Slot, born: date) -> bool:
    day = local_start(slot).date()
    return not slot.vaccine or slot.vaccine in vaccines_for(age_on(born, day), day)


def _open_at(entry: dict[str, Any]) -> int:
    """Open appointments told to the same e-mail or mobile."""
    told = ToldAt.objects.filter(appointment__ended_at=None, appointment__slot__starts_at__gte=clock.now(), relative=False)
    told = told.filter(appointment__first=None)  # both injections of one person count once
    given = {kind: entry[kind] for kind in ("mobile", "email") if entry[kind]}
    return max(told.filter(kind=kind, value__iexact=value).count() for kind, value in given.items())


def _too_many(request: HttpRequest) -> bool:
    """Whether this address has used up its hour: enough for a family or a neighbour who helps, not for a machine."""
    bookings, key = caches["papers"], f"bookings:{get_adapter(request).get_client_ip(request)}"
    bookings.add(key, 0, timeout=3600)
    try:
        return int(bookings.incr(key)) > settings.ALLANT_BOOKINGS_AN_HOUR
    except ValueError:  # the hour ended between the two
        return False


def _page(
    request: HttpRequest, chosen: Chosen, form: BookingForm, *, refusal: str = "", status: int = HTTPStatus.OK
) -> HttpResponse:
    slot, second = _of_ours(chosen.slot.pk) if chosen.seen else chosen.slot, chosen.second
    context = {
        "title": "Votre rendez-vous", "slot": slot, "starts": local_start(slot), "form": form, "refusal": refusal,
        "vaccine": vaccine_label(slot.vaccine, clock.today(), rules.as_known_on(clock.today())) if slot.vaccine else "",
        "second": second, "second_id": second.pk if second else "", "second_starts": local_start(second) if second else None,
        "alone": bool(slot.vaccine) and second is None and window_after(slot, rules.as_known_on(clock.today())) is not None,
        "trail": [(TITLE, reverse("appointments"))],
    }  # fmt: skip
    return render(request, "appointments/book.html", context, status=status)
