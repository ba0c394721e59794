"""What the rules of the téléservice ask about one person: age, situations, infections, under all of their merged records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db.models import Q

from allant.doctrine.age import age_on
from allant.immunizations.models import COVID19, Infection
from allant.people.models import Person, Situation

SITUATION_COLUMNS = ("kind", "code", "starts_on", "ends_on")


@dataclass(frozen=True, slots=True)
class Known:
    """`person` is the record that stands; `records` are its number and those of the records it absorbed."""

    person: Person
    records: tuple[int, ...] = ()
    infections: tuple[date, ...] = ()
    situations: tuple[Mapping[str, Any], ...] = ()

    def age_on(self, on: date) -> int | None:
        """Whole years on a day; None when the birth date is not known."""
        born = self.person.birth_date
        return None if born is None else age_on(born, on)

    def in_situation(self, name: str, on: date) -> bool:
        """Whether a situation, `kind` or `kind:code`, is known to be true on a day."""
        kind, _, code = name.partition(":")
        return any(row["kind"] == kind and code in ("", row["code"]) and _holds(row, on) for row in self.situations)

    def infected_by(self, on: date) -> date | None:
        """The earliest infection known to have occurred by a day, the one that counts in the schedule."""
        return min((day for day in self.infections if day <= on), default=None)


def told(name: str) -> dict[str, Any]:
    """A situation, `kind` or `kind:code`, as a professional declared it: without dates."""
    kind, _, code = name.partition(":")
    return {"kind": kind, "code": code, "starts_on": None, "ends_on": None}


def with_told(known: Known, names: Iterable[str]) -> Known:
    """What is known with what a professional declared: the register learns an immunodepression after the bedside does."""
    return replace(known, situations=(*known.situations, *(told(name) for name in names)))


def known_of(person: Person) -> Known:
    """Read it all, in four queries at most; a record merged into another speaks for the survivor."""
    survivor = person if person.merged_into_id is None else Person.objects.get(pk=person.merged_into_id)
    standing = Q(pk=survivor.pk) | Q(merged_into=survivor.pk)
    records = tuple(Person.objects.filter(standing).order_by("pk").values_list("pk", flat=True))
    infections = Infection.objects.filter(person__in=records, disease=COVID19).order_by("occurred_on")
    situations = Situation.objects.filter(person__in=records).order_by("kind", "code", "starts_on")
    return Known(
        survivor,
        records,
        tuple(infections.values_list("occurred_on", flat=True)),
        tuple(situations.values(*SITUATION_COLUMNS)),
    )


def lock(person: Person) -> None:
    """One act at a time for a person, under whichever of their merged records it comes; inside a transaction."""
    Person.objects.select_for_update(no_key=True).only("pk").get(pk=person.merged_into_id or person.pk)


def _holds(row: Mapping[str, Any], on: date) -> bool:
    return (row["starts_on"] is None or row["starts_on"] <= on) and (row["ends_on"] is None or row["ends_on"] > on)
