"""The free hours proposed to the person on the line: those of the Assurance Maladie first, nearest place first (AP-02, AP-03)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any

from allant.appointments import partner_offers
from allant.appointments.calendar import local_start
from allant.appointments.models import Place, Service, Slot
from allant.appointments.querysets import Wish
from allant.appointments.terms import terms
from allant.clock import PARIS
from allant.doctrine import rules
from allant.doctrine.age import age_on
from allant.geography import UnknownCommune, find, position_of
from allant.people.models import Person
from allant.vaccination.products import allowed_at, vaccine_label

AUDIENCE = "assurance_maladie"
MOST_PLACES, HOURS_A_PLACE = 5, 4


@dataclass(frozen=True)
class Search:
    """What the agent asks for: a service, near a town (the person's own when empty), from a day on, for which injection."""

    service: str
    town: str
    commune: str
    day: date | None
    rank: int
    accessible: bool

    @classmethod
    def read(cls, typed: Mapping[str, str], person: Person) -> Search:
        """What the page's form says; what cannot be read is left out."""
        town = typed.get("town", "").strip()[:60]
        places = find(town, 1) if len(town) >= 2 else []
        try:
            day = date.fromisoformat(typed.get("day", ""))
        except ValueError:
            day = None
        service = typed.get("service", "")
        return cls(
            service=service if service in Service.values else str(Service.VACCINATION), town=town,
            commune=places[0].code if places else "" if town else person.commune_code or "", day=day,
            rank=2 if typed.get("rank") == "2" else 1, accessible=typed.get("accessible") == "on",
        )  # fmt: skip

    @property
    def services(self) -> list[tuple[str, str]]:
        """The choices of the form."""
        return list(Service.choices)


@dataclass(frozen=True)
class Nearby:
    """A place with its first free hours; `known`: False when its partner did not answer, which is not « nothing free »."""

    place: Place
    km: float
    hours: list[dict[str, Any]]
    known: bool = True


def offers_for(search: Search, person: Person, now: datetime) -> list[Nearby]:
    """The nearest places with something free for this person. Raises UnknownCommune when nobody knows where to look."""
    wish = _wish(search, person, now)
    today = wish.today
    book = rules.as_known_on(today)
    found = Slot.objects.nearest(wish, most=MOST_PLACES * HOURS_A_PLACE, a_place=HOURS_A_PLACE)
    slots = Slot.objects.select_related("place__location").in_bulk([offer.slot_id for offer in found])
    nearby = []
    for (_, km), group in groupby(found, key=lambda offer: (offer.place_id, offer.km)):
        here = [slots[offer.slot_id] for offer in group]
        named = {slot.vaccine: vaccine_label(slot.vaccine, today, book) if slot.vaccine else "" for slot in here}
        hours = [{"slot": slot, "starts": local_start(slot), "vaccine": named[slot.vaccine]} for slot in here]
        nearby.append(Nearby(here[0].place, km, hours))
    return nearby


def _wish(search: Search, person: Person, now: datetime) -> Wish:
    if not search.commune:
        raise UnknownCommune("")
    today = now.astimezone(PARIS).date()
    first = max(search.day or today, today)
    latitude, longitude = position_of(search.commune)
    last = first + terms(rules.as_known_on(today), today).search
    return Wish(
        service=search.service, latitude=latitude, longitude=longitude,
        not_before=max(datetime.combine(first, time(), PARIS), now),
        until=datetime.combine(last, time(), PARIS) + timedelta(days=1), audience=AUDIENCE, today=today,
        vaccines=vaccines_of(search, person, first), accessible=search.accessible,
    )  # fmt: skip


def partner_offers_for(search: Search, person: Person, now: datetime) -> list[Nearby]:
    """The same of the nearest partners' places, whether they answer or not (AP-06). Raises UnknownCommune."""
    wish = _wish(search, person, now)
    found = partner_offers.near(
        (wish.latitude, wish.longitude), wish.not_before, wish.until, wish.today, most=MOST_PLACES, hours=HOURS_A_PLACE,
        vaccines=wish.vaccines, accessible=wish.accessible,
    )  # fmt: skip
    return [_at_partner(each, wish.today) for each in found]


def _at_partner(found: partner_offers.PartnerPlace, today: date) -> Nearby:
    book = rules.as_known_on(today)
    hours = [
        {"token": partner_offers.token_for(found.place, each), "vaccine": vaccine_label(each.vaccine, today, book),
         "starts": local_start(Slot(place=found.place, starts_at=each.starts_at))}
        for each in found.slots or ()
    ]  # fmt: skip
    return Nearby(found.place, found.km, hours, known=found.slots is not None)


def vaccines_of(search: Search, person: Person, on: date) -> tuple[str, ...]:
    """The vaccines that the doctrine of a day gives this person; none named: any."""
    if search.service != Service.VACCINATION or person.birth_date is None:
        return ()
    return allowed_at(age_on(person.birth_date, on), on, rules.as_known_on(on)) or ("none",)


def fits(slot: Slot, person: Person) -> bool:
    """Whether the slot's vaccine is one the doctrine gives this person that day."""
    if not slot.vaccine or person.birth_date is None:
        return True
    day = local_start(slot).date()
    return slot.vaccine in allowed_at(age_on(person.birth_date, day), day, rules.as_known_on(day))
