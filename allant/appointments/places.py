"""Places, their weekly openings and their closures, as those who run them enter them (AP-01, AP-02)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

import pghistory
from django.db import connection, transaction

from allant import clock
from allant.appointments.calendar import make_slots, zone_at
from allant.appointments.ending import close_slots
from allant.appointments.models import Appointment, Closure, Place, Schedule, Slot
from allant.appointments.public_holidays import holidays_between
from allant.appointments.querysets import SlotQuerySet
from allant.directory.actions import LocationRefused, location_for
from allant.directory.models import Organisation
from allant.doctrine import RuleBook
from allant.geography import UnknownCommune, departement_of, position_of


class PlaceRefused(ValueError):
    """What was entered cannot be kept; says why and what to do, in French."""


@dataclass(frozen=True, kw_only=True)
class PlaceEntry:
    """A place as entered. `kind`: a code of `teleservice.places`; without coordinates, those of the commune stand."""

    kind: str
    name: str
    postcode: str
    commune_code: str
    address: str = ""
    latitude: float | None = None
    longitude: float | None = None
    accessible: bool = False
    phone: str = ""
    opening: str = ""
    books_second: bool = True


@dataclass(frozen=True, kw_only=True)
class Opening:
    """A weekly opening as entered. `weekday`: 1 is Monday; `quotas`: audience → seats of each slot kept for it."""

    service: str
    weekday: int
    opens_at: time
    closes_at: time
    minutes: int
    capacity: int
    starts_on: date
    ends_on: date | None = None
    vaccine: str = ""
    quotas: Mapping[str, int] = field(default_factory=dict)
    release_days: int = 0


@transaction.atomic
def add_place(entry: PlaceEntry, *, organisation: Organisation | None, by: str) -> Place:
    """A new place that takes appointments. Raises PlaceRefused."""
    try:
        location = location_for(
            kind=entry.kind, name=entry.name, postcode=entry.postcode, commune_code=entry.commune_code, organisation=organisation,
            by=by,
        )  # fmt: skip
    except LocationRefused as refusal:
        raise PlaceRefused(str(refusal)) from refusal
    if location.organisation_id is not None and organisation is not None and location.organisation_id != organisation.pk:
        raise PlaceRefused("Ce lieu est tenu par une autre structure : choisissez un nom qui le distingue du sien.")
    if Place.objects.filter(location=location).exists():
        raise PlaceRefused("Ce lieu prend déjà des rendez-vous : modifiez-le, ou donnez un nom qui distingue celui-ci.")
    with pghistory.context(by=by):
        return Place.objects.create(location=location, **_values(entry))


@transaction.atomic
def change_place(place: Place, entry: PlaceEntry, *, by: str) -> Place:
    """Correct what may change without moving the place: its kind, name and commune stay, for the acts done there."""
    found = Place.objects.select_for_update().get(pk=place.pk)
    for name, value in _values(entry).items():
        setattr(found, name, value)
    with pghistory.context(by=by):
        found.save()
    return found


def _values(entry: PlaceEntry) -> dict[str, object]:
    latitude, longitude = entry.latitude, entry.longitude
    if (latitude is None) != (longitude is None):
        raise PlaceRefused("Indiquez la latitude et la longitude, ou aucune des deux : celles de la commune serviront.")
    if latitude is None or longitude is None:
        try:
            latitude, longitude = position_of(entry.commune_code)
        except UnknownCommune as unknown:
            raise PlaceRefused("Les coordonnées de cette commune sont inconnues : indiquez celles du lieu.") from unknown
    return {
        "address": entry.address, "latitude": latitude, "longitude": longitude, "accessible": entry.accessible,
        "phone": entry.phone, "opening": entry.opening, "books_second": entry.books_second,
    }  # fmt: skip


@transaction.atomic
def add_opening(place: Place, entry: Opening, *, by: str) -> Schedule:
    """A new weekly opening; its slots come with the next `make_ahead`. Raises PlaceRefused."""
    _check(entry)
    rivals = Schedule.objects.filter(
        place=place, weekday=entry.weekday, service=entry.service, vaccine=entry.vaccine, opens_at__lt=entry.closes_at,
        closes_at__gt=entry.opens_at,
    ).exclude(ends_on__lte=entry.starts_on)  # fmt: skip
    if entry.ends_on is not None:
        rivals = rivals.filter(starts_on__lt=entry.ends_on)
    if rivals.exists():
        raise PlaceRefused("Une plage du même jour couvre déjà ces heures pour le même usage : arrêtez-la d'abord.")
    with pghistory.context(by=by):
        return Schedule.objects.create(place=place, **{**vars(entry), "quotas": dict(entry.quotas)})


def _check(entry: Opening) -> None:
    length = (datetime.combine(date.min, entry.closes_at) - datetime.combine(date.min, entry.opens_at)).total_seconds() / 60
    if length < entry.minutes:
        raise PlaceRefused("La plage est plus courte qu'un créneau : vérifiez ses heures et la durée d'un créneau.")
    _check_quotas(entry.quotas, entry.capacity)
    if entry.ends_on is not None and entry.ends_on <= entry.starts_on:
        raise PlaceRefused("La plage finit avant de commencer : vérifiez ses dates.")


def _check_quotas(quotas: Mapping[str, int], capacity: int) -> None:
    if sum(quotas.values()) > capacity:
        raise PlaceRefused(f"Plus de places réservées que de places : un créneau en a {capacity}.")


@transaction.atomic
def reserve(
    schedule: Schedule, quotas: Mapping[str, int], release_days: int, *, by: str, book: RuleBook, at: datetime | None = None
) -> int:
    """Change what an opening keeps for whom (AP-02); its slots to come that nobody booked are made again. How many.

    A slot where somebody has, or had, an appointment keeps its seats as they were.
    """
    at = at or clock.now()
    _check_quotas(quotas, schedule.capacity)
    schedule.quotas, schedule.release_days = {code: seats for code, seats in quotas.items() if seats}, release_days
    with pghistory.context(by=by):
        schedule.save(update_fields=["quotas", "release_days"])
    free = _lock_free(schedule, at)
    days = [row[1] for row in free]
    with connection.cursor() as cursor:
        ids = [row[0] for row in free]
        cursor.execute("DELETE FROM appointments_share WHERE slot_id = ANY(%s)", [ids])
        cursor.execute("DELETE FROM appointments_slot WHERE id = ANY(%s)", [ids])
    if days:
        _make(schedule.place, min(days), max(days) + timedelta(days=1), book)
    return len(free)


def _lock_free(schedule: Schedule, at: datetime) -> list[tuple[int, date]]:
    """The slots to come that no appointment names, locked against a booking under way; id and day at the place."""
    zone = str(zone_at(schedule.place))
    slots = "SELECT id FROM appointments_slot WHERE schedule_id = %s AND starts_at > %s AND closed_at IS NULL"
    with connection.cursor() as cursor:
        # In two statements: the second sees what was booked while the first waited.
        cursor.execute(f"SELECT FROM appointments_share WHERE slot_id IN ({slots}) ORDER BY id FOR UPDATE", [schedule.pk, at])
        cursor.execute(
            f"""SELECT id, (starts_at AT TIME ZONE %s)::date FROM appointments_slot WHERE id IN ({slots})
                AND NOT EXISTS (SELECT FROM appointments_appointment AS had WHERE had.slot_id = appointments_slot.id)""",
            [zone, schedule.pk, at],
        )
        return list(cursor.fetchall())


@transaction.atomic
def end_opening(schedule: Schedule, on: date, *, by: str, reason: str, at: datetime | None = None) -> list[int]:
    """An opening ends on a day (excluded); its slots from then on are closed. The appointments concerned, to be told."""
    on = max(on, schedule.starts_on + timedelta(days=1))
    schedule.ends_on = on
    with pghistory.context(by=by):
        schedule.save(update_fields=["ends_on"])
    return close_slots(list(_slots_after(schedule, on).values_list("pk", flat=True)), by=by, reason=reason, at=at)


def booked_after(schedule: Schedule, on: date) -> int:
    """How many appointments the end of an opening on a day would end."""
    return Appointment.objects.open().filter(slot__in=_slots_after(schedule, on)).count()


def _slots_after(schedule: Schedule, on: date) -> SlotQuerySet:
    return Slot.objects.filter(schedule=schedule, starts_at__gte=_midnight(schedule.place, on), closed_at=None)


@transaction.atomic
def close_days(
    place: Place, first: date, last: date, *, by: str, reason: str, at: datetime | None = None
) -> tuple[Closure, list[int]]:
    """The place is closed over `[first, last)`: its slots are closed; the closure, and the appointments to be told."""
    if last <= first:
        raise PlaceRefused("La fermeture finit avant de commencer : vérifiez ses dates.")
    with pghistory.context(by=by):
        closure = Closure.objects.create(place=place, starts_on=first, ends_on=last, reason=reason)
    concerned = list(slots_between(place, first, last).values_list("pk", flat=True))
    return closure, close_slots(concerned, by=by, reason=reason, at=at)


def slots_between(place: Place, first: date, last: date) -> SlotQuerySet:
    """The open slots of a place over days `[first, last)` of its own clock."""
    return Slot.objects.filter(
        place=place, starts_at__gte=_midnight(place, first), starts_at__lt=_midnight(place, last), closed_at=None
    )


def booked_between(place: Place, first: date, last: date) -> int:
    """How many appointments a closure of `[first, last)` would end."""
    return Appointment.objects.open().filter(slot__in=slots_between(place, first, last)).count()


def make_ahead(today: date, book: RuleBook, places: Iterable[Place] | None = None) -> int:
    """Make the slots of the weeks to come, of some places or of all; how many are new. Run again, it adds nothing."""
    until = today + timedelta(weeks=int(book.value("appointments.horizon", today)))
    if places is None:
        places = Place.objects.open_on(today).filter(partner="").select_related("location")
    return sum(_make(place, today, until, book) for place in places)


def _make(place: Place, first: date, last: date, book: RuleBook) -> int:
    closed = holidays_between(departement_of(place.location.commune_code), first, last, book)
    return make_slots(place, first, last, holidays=closed)


def _midnight(place: Place, day: date) -> datetime:
    return datetime.combine(day, time(), zone_at(place))
