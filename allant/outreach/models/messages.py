"""The outbox: every message with the event that caused it. This table is the only queue for messages."""

from datetime import UTC, date, datetime

import pgtrigger
from django.db import models
from django.db.models import Q


class Channel(models.TextChoices):
    CALL = "call", "appel"
    SMS = "sms", "SMS"
    EMAIL = "email", "courriel"
    LETTER = "letter", "courrier"
    ACCOUNT = "account", "message dans le compte"


class Template(models.Model):
    """A wording, loaded from a shipped file; a change is a new version, never an edit."""

    slug = models.SlugField(max_length=60)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    language = models.CharField(max_length=5, default="fr")
    version = models.PositiveIntegerField(default=1)
    kind = models.CharField(max_length=20, default="information", db_default="information")
    "A code of the doctrine `outreach.kinds`: its useful age, its guarantee, its hours, whether it counts in the caps."
    variables = models.JSONField(default=dict)
    "Placeholder → type; the types are those of `outreach.variables`."
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField()
    source = models.TextField()
    loaded_at = models.DateTimeField()
    loaded_by = models.CharField(max_length=100)

    class Meta:
        verbose_name = "modèle de message"
        ordering = ("slug", "channel", "language", "version")
        constraints = [
            models.UniqueConstraint(fields=["slug", "channel", "language", "version"], name="one_text_a_template_version")
        ]
        triggers = [pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    @property
    def key(self) -> tuple[str, str, str, int]:
        """What names a version of a text."""
        return self.slug, self.channel, self.language, self.version

    def __str__(self) -> str:
        return f"{self.slug}/{self.channel}/{self.language} v{self.version}"


SUSPENDED = datetime(9999, 12, 31, tzinfo=UTC)
"""The `next_at` of what waits until its cause says so: a campaign that was stopped."""


class MessageQuerySet(models.QuerySet["Message"]):
    def due_on(self, day: date) -> "MessageQuerySet":
        """Waiting, and allowed to leave on this day."""
        return self.pending().filter(send_after__lte=day)

    def not_suspended(self) -> "MessageQuerySet":
        """Those whose cause does not hold them."""
        return self.exclude(next_at=SUSPENDED)

    def pending(self) -> "MessageQuerySet":
        """Neither sent nor dropped."""
        return self.filter(status=Message.Status.PENDING)

    def sent(self) -> "MessageQuerySet":
        """Handed over to a carrier, whatever became of it."""
        return self.filter(status__in=(Message.Status.SENT, Message.Status.DELIVERED, Message.Status.FAILED))


class Message(models.Model):
    """One message to one recipient; its text is rendered at sending from the template and its cause.

    pending → sending (claimed, perhaps handed over: a crash may fall here) → sent → delivered or failed; or dropped, with why.
    """

    class Status(models.TextChoices):
        PENDING = "pending", "en attente"
        SENDING = "sending", "en cours d'envoi"
        SENT = "sent", "envoyé"
        DELIVERED = "delivered", "remis"
        FAILED = "failed", "non remis"
        DROPPED = "dropped", "abandonné"

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey("people.Person", on_delete=models.PROTECT, null=True, blank=True, related_name="messages")
    practitioner = models.ForeignKey(
        "directory.Practitioner", on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    organisation = models.ForeignKey(
        "directory.Organisation", on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    cause_kind = models.CharField(max_length=20)
    cause_id = models.BigIntegerField()
    channel = models.CharField(max_length=10, choices=Channel.choices)
    template = models.CharField(max_length=60)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    created_on = models.DateField()
    send_after = models.DateField()
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_in = models.CharField(max_length=80, blank=True)
    "The file or gateway batch the message left in."
    drop_reason = models.CharField(max_length=80, blank=True)
    next_at = models.DateTimeField(null=True, blank=True)
    "Not before this instant: hours, a cap, or the delay after a failed attempt; `held_reason` says which."
    held_reason = models.CharField(max_length=80, blank=True, default="", db_default="")
    useful_until = models.DateTimeField(null=True, blank=True)
    "From this instant on it never leaves, whatever its kind allows: the appointment that it reminds of has begun (AV-16)."
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    claimed_at = models.DateTimeField(null=True, blank=True)
    contact_point = models.ForeignKey(
        "people.ContactPoint", on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    "Where it went, once it left: answers and receipts find it by this."
    outcome = models.CharField(max_length=20, blank=True, default="", db_default="")
    "What came of a call: a code of `outreach.call_outcomes`."
    lent_address = models.BooleanField(default=False, db_default=False)
    "Its cause lends the address (`outreach.lent`): a guest's, or a relative's of the person."

    objects = MessageQuerySet.as_manager()
    allant_kind = "mutable"

    class Meta:
        verbose_name = "message"
        constraints = [
            models.UniqueConstraint(fields=["cause_kind", "cause_id", "channel"], name="one_message_a_cause"),
            models.CheckConstraint(
                condition=Q(person__isnull=False, practitioner=None, organisation=None)
                | Q(person=None, practitioner__isnull=False, organisation=None)
                | Q(person=None, practitioner=None, organisation__isnull=False)
                | Q(person=None, practitioner=None, organisation=None, lent_address=True),
                name="one_recipient_a_message",
            ),
        ]
        indexes = [
            models.Index(fields=["channel", "send_after", "id"], condition=Q(status="pending"), name="messages_waiting"),
            # What a claim reads: of each template, what waits for its day, then what was held until an instant.
            models.Index(
                fields=["channel", "template", "next_at", "send_after", "id"],
                condition=Q(status="pending"),
                name="messages_to_claim",
            ),
            models.Index(fields=["claimed_at"], condition=Q(status="sending"), name="messages_in_flight"),
            models.Index(
                fields=["contact_point", "sent_at"], condition=Q(contact_point__isnull=False), name="messages_by_address"
            ),
        ]

    def __str__(self) -> str:
        return f"message {self.pk}"
