"""The software that speaks to the interfaces: one client, one organisation."""

from __future__ import annotations

# mypy: disable-error-code="var-annotated"
import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from allant.directory.models import Organisation


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class FhirClient(models.Model):
    """A piece of software allowed at `/fhir`; its secret is kept hashed by `application`. Acts it records bear `fhir:<name>`."""

    application = models.OneToOneField(
        "oauth2_provider.Application", models.PROTECT, related_name="fhir_client", verbose_name="application OAuth2"
    )
    name = models.SlugField("nom", max_length=60, unique=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="fhir_clients", verbose_name="organisme")
    scopes = ArrayField(models.CharField(max_length=40), verbose_name="habilitations")
    requests_per_minute = models.PositiveIntegerField("requêtes par minute", default=3_000)
    is_active = models.BooleanField("actif", default=True)
    created_at = models.DateTimeField("créé le", db_default=Now())
    created_by = models.CharField("par", max_length=100)

    class Meta:
        verbose_name = "logiciel FHIR"
        verbose_name_plural = "logiciels FHIR"
        ordering = ("name",)

    def __str__(self) -> str:
        return str(self.name)
