"""Dialogues by SMS: where each stands, and what was said (AV-15)."""

import pgtrigger
from django.db import models
from django.db.models import Q

from allant.outreach.models.delivery import InboundMessage


class Conversation(models.Model):
    """A dialogue by SMS with one person: where it stands in its declared steps (AV-15)."""

    person = models.ForeignKey("people.Person", on_delete=models.PROTECT, related_name="conversations")
    contact_point = models.ForeignKey("people.ContactPoint", on_delete=models.PROTECT, related_name="+")
    dialogue = models.CharField(max_length=60)
    version = models.PositiveIntegerField()
    cause_kind = models.CharField(max_length=20)
    cause_id = models.BigIntegerField()
    step = models.CharField(max_length=40)
    misunderstood = models.PositiveSmallIntegerField(default=0, db_default=0)
    started_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    "When silence counts as an answer."
    closed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=40, blank=True, default="", db_default="")

    allant_kind = "mutable"  # its turns are the history

    class Meta:
        verbose_name = "conversation par SMS"
        verbose_name_plural = "conversations par SMS"
        ordering = ("-started_at", "-id")
        constraints = [
            models.UniqueConstraint(fields=["contact_point"], condition=Q(closed_at=None), name="one_open_conversation_a_number"),
            models.UniqueConstraint(fields=["dialogue", "cause_kind", "cause_id"], name="one_conversation_a_cause"),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(closed_at=None), name="conversations_due")]

    def __str__(self) -> str:
        return f"conversation {self.pk}"


class ConversationTurn(models.Model):
    """One question asked or one answer received."""

    conversation = models.ForeignKey(Conversation, on_delete=models.PROTECT, related_name="turns")
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    inbound = models.ForeignKey(InboundMessage, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    "None: we spoke."
    step = models.CharField(max_length=40)
    understood_as = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name = "tour de conversation"
        verbose_name_plural = "tours de conversation"
        ordering = ("conversation", "number")
        constraints = [models.UniqueConstraint(fields=["conversation", "number"], name="one_turn_a_number")]
        triggers = [pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"tour {self.number} de la conversation {self.conversation_id}"
