"""One entry of a `ready_made.yaml`, checked when it is read: every figure of an entry says where it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache
from importlib import resources
from typing import Literal

import msgspec
import yaml

TOPICS = {
    "target": "cible",
    "objective": "objectif",
    "dates": "dates",
    "channels": "canaux",
    "capacity": "capacité",
    "medical": "secret médical",
}
"""What a source or an assumption may be about, and its French name."""


class InvalidEntry(ValueError):
    """An entry that says too little, or something unknown; names the file and the entry, in French."""


class Figure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A number of people of the nation that a source gives, to compare the synthetic country with.

    `counted`: `target`, the people to invite on `day`; `due`, those who could do the act by then, done or not;
    `concerned`, the population of the objective; each without those excluded. `channel`: only whom this one reaches.
    `low` and `high` bound the ratio synthetic / source that is accepted, and `why` says why they are so wide.
    """

    persons: int
    counted: Literal["target", "due", "concerned"]
    day: date
    low: float
    high: float
    source: str
    why: str
    channel: str = ""
    every_scheme: bool = False


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """See docs/how-to/ready-made-campaigns.md for each field."""

    slug: str
    title: str
    objective: str
    groups: tuple[str, ...]
    contact: Literal["information", "aller_vers"]
    channels: tuple[str, ...]
    template: str
    act: str = ""
    ages: tuple[int | None, int | None] = (None, None)
    within: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    unless_invited_by: tuple[str, ...] = ()
    starts_on: date | None = None
    ends_on: date | None = None
    channel_ends: dict[str, date] = {}
    objective_share: float | None = None
    weekly_capacity: int | None = None
    daily_calls: int | None = None
    medical: bool = False
    offers: Literal["", "slot", "home"] = ""
    every_scheme: bool = False
    sources: dict[str, str] = {}
    assumptions: dict[str, str] = {}
    figure: Figure | None = None

    @property
    def grounds(self) -> str:
        """Sources and assumptions, as the campaign's page shows them."""
        said = [f"{TOPICS[topic]} : {text}" for topic, text in self.sources.items()]
        assumed = [f"{TOPICS[topic]}, hypothèse : {text}" for topic, text in self.assumptions.items()]
        return " · ".join([*said, *assumed])


@cache
def entries(package: str) -> tuple[Entry, ...]:
    """The entries of `<package>/ready_made.yaml`, in the order of the file. Raises InvalidEntry."""
    return read((resources.files(package) / "ready_made.yaml").read_text("utf-8"), f"{package}/ready_made.yaml")


def read(text: str, name: str) -> tuple[Entry, ...]:
    """The entries of a file. Raises InvalidEntry, with the name of the file."""
    found = []
    for rank, raw in enumerate(yaml.safe_load(text) or [], 1):
        slug = raw.get("slug", f"n° {rank}") if isinstance(raw, dict) else f"n° {rank}"
        try:
            entry = msgspec.convert(raw, Entry)
        except msgspec.ValidationError as error:
            raise InvalidEntry(f"{name}, « {slug} » : {error}.") from None
        if problems := list(_problems(entry)):
            raise InvalidEntry(f"{name}, « {slug} » : {' ; '.join(problems)}.")
        found.append(entry)
    if len({entry.slug for entry in found}) != len(found):
        raise InvalidEntry(f"{name} : deux campagnes portent le même nom.")
    return tuple(found)


def _problems(entry: Entry) -> Iterator[str]:
    grounds = {*entry.sources, *entry.assumptions}
    if unknown := grounds - set(TOPICS):
        yield f"source ou hypothèse sur « {', '.join(sorted(unknown))} » ; attendu : {', '.join(TOPICS)}"
    for topic in _to_ground(entry):
        if topic not in grounds:
            yield f"ni source ni hypothèse pour « {topic} »"
    if stray := set(entry.channel_ends) - set(entry.channels):
        yield f"fin d'un canal que la campagne n'a pas : {', '.join(sorted(stray))}"
    if entry.starts_on and entry.ends_on and entry.ends_on <= entry.starts_on:
        yield "elle finit avant de commencer"
    if entry.offers and entry.channels != ("letter",):
        yield "un créneau ou une visite à domicile ne se proposent que par courrier"
    if entry.daily_calls is not None and "call" not in entry.channels:
        yield "des appels par jour, sans le canal « call »"


def _to_ground(entry: Entry) -> Iterator[str]:
    """What the entry decides itself; the groups are grounded by the doctrine."""
    yield from ("channels", "capacity")
    if entry.starts_on or entry.ends_on or entry.channel_ends:
        yield "dates"
    if entry.objective_share is not None:
        yield "objective"
    if entry.ages != (None, None) or entry.within or entry.outside or entry.unless_invited_by or entry.every_scheme:
        yield "target"
    if entry.medical:
        yield "medical"
