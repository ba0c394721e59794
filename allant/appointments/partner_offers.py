"""The free hours of partners' calendars near a point, or that they are unknown (AP-06): a silence is never « no slot »."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from django.core import signing
from django.core.cache import caches

from allant.appointments.connector import PartnerDown, PartnerSlot, connector_for
from allant.appointments.models import Place
from allant.geography.communes import great_circle_km

SALT = "allant.appointments.partner-slot"
KEPT, KEPT_DOWN = 60, 15
"Seconds for which an answer, or a silence, stands for every visitor: a partner is not asked once a visit."
VALID = 3_600
DOWN = "down"


@dataclass(frozen=True)
class PartnerPlace:
    """A place with its first free hours; `slots` is None when its partner did not answer: unknown."""

    place: Place
    km: float
    slots: list[PartnerSlot] | None


def nearest(position: tuple[float, float], today: date, most: int, *, accessible: bool = False) -> list[tuple[Place, float]]:
    """Places in partners' calendars with their distance in kilometres, nearest first."""
    places = Place.objects.open_on(today).exclude(partner="")
    rows = list((places.filter(accessible=True) if accessible else places).values_list("pk", "latitude", "longitude"))
    if not rows:
        return []
    far = great_circle_km(np.array([row[1:] for row in rows]), np.array(position)).tolist()
    chosen = sorted(zip(far, (row[0] for row in rows), strict=True))[:most]
    found = Place.objects.select_related("location").in_bulk([pk for _, pk in chosen])
    return [(found[pk], km) for km, pk in chosen]


def near(
    position: tuple[float, float], not_before: datetime, until: datetime, today: date, *, most: int, hours: int,
    vaccines: Collection[str] = (), accessible: bool = False,
) -> list[PartnerPlace]:  # fmt: skip
    """The nearest partners' places with at most `hours` free hours each. A partner that is down is asked once a search."""
    down: set[str] = set()
    found = []
    for place, km in nearest(position, today, most, accessible=accessible):
        slots = None if place.partner in down else _free(place, not_before, until)
        if slots is None:
            down.add(place.partner)
        fitting = None if slots is None else [each for each in slots if not vaccines or each.vaccine in vaccines][:hours]
        found.append(PartnerPlace(place, km, fitting))
    return found


def _free(place: Place, not_before: datetime, until: datetime) -> list[PartnerSlot] | None:
    cache = caches["partners"]
    key = f"partner-slots:{place.pk}:{not_before:%Y%m%d%H%M}:{until:%Y%m%d%H}"
    known: list[PartnerSlot] | str | None = cache.get(key)
    if known is None:
        try:
            known = connector_for(place.partner).free_slots(place.partner_reference, not_before, until)
            cache.set(key, known, KEPT)
        except PartnerDown:
            known = DOWN
            cache.set(key, known, KEPT_DOWN)
    return None if isinstance(known, str) else known


def token_for(place: Place, slot: PartnerSlot) -> str:
    """What a link to a partner's slot bears, signed: no address nor reference comes from a visitor."""
    said = {"p": place.pk, "r": slot.reference, "a": slot.starts_at.isoformat(), "m": slot.minutes, "v": slot.vaccine}
    return signing.dumps(said, salt=SALT, compress=True).replace(":", "~")


def slot_of(token: str) -> tuple[Place, PartnerSlot]:
    """The place and slot of a link. Raises signing.BadSignature when it is not ours or is older than an hour."""
    said = signing.loads(token.replace("~", ":"), salt=SALT, max_age=VALID)
    place = Place.objects.select_related("location").get(pk=said["p"])
    return place, PartnerSlot(said["r"], datetime.fromisoformat(said["a"]), said["m"], said["v"])
