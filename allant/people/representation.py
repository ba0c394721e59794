"""Who may act for another insured person: the policyholder (ouvrant droit), for the minors attached to them."""

from __future__ import annotations

from datetime import date

from django.db.models import Exists, OuterRef, Q

from allant.doctrine import RuleBook
from allant.doctrine.age import age_on
from allant.people.models import Person, Situation, SituationKind
from allant.people.querysets import PersonQuerySet


def represented_by(holder: Person, on: date, book: RuleBook) -> PersonQuerySet:
    """The living minors that a person represents on a day, the eldest first; nobody for who is not known to be of age.

    A minor under guardianship is left out: their representative is not the policyholder, and the register does not name them.
    """
    majority = book.value("insured.representation", on)["majority"]
    persons: PersonQuerySet = Person.objects.all()
    if holder.birth_date is None or age_on(holder.birth_date, on) < majority:
        return persons.none()
    records = Person.objects.filter(Q(pk=holder.pk) | Q(merged_into=holder.pk)).values("pk")
    under_guardianship = Situation.objects.active_on(on).filter(person=OuterRef("pk"), kind=SituationKind.GUARDIANSHIP)
    minors = persons.standing().alive_on(on).aged_under(majority, on).filter(policyholder__in=records)
    return minors.exclude(pk=holder.pk).exclude(Exists(under_guardianship)).order_by("birth_date", "birth_rank", "pk")
