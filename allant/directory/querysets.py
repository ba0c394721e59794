"""Reads of the directory, in its own words."""

from __future__ import annotations

from typing import Self

from django.db import models


class OrganisationQuerySet(models.QuerySet):
    """Organisations."""

    def of_kind(self, *kinds: str) -> Self:
        """Organisations of one of these kinds."""
        return self.filter(kind__in=kinds)

    def in_departement(self, code: str) -> Self:
        """Organisations of the département (`01`, `2A`, `971`)."""
        return self.filter(departement_code=code)


class PractitionerQuerySet(models.QuerySet):
    """Health professionals."""

    def with_rpps(self, rpps: str) -> Self:
        """The professional with this RPPS number; spaces are ignored."""
        return self.filter(rpps=rpps.replace(" ", ""))

    def in_departement(self, code: str) -> Self:
        """Professionals who practise in the département."""
        return self.filter(departement_code=code)
