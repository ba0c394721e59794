"""Who may act for another insured person, asked anew at each act: representation ends one day.

The register names parents, guardians and others (`Representation`). Of a minor about whom it never named anybody, the
policyholder (ouvrant droit) they are attached to is taken for the representative. A spouse or a child of age represents nobody
by being one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Q

from allant.doctrine import RuleBook
from allant.doctrine.age import age_on, born_by
from allant.people.models import Person, Representation, RepresentationKind, Situation, SituationKind
from allant.people.querysets import PersonQuerySet


@dataclass(frozen=True)
class Represented:
    """A person and by what right one represents them."""

    person: Person
    kind: RepresentationKind


def represented_by(holder: Person, on: date, book: RuleBook) -> PersonQuerySet:
    """The living persons that one represents on a day, the eldest first; nobody for who is not known to be of age.

    Which kinds count for minors, for adults, and under a guardianship is the doctrine's (`insured.representatives`).
    """
    majority = book.value("insured.representation", on)["majority"]
    persons: PersonQuerySet = Person.objects.all()
    if holder.birth_date is None or age_on(holder.birth_date, on) < majority:
        return persons.none()
    minor, guarded = Q(birth_date__gt=born_by(majority, on)), Exists(_guardianships(on))
    records = Person.objects.filter(Q(pk=holder.pk) | Q(merged_into=holder.pk)).values("pk")
    held = Representation.objects.active_on(on).by(records).with_standing()
    ever_named = Representation.objects.with_standing().filter(standing=OuterRef("pk"))
    found = Q(policyholder__in=records) & minor & ~guarded & ~Exists(ever_named)
    for rule in book.value("insured.representatives", on):
        named = Q(pk__in=held.filter(kind=rule["kind"]).values("standing"))
        if not rule["of_adults"]:
            named &= minor
        if not rule["of_minors"]:
            named &= Q(birth_date__lte=born_by(majority, on))
        found |= named if rule["under_guardianship"] else named & ~guarded
    return persons.standing().alive_on(on).filter(found).exclude(pk=holder.pk).order_by("birth_date", "birth_rank", "pk")


def representations_by(holder: Person, on: date, book: RuleBook) -> list[Represented]:
    """The same, with by what right: that of the register, or parent for a policyholder. Two queries."""
    persons = list(represented_by(holder, on, book))
    if not persons:
        return []
    records = Person.objects.filter(Q(pk=holder.pk) | Q(merged_into=holder.pk)).values("pk")
    held = Representation.objects.active_on(on).by(records).with_standing().order_by("-pk")
    kinds = dict(held.values_list("standing", "kind"))
    return [Represented(one, RepresentationKind(kinds.get(one.pk, RepresentationKind.PARENT))) for one in persons]


def _guardianships(on: date) -> object:
    return Situation.objects.active_on(on).filter(person=OuterRef("pk"), kind=SituationKind.GUARDIANSHIP)
