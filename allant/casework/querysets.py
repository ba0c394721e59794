"""Reads of cases, in their own words. Every date is given."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Self

from django.db import models


class CaseQuerySet(models.QuerySet):
    """Cases."""

    def of(self, process: str) -> Self:
        """Those of one process."""
        return self.filter(process=process)

    def standing(self) -> Self:
        """Not ended."""
        return self.filter(ended_on__isnull=True)

    def due_on(self, day: date) -> Self:
        """With a deadline that takes effect on or before this day, and was not made yet."""
        return self.filter(due_on__lte=day)

    def in_states(self, states: Collection[str]) -> Self:
        """In one of these states."""
        return self.filter(state__in=states)

    def living_in(self, departements: Collection[str]) -> Self:
        """Whose person resides in one of these départements."""
        return self.filter(person__departement_code__in=departements)

    def of_person(self, person_id: int) -> Self:
        """Those of a person, whichever of the records that stand for them bears each."""
        return self.filter(models.Q(person=person_id) | models.Q(person__merged_into=person_id))


class CaseEventQuerySet(models.QuerySet):
    """Events."""

    def timeline(self) -> Self:
        """As they happened to their case."""
        return self.order_by("case_id", "number")


class SweepQuerySet(models.QuerySet):
    """Passages."""

    def open(self) -> Self:
        """Begun and not ended."""
        return self.filter(ended_at__isnull=True)
