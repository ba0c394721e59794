"""The call desk: who called whom, when, and what came of it (AV-20 to AV-26). The queue itself is the outbox."""

import pgtrigger
from django.db import models
from django.db.models import Q


class CallEnd(models.TextChoices):
    """How a call was over for the desk; what came of it for the person is its `outcome`."""

    OUTCOME = "outcome", "Issue saisie"
    GIVEN_BACK = "given_back", "Rendu à la file par l'agent"
    LAPSED = "lapsed", "Rendu à la file : agent parti avant de composer"
    DECIDED = "decided", "Décidé par un responsable"


class CallAttemptQuerySet(models.QuerySet["CallAttempt"]):
    """Calls of the desk."""

    def open(self) -> "CallAttemptQuerySet":
        """With an agent now, or left by one without saying what came of it."""
        return self.filter(ended_at=None)

    def of_agent(self, name: str) -> "CallAttemptQuerySet":
        """Those of one agent."""
        return self.filter(agent=name)

    def dialled(self) -> "CallAttemptQuerySet":
        """The number was shown to the agent: the person may have been called."""
        return self.filter(dialled_at__isnull=False)


class CallAttempt(models.Model):
    """One message of the outbox in the hands of one agent: taken, then perhaps dialled, then ended once.

    `dialled_at` is written before the number is shown: without it the person was certainly not called.
    """

    id = models.BigAutoField(primary_key=True)
    message = models.ForeignKey("outreach.Message", on_delete=models.PROTECT, related_name="calls")
    person = models.ForeignKey("people.Person", on_delete=models.PROTECT, related_name="+")
    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.PROTECT, related_name="calls", db_index=False)
    agent = models.CharField(max_length=150)
    structure = models.CharField(max_length=20, blank=True)
    taken_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    "The last sign of life of the agent's page."
    dialled_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    "Told by the telephony, or deduced of an outcome that only somebody who answers gives."
    machine_at = models.DateTimeField(null=True, blank=True)
    "The telephony heard an answering machine."
    hung_up_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_as = models.CharField(max_length=10, choices=CallEnd, blank=True, default="", db_default="")
    outcome = models.CharField(max_length=20, blank=True, default="", db_default="")
    "A code of `outreach.call_outcomes`."

    objects = CallAttemptQuerySet.as_manager()

    class Meta:
        verbose_name = "appel"
        verbose_name_plural = "appels"
        ordering = ("-taken_at", "-id")
        constraints = [
            models.UniqueConstraint(fields=["message"], condition=Q(ended_at=None), name="desk_one_agent_a_message"),
            models.UniqueConstraint(fields=["person"], condition=Q(ended_at=None), name="desk_one_agent_a_person"),
            models.UniqueConstraint(fields=["agent"], condition=Q(ended_at=None), name="desk_one_call_an_agent"),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_as="") | Q(ended_at__isnull=False) & ~Q(ended_as=""), name="desk_ended_says_how"
            ),
        ]
        indexes = [
            models.Index(fields=["seen_at"], condition=Q(ended_at=None, dialled_at=None), name="desk_calls_to_free"),
            models.Index(fields=["campaign", "taken_at"], name="desk_calls_of_campaign"),
        ]
        triggers = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="taken_once", fields=["message", "person", "campaign", "agent", "structure", "taken_at"]),
            pgtrigger.Protect(name="ended_once", operation=pgtrigger.Update, condition=pgtrigger.Q(old__ended_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"appel {self.pk}"


class CallEvent(models.Model):
    """What happened to a call, in order: who, when, what."""

    call = models.ForeignKey(CallAttempt, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=20)
    "`taken`, `dialled`, `answered`, `machine`, `hung_up`, `booked`, `confirmed`, or how it ended."
    at = models.DateTimeField()
    by = models.CharField(max_length=200)
    note = models.CharField(max_length=200, blank=True, default="", db_default="")
    key = models.CharField(max_length=100, null=True, blank=True, unique=True)
    "What the telephony calls the event; twice the same is one. None: of our own pages."

    class Meta:
        verbose_name = "suite d'un appel"
        verbose_name_plural = "suites des appels"
        ordering = ("at", "id")
        triggers = [pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.kind}, appel {self.call_id}"
