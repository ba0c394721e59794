"""Reads of the directory, in its own words."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Q

from allant.geography import fold

MIN_CHARACTERS = 2


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


class LocationQuerySet(models.QuerySet):
    """Places where acts are done."""

    def completing(self, text: str) -> Self:
        """Places whose postcode begins so, or whose name has a word that does (VC-31); none before two characters."""
        wanted = fold(text)
        if len(wanted) < MIN_CHARACTERS:
            return self.none()
        if wanted.isdigit():
            return self.filter(postcode__startswith=wanted)
        return self.filter(Q(search_name__startswith=wanted) | Q(search_name__contains=f" {wanted}"))
