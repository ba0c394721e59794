"""What several SMS senders share: receipts that came before their answer, and the throughput of a route."""

from django.db import models
from django.db.models import Q


class EarlyReceipt(models.Model):
    """A receipt whose number no submission bears yet: kept until the answer of the SMS centre says which message it is."""

    route = models.CharField(max_length=40)
    smsc_id = models.CharField(max_length=65)
    state = models.CharField(max_length=20)
    number = models.CharField(max_length=21)
    reference = models.PositiveIntegerField(null=True, blank=True)
    "The low bits of the message's id, where the centre gives them back."
    received_at = models.DateTimeField()
    joined_at = models.DateTimeField(null=True, blank=True)

    allant_kind = "mutable"  # received, then joined

    class Meta:
        verbose_name = "accusé en avance"
        verbose_name_plural = "accusés en avance"
        constraints = [models.UniqueConstraint(fields=["route", "smsc_id", "state"], name="one_early_receipt")]
        indexes = [models.Index(fields=["received_at"], condition=Q(joined_at=None), name="early_receipts_waiting")]

    def __str__(self) -> str:
        return f"accusé {self.pk}"


class RouteBudget(models.Model):
    """How many parts a route may still take now: a bucket that fills with time, shared by every sender of the route."""

    route = models.CharField(max_length=40, unique=True)
    available = models.FloatField()
    filled_at = models.DateTimeField()

    allant_kind = "mutable"

    class Meta:
        verbose_name = "débit d'une route"
        verbose_name_plural = "débits des routes"

    def __str__(self) -> str:
        return self.route
