"""Where a replay stands, so that it can be stopped anywhere and taken up again."""

from django.db import models


class ReplayStage(models.Model):
    """One finished stage of one week; written in the transaction of the stage's last work."""

    week_end = models.DateField()
    stage = models.CharField(max_length=20)
    count = models.PositiveIntegerField()
    finished_at = models.DateTimeField()

    allant_kind = "append-only"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["week_end", "stage"], name="one_row_a_stage")]

    def __str__(self) -> str:
        return f"{self.week_end} {self.stage}"
