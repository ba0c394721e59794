"""One's own appointment, by its signed link: see it, put it in an agenda, cancel it (AP-08, AP-09)."""

from __future__ import annotations

from datetime import datetime, timedelta

import icalendar
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from allant import clock
from allant.accounts.access import public
from allant.appointments import cancelling
from allant.appointments.booking import Booking, BookingRefused, confirm, move
from allant.appointments.calendar import local_start, zone_at
from allant.appointments.models import Appointment, Slot
from allant.doctrine import rules
from allant.pages.appointments.links import appointment_of, token_of
from allant.pages.appointments.search_views import TITLE
from allant.vaccination.products import vaccine_label
from allant.vaccination.second_appointment import why_not_moved

PUBLIC = "public"


@public
@never_cache
@require_safe
def own(request: HttpRequest, token: str) -> HttpResponse:
    """Where, when, what for, and what one may do; no name: whoever holds the link learns no more than the hour."""
    found = appointment_of(token, clock.now())
    today = clock.today()
    others = list(Appointment.objects.filter(first=found).select_related("slot__place__location"))
    context = {
        "title": "Mon rendez-vous", "token": token, "appointment": found, "starts": local_start(found.slot),
        "others": [(other, local_start(other.slot)) for other in others],
        "past": found.slot.starts_at <= clock.now(), "over": found.ended_at is not None,
        "held_until": _held_until(found),
        "sure": found.confirmed_at is not None and found.ended_at is None,
        "vaccine": vaccine_label(found.slot.vaccine, today, rules.as_known_on(today)) if found.slot.vaccine else "",
        "trail": [(TITLE, reverse("appointments"))],
    }  # fmt: skip
    return render(request, "appointments/own.html", context)


def _held_until(found: Appointment) -> datetime | None:
    """Until when the holder of the link may confirm a seat of our own calendar, by the clock of the place."""
    waits = found.confirmed_at is None and found.ended_at is None and not found.partner_state
    if not waits or found.held_until is None or found.held_until <= clock.now():
        return None
    return found.held_until.astimezone(zone_at(found.slot.place))


@public
@require_POST
def cancel(request: HttpRequest, token: str) -> HttpResponse:
    """Give the seat back; asked twice is once."""
    found = appointment_of(token, clock.now())
    if found.slot.starts_at <= clock.now():
        messages.error(request, "Ce rendez-vous est passé : il ne s'annule plus.")
        return redirect("own_appointment", token=token)
    cancelling.cancel(found, by=PUBLIC)
    messages.success(request, "Votre rendez-vous est annulé. La place est rendue à quelqu'un d'autre.")
    return redirect("own_appointment", token=token)


@public
@require_POST
def confirm_held(request: HttpRequest, token: str) -> HttpResponse:
    """Take the seat that is held for the holder of the link (AP-08, AV-40); twice is once."""
    found = appointment_of(token, clock.now())
    if found.partner_state:
        raise Http404("Ce rendez-vous attend la réponse du lieu : revenez sur sa page.")
    try:
        confirm(found, by=PUBLIC)
    except BookingRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Votre rendez-vous est confirmé.")
    return redirect("own_appointment", token=token)


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def move_to(request: HttpRequest, token: str, slot: int) -> HttpResponse:
    """Take another seat in place of this one: the former is given back once the new one is taken (AP-08)."""
    found = appointment_of(token, clock.now())
    chosen = Slot.objects.select_related("place__location").filter(pk=slot, place__partner="").first()
    if chosen is None or found.partner_state:
        raise Http404("Ce créneau n'existe plus : cherchez-en un autre.")
    refusal = why_not_moved(found, chosen, rules.as_known_on(clock.today()))
    if request.method == "POST" and not refusal:
        wanted = Booking(
            slot_id=chosen.pk, key=f"move-{found.pk}-{chosen.pk}", origin=found.origin, person=found.person, rank=found.rank,
            cause=(found.cause_kind, found.cause_id) if found.cause_id else None, first_id=found.first_id,
        )  # fmt: skip
        try:
            moved = move(found, wanted, by=PUBLIC)
        except BookingRefused as reason:
            refusal = str(reason)
        else:
            messages.success(request, "Votre rendez-vous est déplacé. L'ancien lien ne sert plus : gardez celui-ci.")
            return redirect("own_appointment", token=token_of(moved))
    context = {
        "title": "Déplacer mon rendez-vous", "token": token, "appointment": found, "starts": local_start(found.slot),
        "slot": chosen, "new_starts": local_start(chosen), "refusal": refusal,
        "trail": [(TITLE, reverse("appointments")), ("Mon rendez-vous", reverse("own_appointment", args=[token]))],
    }  # fmt: skip
    return render(request, "appointments/move.html", context, status=409 if refusal else 200)


@public
@require_safe
def calendar_file(request: HttpRequest, token: str) -> HttpResponse:
    """The appointment for an agenda (RFC 5545), with a reminder the day before; cancelled, it says so."""
    found = appointment_of(token, clock.now())
    place, starts = found.slot.place, local_start(found.slot)
    event = icalendar.Event()
    event.add("uid", f"rendez-vous-{found.pk}@allant")
    event.add("dtstamp", clock.now())
    event.add("dtstart", starts)
    event.add("dtend", starts + timedelta(minutes=found.slot.minutes))
    event.add("summary", f"Rendez-vous : {found.get_service_display()}")
    event.add("location", f"{place.location.name}, {place.address}, {place.location.postcode}")
    event.add("url", request.build_absolute_uri(reverse("own_appointment", args=[token])))
    event.add("status", "CANCELLED" if found.ended_at is not None else "CONFIRMED")
    alarm = icalendar.Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", "Rendez-vous demain")
    alarm.add("trigger", timedelta(days=-1))
    event.add_component(alarm)
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Allant//Rendez-vous//FR")
    calendar.add("version", "2.0")
    calendar.add_component(event)
    response = HttpResponse(calendar.to_ical(), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="rendez-vous.ics"'
    return response
