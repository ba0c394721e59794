"""A preview's splits in French words."""

from __future__ import annotations

from typing import Any

from allant.campaigns.workshop.preview import BAND, Preview
from allant.geography import departements
from allant.pages.campaigns.wording import ROWS_SHOWN, UNKNOWN, WITHOUT_CHANNEL, Breakdown, channel_name
from allant.people.models import Scheme, Sex

TITLES = {"age": "Âge", "sex": "Sexe", "departement": "Département", "channel": "Canal", "scheme": "Régime"}


def splits(seen: Preview) -> list[Breakdown]:
    """One split an axis; ages in their order, the rest by number of persons."""
    return [_split(axis, seen) for axis in TITLES]


def _split(axis: str, seen: Preview) -> Breakdown:
    counts = seen.by[axis]
    if axis == "age":
        counts = dict(sorted(counts.items(), key=lambda item: (item[0] is None, item[0] or 0)))
    rows = [(_label(axis, value), persons, 100 * persons / seen.count) for value, persons in counts.items()]
    shown = len(rows) if axis == "age" else ROWS_SHOWN
    return Breakdown(TITLES[axis], tuple(rows[:shown]), sum(persons for _, persons, _ in rows[shown:]))


def _label(axis: str, value: Any) -> str:
    if value is None:
        return WITHOUT_CHANNEL if axis == "channel" else UNKNOWN
    match axis:
        case "age":
            return f"{value} à {value + BAND - 1} ans"
        case "sex":
            return str(Sex(value).label)
        case "scheme":
            return str(Scheme(value).label)
        case "channel":
            return channel_name(value)
        case _:
            place = departements().get(value)
            return place.name if place else str(value)
