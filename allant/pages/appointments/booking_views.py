"""Booking a slot without account (AP-12): who comes and how to tell them, nothing else."""

from __future__ import annotations

import uuid
from datetime import date
from http import HTTPStatus
from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.cache import caches
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from allant import clock
from allant.accounts.access import public
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.appointments.booking import Booking, BookingRefused, book
from allant.appointments.calendar import local_start
from allant.appointments.models import Appointment, Guest, Origin, Slot
from allant.campaigns.models import Invitation
from allant.campaigns.reads import Mistyped, invitation_of_code
from allant.doctrine import rules
from allant.doctrine.age import age_on
from allant.geography import fold
from allant.pages.appointments.forms import BookingForm
from allant.pages.appointments.links import token_of
from allant.pages.appointments.search_views import TITLE, terms_today, vaccines_for
from allant.vaccination.products import vaccine_label

TOO_MANY = "Trop de rendez-vous pris depuis votre adresse. Attendez une heure, ou appelez la plateforme."
TOO_MANY_OPEN = "Trop de rendez-vous sont déjà pris avec ce courriel ou ce mobile. Annulez-en un, ou indiquez une autre adresse."
WRONG_CODE = "Ce code n'est pas reconnu pour cette date de naissance : vérifiez-le, ou laissez la case vide."
WRONG_AGE = "Le vaccin de ce créneau n'est pas proposé à cet âge : cherchez un autre créneau avec l'âge de la personne."


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def book_slot(request: HttpRequest, slot: int) -> HttpResponse:
    """The slot with its form; the seat is taken when the form is sent, once whatever the number of sendings."""
    chosen = Slot.objects.select_related("place__location").filter(pk=slot, closed_at=None, place__partner="").first()
    if chosen is None:
        raise Http404("Ce créneau n'existe plus : cherchez-en un autre.")
    today = clock.today()
    if request.method != "POST":
        origin = request.GET.get("origin", "")
        return _page(request, chosen, BookingForm(today=today, initial={"key": uuid.uuid4(), "origin": origin}))
    form = BookingForm(request.POST, today=today)
    if not form.is_valid():
        return _page(request, chosen, form, status=HTTPStatus.BAD_REQUEST)
    return _booked(request, chosen, form)


def _booked(request: HttpRequest, slot: Slot, form: BookingForm) -> HttpResponse:
    entry = form.cleaned_data
    if _too_many(request):
        return _page(request, slot, form, refusal=TOO_MANY, status=HTTPStatus.TOO_MANY_REQUESTS)
    if not _vaccine_fits(slot, entry["birth_date"]):
        return _page(request, slot, form, refusal=WRONG_AGE, status=HTTPStatus.CONFLICT)
    invitation = _invited(entry) if entry["code"].strip() else None
    if entry["code"].strip() and invitation is None:
        form.add_error("code", WRONG_CODE)
        return _page(request, slot, form, status=HTTPStatus.BAD_REQUEST)
    if _open_at(entry) >= terms_today().open_an_address and not Appointment.objects.filter(key=_key(entry)).exists():
        return _page(request, slot, form, refusal=TOO_MANY_OPEN, status=HTTPStatus.CONFLICT)
    try:
        made = book(_booking(slot, entry, invitation), by="public")
    except BookingRefused as refusal:
        return _page(request, slot, form, refusal=str(refusal), status=HTTPStatus.CONFLICT)
    if made.person_id is not None:
        log_request(request, LoggedAction.WRITE, "rendez-vous pris en ligne avec un code", [made.person_id])
    return redirect("own_appointment", token=token_of(made))


def _booking(slot: Slot, entry: dict[str, Any], invitation: Invitation | None) -> Booking:
    origin = entry["origin"] if entry["origin"] in (Origin.SMS, Origin.LETTER) else str(Origin.SELF)
    guest = Guest(
        family_name=entry["family_name"], given_names=entry["given_names"], birth_date=entry["birth_date"],
        email=entry["email"], mobile=entry["mobile"],
    )  # fmt: skip
    person = None if invitation is None else invitation.person.merged_into or invitation.person
    return Booking(
        slot_id=slot.pk, key=_key(entry), origin=origin, person=person, guest=guest,
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
    told = Guest.objects.filter(appointment__ended_at=None, appointment__slot__starts_at__gte=clock.now())
    email, mobile = entry["email"], entry["mobile"]
    same = told.filter(email__iexact=email) if email else told.filter(mobile=mobile)
    return same.count()


def _too_many(request: HttpRequest) -> bool:
    """Whether this address has used up its hour: enough for a family or a neighbour who helps, not for a machine."""
    bookings, key = caches["papers"], f"bookings:{get_adapter(request).get_client_ip(request)}"
    bookings.add(key, 0, timeout=3600)
    try:
        return int(bookings.incr(key)) > settings.ALLANT_BOOKINGS_AN_HOUR
    except ValueError:  # the hour ended between the two
        return False


def _page(
    request: HttpRequest, slot: Slot, form: BookingForm, *, refusal: str = "", status: int = HTTPStatus.OK
) -> HttpResponse:
    starts = local_start(slot)
    context = {
        "title": "Votre rendez-vous", "slot": slot, "starts": starts, "form": form, "refusal": refusal,
        "vaccine": vaccine_label(slot.vaccine, clock.today(), rules.as_known_on(clock.today())) if slot.vaccine else "",
        "trail": [(TITLE, reverse("appointments"))],
    }  # fmt: skip
    return render(request, "appointments/book.html", context, status=status)
