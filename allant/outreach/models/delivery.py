"""What became of messages: parts given to a gateway, events that came back, answers, batches of letters, holds and workers."""

import pgtrigger
from django.db import models
from django.db.models import Q

from allant.outreach.models.messages import Channel, Message


class Submission(models.Model):
    """One part of one SMS given to the SMS centre: the number that its receipts bear (correlation that survives a crash)."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="submissions")
    attempt = models.PositiveSmallIntegerField()
    part = models.PositiveSmallIntegerField()
    parts = models.PositiveSmallIntegerField()
    route = models.CharField(max_length=40)
    submitted_at = models.DateTimeField()
    "Written before the bytes leave: without an answer, whether it left is unknown."
    smsc_id = models.CharField(max_length=65, blank=True, default="", db_default="")
    answered_at = models.DateTimeField(null=True, blank=True)
    final_state = models.CharField(max_length=20, blank=True, default="", db_default="")
    final_at = models.DateTimeField(null=True, blank=True)

    allant_kind = "mutable"  # given, then answered, then receipted

    class Meta:
        verbose_name = "remise au centre SMS"
        verbose_name_plural = "remises au centre SMS"
        constraints = [models.UniqueConstraint(fields=["message", "attempt", "part"], name="one_submission_a_part")]
        indexes = [models.Index(fields=["route", "smsc_id"], condition=~Q(smsc_id=""), name="submissions_by_smsc_id")]

    def __str__(self) -> str:
        return f"remise {self.pk}"


class DeliveryEvent(models.Model):
    """Something that happened to a message after it left; the same receipt twice is one event."""

    class Kind(models.TextChoices):
        DELIVERED = "delivered", "remis"
        FAILED = "failed", "non remis"
        BOUNCED = "bounced", "courriel rejeté"
        RETURNED = "returned", "courrier revenu (NPAI)"
        UNSUBSCRIBED = "unsubscribed", "désinscription"

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    key = models.CharField(max_length=100)
    at = models.DateTimeField()
    detail = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = "suite d'un message"
        verbose_name_plural = "suites des messages"
        ordering = ("at", "id")
        constraints = [models.UniqueConstraint(fields=["message", "kind", "key"], name="one_event_a_key")]
        triggers = [pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, message {self.message_id}"


class InboundMessage(models.Model):
    """An answer received: STOP, or free words that somebody reads."""

    route = models.CharField(max_length=40)
    key = models.CharField(max_length=100)
    "What the gateway calls it; twice the same is one."
    channel = models.CharField(max_length=10, choices=Channel.choices)
    sender = models.CharField(max_length=254)
    text = models.TextField(blank=True)
    received_at = models.DateTimeField()
    kind = models.CharField(max_length=12)
    "`stop`, `start`, `dialogue`, `reply`."
    handled_at = models.DateTimeField(null=True, blank=True)
    handled_by = models.CharField(max_length=200, blank=True, default="", db_default="")
    tries = models.PositiveSmallIntegerField(default=0, db_default=0)
    "Wrong proofs given on the page of a shared number's STOP."

    allant_kind = "mutable"  # received, then handled

    class Meta:
        verbose_name = "réponse reçue"
        verbose_name_plural = "réponses reçues"
        ordering = ("-received_at", "-id")
        constraints = [models.UniqueConstraint(fields=["route", "key"], name="one_inbound_a_key")]
        indexes = [models.Index(fields=["received_at"], condition=Q(handled_at=None), name="inbound_to_handle")]

    def __str__(self) -> str:
        return f"réponse {self.pk}"


class InboundPerson(models.Model):
    """A person whose number an answer came from; `confirmed` once it is known that it speaks for them."""

    class Choice(models.TextChoices):
        STOP = "stop", "de ne plus recevoir de SMS"
        GO_ON = "go_on", "d’en recevoir à nouveau"

    inbound = models.ForeignKey(InboundMessage, on_delete=models.PROTECT, related_name="persons")
    person = models.ForeignKey("people.Person", on_delete=models.PROTECT, related_name="+")
    message = models.ForeignKey(Message, on_delete=models.PROTECT, null=True, blank=True, related_name="answers", db_index=False)
    "The last message sent there, that this probably answers."
    confirmed = models.BooleanField(default=False, db_default=False)
    choice = models.CharField(max_length=5, choices=Choice.choices, blank=True, default="", db_default="")
    "What they chose themselves, having proved who they are, when a shared number said STOP."
    chosen_at = models.DateTimeField(null=True, blank=True)

    allant_kind = "mutable"

    class Meta:
        verbose_name = "auteur possible d'une réponse"
        verbose_name_plural = "auteurs possibles d'une réponse"
        constraints = [models.UniqueConstraint(fields=["inbound", "person"], name="one_inbound_person")]

    def __str__(self) -> str:
        return f"réponse {self.inbound_id}, personne {self.person_id}"


class LetterBatch(models.Model):
    """One file of letters for the printer: its postal department, its manifest and when it was handed over."""

    name = models.CharField(max_length=80, unique=True)
    department = models.CharField(max_length=3)
    letters = models.PositiveIntegerField()
    pages = models.PositiveIntegerField()
    content_hash = models.CharField(max_length=64)
    written_at = models.DateTimeField()
    written_by = models.CharField(max_length=200)
    handed_over_at = models.DateTimeField(null=True, blank=True)

    allant_kind = "mutable"

    class Meta:
        verbose_name = "lot de courriers"
        verbose_name_plural = "lots de courriers"
        ordering = ("-written_at", "name")

    def __str__(self) -> str:
        return self.name


class SendingHold(models.Model):
    """Everything held at once (emergency stop), or one channel, or one campaign's cause; until released."""

    channel = models.CharField(max_length=10, choices=Channel.choices, blank=True, default="", db_default="")
    "Empty: every channel."
    template = models.CharField(max_length=60, blank=True, default="", db_default="")
    "Empty: every template."
    reason = models.CharField(max_length=200)
    placed_at = models.DateTimeField()
    placed_by = models.CharField(max_length=200)
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.CharField(max_length=200, blank=True, default="", db_default="")

    allant_kind = "mutable"  # placed, then released once

    class Meta:
        verbose_name = "arrêt des envois"
        verbose_name_plural = "arrêts des envois"
        ordering = ("-placed_at", "-id")

    def __str__(self) -> str:
        return f"arrêt {self.pk}"


class Worker(models.Model):
    """A sending process, as it last said it was alive."""

    name = models.CharField(max_length=120, unique=True)
    channel = models.CharField(max_length=10, blank=True, default="", db_default="")
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True, blank=True)
    handled = models.PositiveBigIntegerField(default=0, db_default=0)

    allant_kind = "mutable"

    class Meta:
        verbose_name = "processus d'envoi"
        verbose_name_plural = "processus d'envoi"
        ordering = ("-seen_at", "name")

    def __str__(self) -> str:
        return self.name
