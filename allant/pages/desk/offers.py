"""The free hours shown beside the script: nearest places first, the reserved seats first, both injections together."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby

import numpy as np
from django.core import signing

from allant import clock
from allant.appointments.calendar import local_start
from allant.appointments.connector import PartnerDown, PartnerSlot, connector_for
from allant.appointments.models import Place, Service, Slot
from allant.appointments.querysets import Offer, Wish
from allant.appointments.terms import terms
from allant.campaigns.desk.booking import AUDIENCE
from allant.campaigns.desk.rules import desk_rules
from allant.doctrine import RuleBook, rules
from allant.doctrine.age import age_on
from allant.geography import UnknownCommune, position_of
from allant.geography.communes import great_circle_km
from allant.people.models import Person
from allant.vaccination.products import authorised, vaccine_label
from allant.vaccination.second_appointment import second_slots

SALT = "allant.desk.partner-slot"
COVID = "covid19"
SLOT_KEYS = "abdefghijklmopqstuvwxyz"
"""Letters of the free hours in the page; those of other keys are left out (c: call, n: noted, r: call again)."""


@dataclass(frozen=True)
class Hour:
    """One free hour, with the second injection booked along with it, if the place allows.

    `token`: of a partner's slot; `key`: on the agent's keyboard.
    """

    starts: datetime
    vaccine: str
    slot: int = 0
    second: int | None = None
    second_starts: datetime | None = None
    token: str = ""
    key: str = ""


@dataclass(frozen=True)
class Nearby:
    """A place with its first free hours. `known`: False when its partner did not answer, which is not « nothing free »."""

    place: Place
    km: float
    hours: list[Hour] = field(default_factory=list)
    known: bool = True


def vaccines_for(person: Person, on: date, book: RuleBook) -> tuple[str, ...]:
    """The vaccines that the doctrine of a day gives at the person's age; any when their birth is unknown."""
    if person.birth_date is None:
        return ()
    age = age_on(person.birth_date, on)
    rows = authorised(on, book)
    return tuple(row["code"] for row in rows if age >= row["min_age"] and age >= row["recommended_from"]) or ("none",)


def near(person: Person, at: datetime) -> list[Nearby] | None:
    """The nearest free hours of our calendar; None when nobody knows where the person lives."""
    today = at.astimezone(clock.PARIS).date()
    book = rules.as_known_on(today)
    position = _position(person)
    if position is None:
        return None
    shown, until = desk_rules(book, today), at + terms(book, today).search
    wish = Wish(
        service=str(Service.VACCINATION), latitude=position[0], longitude=position[1], not_before=at, until=until,
        audience=AUDIENCE, today=today, vaccines=vaccines_for(person, today, book),
    )  # fmt: skip
    offers = Slot.objects.nearest(wish, most=shown.places * shown.hours_a_place, a_place=shown.hours_a_place)
    return _by_place(offers, today, book)


def _position(person: Person) -> tuple[float, float] | None:
    try:
        return position_of(person.commune_code) if person.commune_code else None
    except UnknownCommune:
        return None


def _by_place(offers: list[Offer], today: date, book: RuleBook) -> list[Nearby]:
    slots = Slot.objects.select_related("place__location").in_bulk([offer.slot_id for offer in offers])
    seconds, keys = second_slots(list(slots.values()), AUDIENCE, today, book), iter(SLOT_KEYS)
    found = []
    for (_, km), group in groupby(offers, key=lambda offer: (offer.place_id, offer.km)):
        here = [slots[offer.slot_id] for offer in group]
        hours = [_hour(slot, seconds.get(slot.pk), next(keys, ""), today, book) for slot in here]
        found.append(Nearby(here[0].place, km, hours))
    return found


def _hour(slot: Slot, second: Slot | None, key: str, today: date, book: RuleBook) -> Hour:
    return Hour(
        starts=local_start(slot), vaccine=vaccine_label(slot.vaccine, today, book), slot=slot.pk, second=second and second.pk,
        second_starts=second and local_start(second), key=key,
    )  # fmt: skip


def near_partners(person: Person, at: datetime) -> list[Nearby]:
    """The nearest places of booking partners with what each answers; one that does not answer is « unknown »."""
    today = at.astimezone(clock.PARIS).date()
    book = rules.as_known_on(today)
    position = _position(person)
    if position is None:
        return []
    shown, until = desk_rules(book, today), at + terms(book, today).search
    allowed, down = vaccines_for(person, today, book), set[str]()
    found = []
    for place, km in _nearest_partners(position, today, shown.places):
        slots: list[PartnerSlot] | None = None
        if place.partner not in down:
            try:
                slots = connector_for(place.partner).free_slots(place.partner_reference, at, until)
            except PartnerDown:
                down.add(place.partner)  # asked once a page: an agent is on the telephone
        fitting = [slot for slot in slots or () if not allowed or slot.vaccine in allowed][: shown.hours_a_place]
        hours = [_partner_hour(place, slot, today, book) for slot in fitting]
        found.append(Nearby(place, km, hours, known=slots is not None))
    return found


def _nearest_partners(position: tuple[float, float], today: date, most: int) -> list[tuple[Place, float]]:
    """Places in partners' calendars with their distance in kilometres, nearest first: that of `SlotQuerySet.nearest`."""
    places = list(Place.objects.open_on(today).exclude(partner="").values_list("pk", "latitude", "longitude"))
    if not places:
        return []
    far = great_circle_km(np.array([place[1:] for place in places]), np.array(position)).tolist()
    nearest = sorted(zip(far, (place[0] for place in places), strict=True))[:most]
    found = Place.objects.select_related("location").in_bulk([pk for _, pk in nearest])
    return [(found[pk], km) for km, pk in nearest]


def _partner_hour(place: Place, slot: PartnerSlot, today: date, book: RuleBook) -> Hour:
    said = {
        "place": place.pk, "reference": slot.reference, "at": slot.starts_at.isoformat(), "minutes": slot.minutes,
        "vaccine": slot.vaccine,
    }  # fmt: skip
    return Hour(
        starts=local_start(Slot(place=place, starts_at=slot.starts_at)), vaccine=vaccine_label(slot.vaccine, today, book),
        token=signing.dumps(said, salt=SALT),
    )  # fmt: skip


def partner_slot(token: str) -> tuple[Place, PartnerSlot]:
    """The partner's slot that a key of the page stands for. Raises signing.BadSignature when it is not ours."""
    said = signing.loads(token, salt=SALT, max_age=3600)
    place = Place.objects.select_related("location").get(pk=said["place"])
    return place, PartnerSlot(said["reference"], datetime.fromisoformat(said["at"]), said["minutes"], said["vaccine"])
