"""Who acts: organisations and health professionals; and the loads of the whole register."""

from __future__ import annotations

from typing import Any

import pghistory
import pgtrigger
from django.db import models

from allant.directory.querysets import LocationQuerySet, OrganisationQuerySet, PractitionerQuerySet
from allant.geography import fold


class OrganisationKind(models.TextChoices):
    """Kinds of organisation the platform knows."""

    CPAM = "cpam", "Caisse primaire d'assurance maladie"
    NATIONAL_FUND = "national_fund", "Caisse nationale"
    SCHEME = "scheme", "Autre régime"
    STATE_PLATFORM = "state_platform", "Plateforme de l'État"
    PRACTICE = "practice", "Cabinet ou officine"
    CENTRE = "centre", "Centre de vaccination"
    PARTNER = "partner", "Partenaire"


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Organisation(models.Model):
    """A fund, a practice, a centre, a partner (FHIR Organization)."""

    code = models.CharField("code", max_length=32, unique=True)
    name = models.CharField("nom", max_length=200)
    kind = models.CharField("nature", max_length=20, choices=OrganisationKind)
    departement_code = models.CharField("département", max_length=3, blank=True, default="", db_default="")
    email = models.EmailField("adresse électronique", blank=True, default="", db_default="")

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        verbose_name = "organisme"
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Practitioner(models.Model):
    """A health professional, known by the RPPS number (FHIR Practitioner)."""

    rpps = models.CharField("RPPS", max_length=11, unique=True)
    family_name = models.CharField("nom", max_length=100)
    given_names = models.CharField("prénoms", max_length=200)
    profession = models.CharField("profession", max_length=40)
    departement_code = models.CharField("département", max_length=3, blank=True, default="", db_default="")
    email = models.EmailField("adresse électronique", blank=True, default="", db_default="")

    objects: PractitionerQuerySet = PractitionerQuerySet.as_manager()  # type: ignore[assignment]  # it has its methods

    class Meta:
        verbose_name = "professionnel de santé"
        verbose_name_plural = "professionnels de santé"
        ordering = ("family_name", "given_names", "id")

    def __str__(self) -> str:
        return f"{self.given_names} {self.family_name}"


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent(), exclude=["search_name"])
class Location(models.Model):
    """Where an act was done (FHIR Location): a kind of place, its name and where it stands."""

    organisation_id: int | None

    kind = models.CharField("nature", max_length=40)  # a code of `teleservice.places`
    name = models.CharField("nom", max_length=200)
    postcode = models.CharField("code postal", max_length=5)
    commune_code = models.CharField("commune", max_length=5)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="locations")
    search_name = models.CharField("nom pour la recherche", max_length=250, editable=False, blank=True, default="")

    objects = LocationQuerySet.as_manager()

    class Meta:
        verbose_name = "lieu"
        verbose_name_plural = "lieux"
        ordering = ("name", "postcode", "id")
        constraints = [
            models.UniqueConstraint(fields=["kind", "name", "postcode", "commune_code"], name="directory_location_once"),
        ]
        indexes = [models.Index(fields=["postcode"], name="directory_location_postcode", opclasses=["text_pattern_ops"])]

    def __str__(self) -> str:
        return f"{self.name} ({self.postcode})"

    def save(self, *args: Any, **options: Any) -> None:
        """Save, with the name as completion compares it."""
        self.search_name = fold(self.name)
        if (names := options.get("update_fields")) is not None and "name" in names:
            options["update_fields"] = {*names, "search_name"}
        super().save(*args, **options)


class LoadBatch(models.Model):
    """One load of the register: the entry that stands for the history of all rows it wrote."""

    table_name = models.CharField("table", max_length=40)
    loaded_by = models.CharField("par", max_length=100)
    loaded_at = models.DateTimeField("le")
    received = models.BigIntegerField("lignes reçues")
    inserted = models.BigIntegerField("lignes ajoutées")

    class Meta:
        verbose_name = "chargement"
        ordering = ("-loaded_at", "-id")
        triggers = [pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.table_name}, {self.inserted} lignes"
