"""What was placed in the account of an insured person (AV-01)."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q

from allant.outreach.models.messages import Message, Template
from allant.people.models import Person


class AccountMessageQuerySet(models.QuerySet["AccountMessage"]):
    def of(self, person: Person) -> AccountMessageQuerySet:
        """Of a person, and of the records they absorbed; the last one first."""
        return self.filter(Q(person=person) | Q(person__merged_into=person)).order_by("-placed_at", "-id")

    def unread(self) -> AccountMessageQuerySet:
        """Never opened."""
        return self.filter(read_at=None)


class AccountMessage(models.Model):
    """One message in the account: its words as they were when it was placed, its codes left as placeholders (TG-07)."""

    message = models.OneToOneField(Message, on_delete=models.PROTECT, related_name="placed")
    person = models.ForeignKey("people.Person", on_delete=models.PROTECT, related_name="account_messages", db_index=False)
    template = models.ForeignKey(Template, on_delete=models.PROTECT, related_name="+", db_index=False)
    subject = models.CharField(max_length=400)
    body = models.TextField()
    placed_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    read_by = models.CharField(max_length=200, blank=True, default="", db_default="")

    objects = AccountMessageQuerySet.as_manager()
    allant_kind = "mutable"  # placed, then read

    class Meta:
        verbose_name = "message dans le compte"
        verbose_name_plural = "messages dans le compte"
        indexes = [models.Index(fields=["person", "-placed_at"], name="account_messages_of_person")]
        triggers = [
            pgtrigger.Protect(name="never_erased", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="words_never_changed", fields=["message", "person", "template", "subject", "body", "placed_at"]
            ),
        ]

    def __str__(self) -> str:
        return f"message dans le compte {self.pk}"
