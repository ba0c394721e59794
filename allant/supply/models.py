"""What doctors may order week by week, and what they ordered (VC-53).

An allotment is a number of vials for each doctor. An order is never edited: its events are appended, its state is the last one.
"""

from __future__ import annotations

import pghistory
import pgtrigger
from django.db import models
from django.db.models import Q

from allant.directory.models import Location, Practitioner
from allant.immunizations.models import Vaccine
from allant.supply.querysets import AllotmentQuerySet, DoseOrderQuerySet

NEVER_CHANGED = pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update | pgtrigger.Delete)


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Allotment(models.Model):
    """The vials of a vaccine that each doctor may order for a week; a département's own replaces the nation's."""

    vaccine = models.CharField("vaccin", max_length=20, choices=Vaccine)
    week = models.DateField("semaine du (lundi)")
    departement_code = models.CharField("département", max_length=3, blank=True, default="", db_default="")
    vials_per_doctor = models.PositiveSmallIntegerField("flacons par médecin")
    set_at = models.DateTimeField("fixé le")
    set_by = models.CharField("par", max_length=200)

    objects = AllotmentQuerySet.as_manager()

    class Meta:
        verbose_name = "allocation"
        ordering = ("-week", "vaccine", "departement_code")
        constraints = [
            models.UniqueConstraint(fields=["vaccine", "week", "departement_code"], name="supply_allotment_once"),
            models.CheckConstraint(condition=Q(week__iso_week_day=1), name="supply_allotment_monday"),
        ]

    def __str__(self) -> str:
        return f"{self.get_vaccine_display()}, semaine du {self.week:%d/%m/%Y}"


class OrderedVials(models.Model):
    """What one doctor ordered of a vaccine for a week: the row that the doctor's orders wait for, so that none goes beyond.

    By vaccine and week rather than by allotment: one given to the département later replaces the nation's for what is left.
    """

    practitioner = models.ForeignKey(Practitioner, models.PROTECT, related_name="+", db_index=False)
    vaccine = models.CharField("vaccin", max_length=20, choices=Vaccine)
    week = models.DateField("semaine du (lundi)")
    vials = models.PositiveSmallIntegerField("flacons")

    allant_kind = "mutable"  # a counter, in step with the orders by construction: both move in one transaction

    class Meta:
        verbose_name = "flacons commandés"
        verbose_name_plural = "flacons commandés"
        ordering = ("practitioner_id", "week", "vaccine")
        constraints = [
            models.UniqueConstraint(fields=["practitioner", "vaccine", "week"], name="supply_orderedvials_once"),
        ]

    def __str__(self) -> str:
        return f"{self.vials} flacons"


class DoseOrder(models.Model):
    """Vials ordered by a doctor, delivered to a pharmacy."""

    allotment = models.ForeignKey(Allotment, models.PROTECT, related_name="orders")
    practitioner = models.ForeignKey(Practitioner, models.PROTECT, related_name="dose_orders")
    vials = models.PositiveSmallIntegerField("flacons")
    pharmacy = models.ForeignKey(Location, models.PROTECT, related_name="+")
    ordered_at = models.DateTimeField("commandé le")
    ordered_by = models.CharField("par", max_length=200)
    source_key = models.CharField("clé d'origine", max_length=200, unique=True)

    objects = DoseOrderQuerySet.as_manager()

    class Meta:
        verbose_name = "commande"
        ordering = ("-ordered_at", "-id")
        constraints = [models.CheckConstraint(condition=Q(vials__gte=1), name="supply_doseorder_some")]
        triggers = [NEVER_CHANGED]

    def __str__(self) -> str:
        return f"commande n° {self.pk}"


class OrderStep(models.TextChoices):
    """What may happen to an order after it was placed."""

    CONFIRMED = "confirmed", "Confirmée"
    DELIVERED = "delivered", "Livrée"
    CANCELLED = "cancelled", "Annulée"


STATES = {"ordered": "Passée", **dict(OrderStep.choices)}


class OrderEvent(models.Model):
    """A step of an order. Each happens once; delivered and cancelled exclude each other."""

    order = models.ForeignKey(DoseOrder, models.PROTECT, related_name="events")
    kind = models.CharField("étape", max_length=9, choices=OrderStep)
    at = models.DateTimeField("le")
    by = models.CharField("par", max_length=200)
    reason = models.CharField("motif", max_length=200, blank=True, default="")

    class Meta:
        verbose_name = "étape d'une commande"
        verbose_name_plural = "étapes des commandes"
        ordering = ("order_id", "at", "id")
        constraints = [
            models.UniqueConstraint(fields=["order", "kind"], name="supply_orderevent_once"),
            models.UniqueConstraint(
                fields=["order"], condition=Q(kind__in=("delivered", "cancelled")), name="supply_orderevent_one_end"
            ),
        ]
        triggers = [NEVER_CHANGED]

    def __str__(self) -> str:
        return self.get_kind_display()
