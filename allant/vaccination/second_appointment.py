"""The second injection booked with the first (AP-05): when the doctrine wants it, and the first free hour then."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from allant.appointments.calendar import local_start, zone_at
from allant.appointments.models import Appointment, Slot
from allant.doctrine import RuleBook
from allant.vaccination.schedule import DoseWindow, second_dose_window


def window_after(slot: Slot, book: RuleBook) -> DoseWindow | None:
    """When the second dose is due after a first one in this slot; None for a single dose, or where nothing is injected."""
    return second_dose_window(book, local_start(slot).date(), slot.vaccine) if slot.vaccine else None


def second_slot(slot: Slot, audience: str, today: date, book: RuleBook) -> Slot | None:
    """The first free hour of the same place and vaccine in the days recommended; None where the place books it itself."""
    window = window_after(slot, book) if slot.place.books_second and not slot.place.partner else None
    if window is None:
        return None
    zone = zone_at(slot.place)
    begins = datetime.combine(window.recommended, time(), zone)
    ends = datetime.combine(window.latest + timedelta(days=1), time(), zone)
    free = Slot.objects.free_for(audience, today).filter(
        place=slot.place_id, service=slot.service, vaccine=slot.vaccine, starts_at__gte=begins, starts_at__lt=ends
    )
    return free.select_related("place__location").order_by("starts_at", "pk").first()


def breaks_interval(appointment: Appointment, chosen: Slot, book: RuleBook) -> Appointment | None:
    """The other injection that would fall outside the delays of the doctrine if this one moved to `chosen`; None: it holds."""
    if appointment.first_id is not None:
        first = Appointment.objects.select_related("slot__place__location").filter(pk=appointment.first_id, ended_at=None).first()
        return first if first is not None and not _within(first.slot, chosen, book) else None
    second = appointment.chained.filter(ended_at=None).select_related("slot__place__location").first()
    return second if second is not None and not _within(chosen, second.slot, book) else None


def _within(first: Slot, second: Slot, book: RuleBook) -> bool:
    window = window_after(first, book)
    return window is None or window.earliest <= local_start(second).date() <= window.latest
