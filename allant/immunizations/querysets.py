"""Reads of doses and lots, in their own words. Every date is given."""

from __future__ import annotations

from datetime import date
from typing import Self

from django.db import models
from django.db.models import F, Q


class DoseQuerySet(models.QuerySet):
    """Doses, all versions unless `current` is asked."""

    def current(self) -> Self:
        """Doses neither corrected nor cancelled since."""
        return self.filter(ended_at__isnull=True)

    def primary_complete_on(self, day: date) -> Self:
        """Current doses that completed a primary series by that day: one a person."""
        return self.current().filter(series="primary", dose_number=F("series_doses"), occurred_on__lte=day)

    def boosters_by(self, day: date) -> Self:
        """Current first boosters given by that day: one a person."""
        return self.current().filter(series="booster", occurred_on__lte=day)

    def given_to(self, person: models.Model) -> Self:
        """Doses of the person, and of the records merged into theirs."""
        return self.filter(Q(person=person) | Q(person__merged_into=person))

    def forced(self) -> Self:
        """Doses recorded against a rule, with a reason."""
        return self.exclude(forced_reason="")


class LotQuerySet(models.QuerySet):
    """Vaccine lots."""

    def usable_on(self, day: date) -> Self:
        """Lots neither expired nor recalled on that day; an unknown expiry does not exclude."""
        return self.filter(Q(expires_on__isnull=True) | Q(expires_on__gte=day)).filter(
            Q(recalled_on__isnull=True) | Q(recalled_on__gt=day)
        )

    def completing(self, vaccine: str, beginning: str) -> Self:
        """Lots of the vaccine whose number begins so (VC-30)."""
        return self.filter(vaccine=vaccine, number__istartswith=beginning.strip())
