"""Slots made from schedules, and the hour they show on the wall of the place."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from allant.appointments.models import Place, Slot
from allant.geography import departement_of, zone_of

# A schedule's reserved seats and everybody's are written with the slot; a slot that exists is left as it is.
_MAKE = """
    WITH opening AS (
        SELECT schedule.*, day::date AS day
        FROM appointments_schedule AS schedule
        CROSS JOIN generate_series(%(first)s::date, %(last)s::date - 1, interval '1 day') AS day
        WHERE schedule.place_id = ANY(%(places)s) AND extract(isodow FROM day) = schedule.weekday
          AND schedule.starts_on <= day AND (schedule.ends_on IS NULL OR day < schedule.ends_on)
          AND NOT EXISTS (SELECT FROM appointments_closure AS closure WHERE closure.place_id = schedule.place_id
                          AND closure.starts_on <= day AND day < closure.ends_on)
          AND NOT (day::date = ANY(%(holidays)s))),
    slot AS (
        INSERT INTO appointments_slot (place_id, schedule_id, service, vaccine, starts_at, minutes)
        SELECT place_id, id, service, vaccine, (day + time) AT TIME ZONE %(zone)s, minutes
        FROM opening CROSS JOIN LATERAL generate_series(
            day + opens_at, day + closes_at - minutes * interval '1 minute', minutes * interval '1 minute') AS moment
        CROSS JOIN LATERAL (SELECT moment::time AS time) AS hour
        ON CONFLICT DO NOTHING RETURNING id, schedule_id, starts_at),
    share AS (
        SELECT slot.id AS slot_id, reserved.key AS audience, reserved.value::int AS seats,
               (slot.starts_at AT TIME ZONE %(zone)s)::date - schedule.release_days AS released_on
        FROM slot JOIN appointments_schedule AS schedule ON schedule.id = slot.schedule_id
        CROSS JOIN LATERAL jsonb_each_text(schedule.quotas) AS reserved
        UNION ALL
        SELECT slot.id, '', schedule.capacity - (SELECT coalesce(sum(value::int), 0) FROM jsonb_each_text(schedule.quotas)), NULL
        FROM slot JOIN appointments_schedule AS schedule ON schedule.id = slot.schedule_id),
    written AS (
        INSERT INTO appointments_share (slot_id, audience, capacity, remaining, released_on)
        SELECT slot_id, audience, seats, seats, released_on FROM share WHERE seats > 0)
    SELECT count(*) FROM slot"""


@transaction.atomic
def make_slots(place: Place, first: date, last: date, *, holidays: frozenset[date] = frozenset()) -> int:
    """Make the slots of a place from its schedules over days `[first, last)`; how many are new. Run again, it adds nothing.

    `holidays`: days on which the place is closed like everybody, in its territory.
    """
    values = {
        "first": first, "last": last, "places": [place.pk], "zone": str(zone_at(place)),
        "holidays": sorted(holidays),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_MAKE, values)
        return int(cursor.fetchone()[0])


def local_start(slot: Slot) -> datetime:
    """When a slot begins, by the clock on the wall of its place."""
    return slot.starts_at.astimezone(zone_at(slot.place))


def zone_at(place: Place) -> ZoneInfo:
    """The time zone of a place."""
    return zone_of(departement_of(place.location.commune_code))
