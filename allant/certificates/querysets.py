"""Reads of certificates and keys, in their own words."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce, Least

from allant.immunizations.models import Dose, EndKind, Infection


class CertificateQuerySet(models.QuerySet):
    """Certificates, all versions unless `standing` is asked.

    Revocation is computed, never copied: a certificate is revoked when it was ended, when the dose or the infection it states was
    corrected or cancelled, when its key was withdrawn. So it is revoked at the very instant, whichever way the dose was ended.
    """

    def with_fate(self) -> Self:
        """With `revoked_at` and `fate` (`replaced`, `cancelled`, `administrative`, `key`), empty while it stands."""
        dose = Dose.objects.filter(pk=OuterRef("source_id"))
        is_dose, is_infection = Q(source="dose"), Q(source="infection")
        gone = is_infection & ~Exists(Infection.objects.filter(pk=OuterRef("source_id"), occurred_on=OuterRef("states_on")))
        dose_ended = Case(When(is_dose, then=Subquery(dose.values("ended_at")[:1])))
        infection_gone = Case(When(gone, then=Coalesce("ended_at", "issued_at")))
        return self.annotate(
            dose_end=Case(
                When(is_dose, then=Subquery(dose.values("end_kind")[:1])), default=Value(""), output_field=models.CharField()
            ),
            revoked_at=Least(F("ended_at"), dose_ended, F("key__withdrawn_at"), infection_gone),
            fate=Case(
                When(dose_end=EndKind.ADMINISTRATIVE, then=Value("administrative")),
                When(revoked_at__isnull=True, then=Value("")),
                When(dose_end=EndKind.CANCELLED, then=Value("cancelled")),
                When(key__withdrawn_at__isnull=False, then=Value("key")),
                default=Value("replaced"),
                output_field=models.CharField(),
            ),
        )

    def standing(self) -> Self:
        """Those that verify."""
        return self.with_fate().filter(revoked_at__isnull=True)

    def revoked(self) -> Self:
        """Those that no longer verify."""
        return self.with_fate().filter(revoked_at__isnull=False)

    def unexpired_on(self, at: datetime) -> Self:
        """Those whose signature is still in its dates."""
        return self.filter(expires_at__gte=at)

    def cancelled_administratively(self) -> Self:
        """Those of doses that an administrator found false: counted apart from corrections of errors."""
        return self.revoked().filter(fate="administrative")


class SigningKeyQuerySet(models.QuerySet):
    """Keys of ours."""

    def trusted(self) -> Self:
        """Those that a verifier trusts: not withdrawn, whether they still sign or not."""
        return self.filter(withdrawn_at__isnull=True)

    def signing(self, use: str) -> Self:
        """The one that signs now."""
        return self.trusted().filter(use=use, signs_until__isnull=True)
