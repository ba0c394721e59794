"""What a letter proposes besides a code (AV-40): contracted taxis, and the nurse who comes to the home."""

import pghistory
import pgtrigger
from django.db import models
from django.db.models import Q

from allant.campaigns.models.campaigns import Invitation
from allant.directory.models import Practitioner
from allant.people.models import Person


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Taxi(models.Model):
    """A taxi under contract with the fund, that serves a commune; one row a commune served."""

    name = models.CharField("nom", max_length=100)
    phone = models.CharField("téléphone", max_length=20)
    commune_code = models.CharField("commune", max_length=5)
    accessible = models.BooleanField("prend les fauteuils roulants", default=False)
    source = models.CharField("source", max_length=200, blank=True)
    starts_on = models.DateField("conventionné depuis")
    ends_on = models.DateField("jusqu'au (exclu)", null=True, blank=True)

    class Meta:
        verbose_name = "taxi conventionné"
        verbose_name_plural = "taxis conventionnés"
        ordering = ("commune_code", "name", "id")
        constraints = [
            models.UniqueConstraint(fields=["commune_code", "phone"], condition=Q(ends_on=None), name="campaigns_taxi_once"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=models.F("starts_on")), name="campaigns_taxi_period"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.commune_code})"


class VisitOrigin(models.TextChoices):
    """How the request came."""

    LETTER = "letter", "Réponse au courrier"
    PHONE = "phone", "Par téléphone"


class VisitEnd(models.TextChoices):
    """Why a request is closed."""

    DONE = "done", "Vaccinée"
    DECLINED = "declined", "Ne le souhaite plus"
    UNREACHABLE = "unreachable", "Injoignable"
    ELSEWHERE = "elsewhere", "Se déplacera"


class HomeVisit(models.Model):
    """A person who asks to be vaccinated at home: given to a nurse of the territory, dated, closed by a dose (Vaucluse)."""

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    invitation = models.ForeignKey(Invitation, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    departement_code = models.CharField(max_length=3)
    origin = models.CharField(max_length=10, choices=VisitOrigin)
    asked_on = models.DateField()
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=200)
    due_on = models.DateField()
    "By the doctrine of the day it was asked: later than this it is overdue."
    nurse = models.ForeignKey(Practitioner, models.PROTECT, null=True, blank=True, related_name="+")
    given_at = models.DateTimeField(null=True, blank=True)
    given_by = models.CharField(max_length=200, blank=True, default="", db_default="")
    planned_on = models.DateField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_as = models.CharField(max_length=12, choices=VisitEnd, blank=True, default="", db_default="")
    ended_by = models.CharField(max_length=200, blank=True, default="", db_default="")

    allant_kind = "mutable"  # its changes are HomeVisitEvent rows

    class Meta:
        verbose_name = "vaccination à domicile demandée"
        verbose_name_plural = "vaccinations à domicile demandées"
        ordering = ("due_on", "id")
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=Q(ended_at=None), name="campaigns_one_open_visit"),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_as="") | Q(ended_at__isnull=False) & ~Q(ended_as=""),
                name="campaigns_visit_ended_says_why",
            ),
        ]
        indexes = [
            models.Index(fields=["departement_code", "due_on"], condition=Q(ended_at=None), name="campaigns_visits_open")
        ]

    def __str__(self) -> str:
        return f"vaccination à domicile {self.pk}"


class HomeVisitEvent(models.Model):
    """What happened to a request, in order: `asked`, `given`, `planned`, or how it ended."""

    visit = models.ForeignKey(HomeVisit, models.PROTECT, related_name="events")
    kind = models.CharField(max_length=12)
    at = models.DateTimeField()
    by = models.CharField(max_length=200)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = "suite d'une demande à domicile"
        verbose_name_plural = "suites des demandes à domicile"
        ordering = ("at", "id")
        triggers = [pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.kind}, vaccination à domicile {self.visit_id}"
