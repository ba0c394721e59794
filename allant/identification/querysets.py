"""Reads of identification files, in their own words. Every date is given."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from typing import Self

from django.db import models
from django.db.models import F, Q


class IdentityFileQuerySet(models.QuerySet):
    """Identification files."""

    def with_case(self) -> Self:
        """Each with its person and its case."""
        return self.select_related("person", "case")

    def standing(self) -> Self:
        """Not at their end: no number yet, or a case that goes on."""
        return self.filter(Q(case__isnull=True) | Q(case__ended_on__isnull=True))

    def waiting_for_number(self) -> Self:
        """SNGI has not answered."""
        return self.filter(numbered_on__isnull=True)

    def in_state(self, state: str) -> Self:
        """Whose case is in a state."""
        return self.filter(case__state=state)

    def due_within(self, day: date, days: int) -> Self:
        """With a deadline that takes effect within so many days of a day, or is past."""
        return self.filter(case__due_on__lte=day + timedelta(days=days))

    def living_in(self, departements: Collection[str]) -> Self:
        """Whose person resides in one of these départements."""
        return self.filter(person__departement_code__in=departements)

    def of_person(self, person: models.Model) -> Self:
        """Of a person, under their own record or one merged into it."""
        return self.filter(Q(person=person) | Q(person__merged_into=person))

    def of_number(self, number: str) -> Self:
        """Of whoever bears, or bore, this number (ID-03)."""
        from allant.people.models import Person

        bearers = Person.objects.with_matricule(number)
        return self.filter(
            Q(person__in=bearers) | Q(person__merged_into__in=bearers) | Q(person__absorbed__in=bearers)
        ).distinct()

    def soonest_first(self) -> Self:
        """What is due first comes first; what waits for nothing last."""
        return self.order_by(F("case__due_on").asc(nulls_last=True), "requested_on", "id")
