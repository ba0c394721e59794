"""What the public page asks before it books: one read, since a crowd asks it at once (AP-12, PF-04)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from allant.appointments.models import Place, Slot
from allant.bulk.prepared import rows
from allant.clock import PARIS
from allant.directory.models import Location
from allant.geography import departement_of, zone_of

# An address has several kinds (mobile, e-mail): the one that has the most appointments counts. Held seats past their time are
# given back by whoever asks for them, so that they count as free.
_GLANCE = """
    SELECT slot.place_id, slot.service, slot.vaccine, slot.starts_at, slot.minutes, place.books_second, location.commune_code,
           (SELECT id FROM appointments_appointment WHERE key = %(key)s::text AND slot_id = slot.id),
           (SELECT coalesce(max(kind.appointments), 0) FROM (
                SELECT count(*) AS appointments FROM appointments_toldat AS told
                JOIN appointments_appointment AS appointment ON appointment.id = told.appointment_id
                JOIN appointments_slot AS other ON other.id = appointment.slot_id
                WHERE told.value = ANY(%(addresses)s::text[]) AND NOT told.relative AND appointment.ended_at IS NULL
                  AND appointment.first_id IS NULL  -- both injections of one person count once
                  AND other.starts_at >= %(at)s::timestamptz
                GROUP BY told.kind) AS kind),
           EXISTS (SELECT FROM appointments_share AS share WHERE share.slot_id = slot.id AND share.remaining > 0
                   AND (share.audience = '' OR share.released_on <= %(today)s::date))
           OR EXISTS (SELECT FROM appointments_appointment AS held WHERE held.slot_id = slot.id AND held.ended_at IS NULL
                      AND held.confirmed_at IS NULL AND held.held_until <= %(at)s::timestamptz)
    FROM appointments_slot AS slot JOIN appointments_place AS place ON place.id = slot.place_id
    JOIN directory_location AS location ON location.id = place.location_id
    WHERE slot.id = %(slot)s AND slot.closed_at IS NULL AND place.partner = ''"""


@dataclass(frozen=True, slots=True)
class Glance:
    """A slot of our calendar with what booking reads of it, and no more; the appointment that the same request made before;
    the appointments still to come that are told to the same address. `free`: False when booking could only be refused.
    """

    slot: Slot
    former_id: int | None
    open_at_address: int
    free: bool


def glance(slot_id: int, *, key: str, addresses: Sequence[str], at: datetime) -> Glance | None:
    """What must be known to book a slot for somebody told at these addresses; None when it is not ours or is closed."""
    today = at.astimezone(PARIS).date()
    found = rows(_GLANCE, {"slot": slot_id, "key": key, "addresses": list(addresses), "at": at, "today": today})
    if not found:
        return None
    place_id, service, vaccine, starts_at, minutes, books_second, commune, *rest = found[0]
    place = Place(pk=place_id, location=Location(commune_code=commune), books_second=books_second)
    return Glance(Slot(pk=slot_id, place=place, service=service, vaccine=vaccine, starts_at=starts_at, minutes=minutes), *rest)


# In the order of the hours, so that the search stops at the last one wanted; `place, starts_at` is an index.
_OTHERS = """
    SELECT other.id, other.starts_at, location.commune_code
    FROM appointments_slot AS slot JOIN appointments_place AS place ON place.id = slot.place_id
    JOIN directory_location AS location ON location.id = place.location_id
    CROSS JOIN LATERAL (
        SELECT later.id, later.starts_at FROM appointments_slot AS later
        WHERE later.place_id = slot.place_id AND later.starts_at > %(at)s::timestamptz AND later.closed_at IS NULL
          AND later.service = slot.service AND later.vaccine = slot.vaccine
          AND EXISTS (SELECT FROM appointments_share AS share WHERE share.slot_id = later.id AND share.remaining > 0
                      AND (share.audience = '' OR share.released_on <= %(today)s::date))
        ORDER BY later.starts_at LIMIT %(most)s) AS other
    WHERE slot.id = %(slot)s"""


def other_hours(slot_id: int, *, at: datetime, most: int) -> list[tuple[int, datetime]]:
    """The first free slots of the same place, service and vaccine for everybody, each with its start there."""
    found = rows(_OTHERS, {"slot": slot_id, "at": at, "today": at.astimezone(PARIS).date(), "most": most})
    return [(pk, starts_at.astimezone(zone_of(departement_of(commune)))) for pk, starts_at, commune in found]
