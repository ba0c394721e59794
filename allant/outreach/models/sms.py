"""What several SMS senders share: receipts that came before their answer, parts of long answers, the throughput of a route."""

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


class InboundPart(models.Model):
    """One part of a long answer: kept until the others have come, then a day, to know one that is given again."""

    route = models.CharField(max_length=40)
    sender = models.CharField(max_length=21)
    reference = models.PositiveIntegerField()
    "What the handset gave to all the parts of this answer."
    parts = models.PositiveSmallIntegerField()
    part = models.PositiveSmallIntegerField()
    coding = models.PositiveSmallIntegerField()
    body = models.BinaryField()
    "Octets, without header: a character may be cut in two."
    received_at = models.DateTimeField()
    joined_at = models.DateTimeField(null=True, blank=True)

    allant_kind = "mutable"  # received, then joined, then erased

    class Meta:
        verbose_name = "partie d'une réponse longue"
        verbose_name_plural = "parties de réponses longues"
        constraints = [
            models.UniqueConstraint(fields=["route", "sender", "reference", "parts", "part"], name="one_inbound_part")
        ]
        indexes = [models.Index(fields=["received_at"], name="inbound_parts_by_age")]

    def __str__(self) -> str:
        return f"partie {self.pk}"
