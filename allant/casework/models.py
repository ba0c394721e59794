"""Cases, what happened to each, and the sweeps that moved them."""

from __future__ import annotations

import uuid

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from allant.casework.querysets import CaseEventQuerySet, CaseQuerySet, SweepQuerySet
from allant.people.models import Person

NEVER_CHANGED = pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update | pgtrigger.Delete)


class Case(models.Model):
    """A file followed to its end (FHIR Task).

    What happened is in its events; the row is where they brought it, and when the next deadline takes effect. Only the engine
    writes it: `opening`, `signals`, `sweep`.
    """

    id = models.BigAutoField(primary_key=True)
    process = models.CharField("processus", max_length=40)
    person = models.ForeignKey(Person, models.PROTECT, related_name="cases")
    key = models.CharField("clé", max_length=80)
    "What makes it one case of its process: opening it twice opens it once."
    opened_on = models.DateField("ouvert le")
    state = models.CharField("état", max_length=40)
    entered_on = models.DateField("depuis le")
    ended_on = models.DateField("terminé le", null=True, blank=True)
    rule_id = models.CharField("règle suivie", max_length=120)
    clock_from = models.DateField("horloge depuis le")
    paused_on = models.DateField("horloge arrêtée le", null=True, blank=True)
    paused_days = models.PositiveIntegerField("jours d'arrêt", default=0, db_default=0)
    data = models.JSONField("données", default=dict, db_default={})
    "Flags (true or false) and named dates (ISO) that conditions and deadlines read."
    deadline = models.CharField("prochaine échéance", max_length=40, blank=True, default="", db_default="")
    due_on = models.DateField("prend effet le", null=True, blank=True)
    steps = models.PositiveIntegerField("événements", default=1, db_default=1)

    objects = CaseQuerySet.as_manager()
    allant_kind = "mutable"  # the projection of its append-only events

    class Meta:
        verbose_name = "dossier"
        ordering = ("opened_on", "id")
        constraints = [
            models.UniqueConstraint(fields=["process", "key"], name="casework_case_once"),
            models.CheckConstraint(
                condition=(Q(due_on__isnull=True) & Q(deadline="")) | (Q(due_on__isnull=False) & ~Q(deadline="")),
                name="casework_case_due_has_a_name",
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(due_on__isnull=True), name="casework_case_nothing_due_after_its_end"
            ),
            models.CheckConstraint(condition=Q(entered_on__gte=F("opened_on")), name="casework_case_entered_after_opening"),
        ]
        indexes = [
            models.Index(fields=["due_on"], name="casework_case_due", condition=Q(due_on__isnull=False)),
            # Worklists, and the cases that a new version of their rule may change: those not ended only.
            models.Index(
                fields=["process", "rule_id", "state"], name="casework_case_standing", condition=Q(ended_on__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"dossier n° {self.pk}"


class CaseEvent(models.Model):
    """One thing that happened to a case: a transition, its opening, or a new counting of its deadlines. Append-only."""

    id = models.BigAutoField(primary_key=True)
    case = models.ForeignKey(Case, models.PROTECT, related_name="events", db_index=False)
    number = models.PositiveIntegerField("rang")
    name = models.CharField("événement", max_length=40)
    from_state = models.CharField("de", max_length=40, blank=True, default="", db_default="")
    to_state = models.CharField("à", max_length=40)
    on = models.DateField("date d'effet")
    "The legal day: of the deadline, or on which the signal was told."
    at = models.DateTimeField("enregistré le")
    by = models.CharField("par", max_length=200)
    cause = models.CharField("cause", max_length=120)
    "The deadline or the signal; of an opening or a new counting, the version of the rule."
    note = models.TextField("précision", blank=True, default="", db_default="")
    source_key = models.CharField(max_length=120, null=True, blank=True)
    "Names the message that told it: told twice, it happens once."
    sweep = models.UUIDField("passage", null=True, blank=True)

    objects = CaseEventQuerySet.as_manager()

    class Meta:
        verbose_name = "événement d'un dossier"
        verbose_name_plural = "événements des dossiers"
        ordering = ("case_id", "number")
        constraints = [
            models.UniqueConstraint(fields=["case", "number"], name="casework_caseevent_once"),
            models.UniqueConstraint(
                fields=["source_key"], condition=Q(source_key__isnull=False), name="casework_caseevent_told_once"
            ),
        ]
        triggers = [NEVER_CHANGED]

    def __str__(self) -> str:
        return f"événement {self.number} du dossier n° {self.case_id}"


class Sweep(models.Model):
    """One passage over what is due on a day; its id is the batch id of the access log and of the events it wrote."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    on = models.DateField("jour")
    scope = models.CharField("processus", max_length=40, blank=True, default="", db_default="")
    "One process, or empty for all."
    started_at = models.DateTimeField("commencé le")
    started_by = models.CharField("par", max_length=200)
    ended_at = models.DateTimeField("terminé le", null=True, blank=True)
    moved = models.PositiveIntegerField("passages faits", null=True, blank=True)

    objects = SweepQuerySet.as_manager()
    allant_kind = "mutable"

    class Meta:
        verbose_name = "passage"
        ordering = ("-started_at",)
        constraints = [
            models.UniqueConstraint(fields=["on", "scope"], condition=Q(ended_at__isnull=True), name="casework_sweep_one_open")
        ]

    def __str__(self) -> str:
        return f"passage du {self.on:%d/%m/%Y}"


class SweepChunk(models.Model):
    """A part of a work list: cases of one process, rule, state and deadline. Done in one transaction with `done_at`."""

    id = models.BigAutoField(primary_key=True)
    sweep = models.ForeignKey(Sweep, models.CASCADE, related_name="chunks", db_index=False)
    round = models.PositiveIntegerField("tour")
    process = models.CharField(max_length=40)
    rule_id = models.CharField(max_length=120)
    state = models.CharField(max_length=40)
    deadline = models.CharField(max_length=40, blank=True, default="", db_default="")
    new_rule_id = models.CharField(max_length=120, blank=True, default="", db_default="")
    "The version that these cases change to; empty when their deadline is what is due."
    case_ids = ArrayField(models.BigIntegerField())
    size = models.PositiveIntegerField()
    moved = models.PositiveIntegerField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    allant_kind = "mutable"

    class Meta:
        verbose_name = "part d'un passage"
        ordering = ("sweep_id", "round", "id")
        indexes = [models.Index(fields=["sweep", "round", "done_at"], name="casework_chunk_of_sweep")]

    def __str__(self) -> str:
        return f"part {self.pk}"
