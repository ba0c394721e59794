"""The second injection booked with the first (AP-05): when the doctrine wants it, and the first free hour then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from allant.appointments.calendar import local_start, zone_at
from allant.appointments.models import Appointment, Guest, Slot
from allant.bulk.prepared import rows
from allant.doctrine import RuleBook
from allant.doctrine.age import age_on
from allant.vaccination.products import allowed_at
from allant.vaccination.schedule import DoseWindow, second_dose_window


def window_after(slot: Slot, book: RuleBook) -> DoseWindow | None:
    """When the second dose is due after a first one in this slot; None for a single dose, or where nothing is injected."""
    return second_dose_window(book, local_start(slot).date(), slot.vaccine) if slot.vaccine else None


def wants_second(slot: Slot, book: RuleBook) -> bool:
    """Whether a second injection is due after a first one in this slot."""
    return window_after(slot, book) is not None


# Of each slot asked, in the order of the hours of its place, which an index gives.
_SECONDS = """
    SELECT asked.id, free.id
    FROM unnest(%(slots)s::bigint[], %(begins)s::timestamptz[], %(ends)s::timestamptz[]) AS asked (id, begins, ends)
    JOIN appointments_slot AS slot ON slot.id = asked.id
    CROSS JOIN LATERAL (
        SELECT later.id FROM appointments_slot AS later
        WHERE later.place_id = slot.place_id AND later.starts_at >= asked.begins AND later.starts_at < asked.ends
          AND later.service = slot.service AND later.vaccine = slot.vaccine AND later.closed_at IS NULL
          AND EXISTS (SELECT FROM appointments_share AS share WHERE share.slot_id = later.id AND share.remaining > 0
                      AND (share.audience IN ('', %(audience)s::text) OR share.released_on <= %(today)s::date))
        ORDER BY later.starts_at, later.id LIMIT 1) AS free"""


def second_slots(slots: Sequence[Slot], audience: str, today: date, book: RuleBook) -> dict[int, Slot]:
    """Slot → the first free hour of the same place and vaccine in the days recommended after it, in two reads for all.

    A slot whose vaccine needs no second dose, or whose place books it itself, has none.
    """
    asked = [(slot.pk, *days) for slot in slots if (days := _days_after(slot, book)) is not None]
    if not asked:
        return {}
    ids, begins, ends = (list(column) for column in zip(*asked, strict=True))
    values = {"slots": ids, "begins": begins, "ends": ends, "audience": audience, "today": today}
    pairs = dict(rows(_SECONDS, values))
    found = Slot.objects.select_related("place__location").in_bulk(set(pairs.values()))
    return {first: found[second] for first, second in pairs.items()}


def _days_after(slot: Slot, book: RuleBook) -> tuple[datetime, datetime] | None:
    window = window_after(slot, book) if slot.place.books_second and not slot.place.partner else None
    if window is None:
        return None
    zone = zone_at(slot.place)
    return (
        datetime.combine(window.recommended, time(), zone), datetime.combine(window.latest + timedelta(days=1), time(), zone)
    )  # fmt: skip


def second_slot(slot: Slot, audience: str, today: date, book: RuleBook) -> Slot | None:
    """The same of one slot."""
    return second_slots([slot], audience, today, book).get(slot.pk)


def breaks_interval(appointment: Appointment, chosen: Slot, book: RuleBook) -> Appointment | None:
    """The other injection that would fall outside the delays of the doctrine if this one moved to `chosen`; None: it holds."""
    if appointment.first_id is not None:
        first = Appointment.objects.select_related("slot__place__location").filter(pk=appointment.first_id, ended_at=None).first()
        return first if first is not None and not _within(first.slot, chosen, book) else None
    second = Appointment.objects.select_related("slot__place__location").filter(first=appointment, ended_at=None).first()
    return second if second is not None and not _within(chosen, second.slot, book) else None


def why_not_moved(appointment: Appointment, chosen: Slot, book: RuleBook) -> str:
    """Why this appointment cannot move to `chosen`, in French: its use, the age, the other injection; empty when it can."""
    if chosen.service != appointment.service:
        return "Ce créneau n'est pas pour le même usage que ce rendez-vous."
    born, day = _birth_date(appointment), local_start(chosen).date()
    if chosen.vaccine and born is not None and chosen.vaccine not in allowed_at(age_on(born, day), day, book):
        return "Le vaccin de ce créneau n'est pas proposé à l'âge de la personne ce jour-là."
    chained = appointment.first_id is not None or Appointment.objects.filter(first=appointment, ended_at=None).exists()
    if chained and appointment.slot.vaccine != chosen.vaccine:
        return "Ce créneau n'est pas du même vaccin que l'autre injection."
    other = breaks_interval(appointment, chosen, book)
    if other is None:
        return ""
    return f"Ce jour ne laisse pas le délai voulu avec l'autre injection, du {local_start(other.slot):%d/%m/%Y}."


def _birth_date(appointment: Appointment) -> date | None:
    """Of who comes, known or not to the register."""
    if appointment.person is not None:
        known: date = appointment.person.birth_date
        return known
    born: date | None = Guest.objects.filter(appointment=appointment).values_list("birth_date", flat=True).first()
    return born


def _within(first: Slot, second: Slot, book: RuleBook) -> bool:
    window = window_after(first, book)
    return window is None or window.earliest <= local_start(second).date() <= window.latest
