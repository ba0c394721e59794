"""Whose record a signed-in person may see: the identity a State service vouches for, found in the register.

Showing somebody else's record would be worse than showing none: anything short of one exact match is nobody.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from allant.people.models import BirthPrecision, Matricule, MatriculeKind, Person
from allant.people.querysets import PersonQuerySet

# The numbers whose 6th to 10th characters are the place of birth.
WITH_BIRTH_PLACE = (MatriculeKind.NIR, MatriculeKind.NIA)
# How many of year, month and day are known.
KNOWN_PARTS = {BirthPrecision.DAY: 3, BirthPrecision.MONTH: 2, BirthPrecision.YEAR: 1, BirthPrecision.NONE: 0}


class NotIdentified(LookupError):
    """Nobody in the register is surely this person; the message is in French and says nothing of who was found."""


@dataclass(frozen=True)
class PivotIdentity:
    """What FranceConnect states of a person: names of birth, birth date `AAAA-MM-JJ` (00 where unknown), sex `M` or `F`.

    `birth_place`: five characters, INSEE code of the commune, or `99` and three digits of the country; empty when unknown.
    """

    family_name: str
    given_names: str
    born: str
    sex: str
    birth_place: str

    @property
    def birth_date(self) -> date | None:
        """The whole date, or None when a part of it is unknown or it is no date."""
        try:
            return date.fromisoformat(self.born)
        except ValueError:
            return None


def person_of_pivot(pivot: PivotIdentity) -> Person | None:
    """The one living person with these names, birth date, sex and place of birth; None when there is none, or two.

    The place is read in the person's own number: without it the names alone would give somebody their homonym's record.
    """
    if pivot.birth_date is None or not pivot.sex or not pivot.birth_place or not _words(pivot.family_name + pivot.given_names):
        return None
    first = pivot.given_names.split()[:1]
    same = Person.objects.named(" ".join([pivot.family_name, *first])).filter(
        birth_date=pivot.birth_date, birth_precision=BirthPrecision.DAY, sex=pivot.sex
    )
    return _only(person for person in _born_in(same, pivot.birth_place) if _same_names(person, pivot))


def person_proving(pivot: PivotIdentity, number: str) -> Person:
    """The person who bears the number typed as a second proof, if the pivot agrees: first given name, birth date and sex.

    The family name may differ: the register often holds the name in use. Raises NotIdentified, in the same words whether the
    number is unknown or somebody else's.
    """
    bearers = Person.objects.with_matricule(number).select_related("merged_into")
    found = _only(person for person in bearers if _agrees(person, pivot))
    if found is None:
        raise NotIdentified("Ce numéro et l'identité transmise par FranceConnect ne désignent pas la même personne.")
    return found


def _born_in(persons: PersonQuerySet, place: str) -> list[Person]:
    """Of these persons, those with a number that says they were born there."""
    found = {person.pk: person for person in persons.select_related("merged_into")}
    numbers = Matricule.objects.filter(person__in=found, kind__in=WITH_BIRTH_PLACE)
    born_there = {owner for owner, value in numbers.values_list("person", "value") if value[5:10] == place}
    return [person for pk, person in found.items() if pk in born_there]


def _only(persons: Iterable[Person]) -> Person | None:
    """The one living person these records stand for."""
    standing = {person.pk: person for person in (record.merged_into or record for record in persons)}
    if len(standing) != 1:
        return None
    (person,) = standing.values()
    return person if person.died_on is None else None


def _same_names(person: Person, pivot: PivotIdentity) -> bool:
    """One family name, and given names of which one list begins the other: the register often keeps the first alone."""
    ours, theirs = _words(person.given_names), _words(pivot.given_names)
    shorter = min(len(ours), len(theirs))
    return _words(person.family_name) == _words(pivot.family_name) and shorter > 0 and ours[:shorter] == theirs[:shorter]


def _agrees(person: Person, pivot: PivotIdentity) -> bool:
    ours, theirs = _words(person.given_names)[:1], _words(pivot.given_names)[:1]
    return bool(ours) and ours == theirs and person.sex == pivot.sex and _same_birth(person, pivot.born)


def _same_birth(person: Person, born: str) -> bool:
    """Equal as far as both are known; the year at least."""
    if person.birth_date is None:
        return False
    known = KNOWN_PARTS[BirthPrecision(person.birth_precision)]
    ours, theirs = person.birth_date.isoformat().split("-")[:known], [part for part in born.split("-") if part.strip("0")]
    shorter = min(len(ours), len(theirs))
    return shorter > 0 and ours[:shorter] == theirs[:shorter]


def _words(name: str) -> list[str]:
    """`Élodie-Anne` → `elodie`, `anne`."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(letter))
    return "".join(letter if letter.isalnum() else " " for letter in plain).split()
