"""Reads of vouchers and deliveries, in their own words."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Q


class _OfPeople(models.QuerySet[Any]):
    """Rows about a person and a season."""

    def of_season(self, season: str) -> Self:
        """Those of one season."""
        return self.filter(season=season)

    def borne_by(self, person: models.Model) -> Self:
        """Those of a person, under their own record or one merged into it."""
        return self.filter(Q(person=person) | Q(person__merged_into=person))


class VoucherQuerySet(_OfPeople):
    """Vouchers."""

    def standing(self) -> Self:
        """Not revoked."""
        return self.filter(revoked_at__isnull=True)


class DeliveryQuerySet(_OfPeople):
    """Vaccines delivered."""

    def standing(self) -> Self:
        """Not cancelled."""
        return self.filter(cancelled_at__isnull=True)

    def injected(self) -> Self:
        """Whose dose is recorded and still counts."""
        return self.standing().filter(dose__isnull=False, dose__ended_at__isnull=True)
