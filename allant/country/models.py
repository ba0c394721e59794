"""Where a replay stands, so that it can be stopped anywhere and taken up again."""

from datetime import date

import pgtrigger
from django.db import models

from allant import clock


class ReplayStageQuerySet(models.QuerySet["ReplayStage"]):
    def is_done(self, week_end: date, stage: str) -> bool:
        """Whether the stage of that week needs no more work."""
        return self.filter(week_end=week_end, stage=stage).exists()

    def mark_done(self, week_end: date, stage: str, count: int) -> None:
        """After the stage's work is committed: the work repeats harmlessly, the mark spares the time."""
        self.get_or_create(week_end=week_end, stage=stage, defaults={"count": count, "finished_at": clock.now()})


class ReplayStage(models.Model):
    """One finished stage of one week of the replay."""

    week_end = models.DateField()
    stage = models.CharField(max_length=20)
    count = models.PositiveIntegerField()
    "What the run that finished the stage wrote; a run stopped before it may have written the rest."
    finished_at = models.DateTimeField()

    objects = ReplayStageQuerySet.as_manager()

    class Meta:
        verbose_name = "étape du rejeu"
        verbose_name_plural = "étapes du rejeu"
        constraints = [models.UniqueConstraint(fields=["week_end", "stage"], name="one_row_a_stage")]
        triggers = [pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.week_end} {self.stage}"
