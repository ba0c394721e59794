"""Reads of doses and lots, in their own words. Every date is given."""

from __future__ import annotations

from datetime import date
from typing import Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Replace, Upper

_VERSIONS = """
WITH RECURSIVE former AS (
    SELECT id, replaces_id FROM immunizations_dose WHERE id = %s
    UNION ALL
    SELECT dose.id, dose.replaces_id FROM immunizations_dose AS dose JOIN former ON dose.id = former.replaces_id
), version AS (
    SELECT id FROM former WHERE replaces_id IS NULL
    UNION ALL
    SELECT dose.id FROM immunizations_dose AS dose JOIN version ON dose.replaces_id = version.id
)
SELECT id FROM version
"""


LOT_NUMBER = Upper(Replace("lot", Value(" "), Value("")))  # `lot_number` of a dose, in SQL


def lot_number(typed: str) -> str:
    """A lot number as it is stored and compared: capitals, no space."""
    return "".join(typed.split()).upper()


class DoseQuerySet(models.QuerySet):
    """Doses, all versions unless `current` is asked."""

    def against(self, disease: str) -> Self:
        """Doses of one disease."""
        return self.filter(disease=disease)

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

    def cancelled_administratively(self) -> Self:
        """Doses that an administrator found false: they count nowhere else."""
        return self.filter(end_kind="administrative")

    def versions_of(self, dose: models.Model) -> Self:
        """Every version of the dose, whichever is given, first to last."""
        return self.filter(pk__in=RawSQL(_VERSIONS, [dose.pk])).order_by("version")

    def with_unlisted_lot(self) -> Self:
        """Current doses whose lot is not in the list of its vaccine: to be followed up (VC-30). No list of flu lots is kept."""
        return self._with_lot().filter(disease="covid19").exclude(Exists(_listed_lots()))

    def of_lot(self, vaccine: str, number: str) -> Self:
        """Current doses of one lot, however its number was typed."""
        return self._with_lot().filter(vaccine=vaccine, lot_number=lot_number(number))

    def _with_lot(self) -> Self:
        return self.current().exclude(lot="").annotate(lot_number=LOT_NUMBER)


class LotQuerySet(models.QuerySet):
    """Vaccine lots."""

    def usable_on(self, day: date) -> Self:
        """Lots neither expired nor recalled on that day; an unknown expiry does not exclude."""
        return self.filter(Q(expires_on__isnull=True) | Q(expires_on__gte=day)).filter(
            Q(recalled_on__isnull=True) | Q(recalled_on__gt=day)
        )

    def expired_on(self, day: date) -> Self:
        """Lots whose last day of use is before that day."""
        return self.filter(expires_on__lt=day)

    def recalled(self) -> Self:
        """Lots recalled, from whatever day."""
        return self.filter(recalled_on__isnull=False)

    def completing(self, vaccine: str, beginning: str) -> Self:
        """Lots of the vaccine whose number begins so (VC-30)."""
        return self.filter(vaccine=vaccine, number__startswith=lot_number(beginning))


class VolumeAlertQuerySet(models.QuerySet):
    """Alerts on the volume of an account."""

    def open(self) -> Self:
        """Those no administrator has closed."""
        return self.filter(closed_at__isnull=True)

    def blocking(self) -> Self:
        """Open ones whose account records nothing more."""
        return self.open().filter(recorded__gte=F("blocks_from"))


def _listed_lots() -> models.QuerySet:
    from allant.immunizations.models import Lot

    return Lot.objects.filter(vaccine=OuterRef("vaccine"), number=OuterRef("lot_number"))
