"""Cancelling at once all that an account recorded in a window: what a stolen session wrote. Irreversible, trace « Annulé »."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models.functions import Coalesce

from allant import clock
from allant.immunizations.act import CorrectionRefused
from allant.immunizations.corrections import NEEDS_REASON
from allant.immunizations.models import Dose, EndKind
from allant.immunizations.querysets import DoseQuerySet
from allant.people.models import Person


@dataclass(frozen=True, kw_only=True)
class RecordingWindow:
    """What one account recorded in `[start, end)`, one by one or in batches."""

    actor: str
    start: datetime
    end: datetime

    def doses(self) -> DoseQuerySet:
        """Those that still count."""
        return Dose.objects.current().filter(recorded_by=self.actor, recorded_at__gte=self.start, recorded_at__lt=self.end)


@transaction.atomic
def cancel_window(*, window: RecordingWindow, expected: int, by: str, reason: str) -> list[int]:
    """Cancel every dose of the window that still counts; gives the persons they were recorded for, each once.

    `expected`: how many the administrator read and agreed to; another number is refused, so that nothing unseen is cancelled.
    Two statements whatever their number. Raises CorrectionRefused.
    """
    reason = reason.strip()[:200]
    if not reason:
        raise CorrectionRefused(NEEDS_REASON)
    _lock_persons(window)
    found = window.doses().count()
    if found != expected:
        raise CorrectionRefused(
            f"{found} dose(s) comptent encore dans cette période, et non {expected} comme sur la page relue : "
            "relisez-les avant de confirmer. Rien n'a été annulé."
        )
    persons = list(window.doses().order_by("person_id").values_list("person_id", flat=True).distinct())
    window.doses().update(ended_at=clock.now(), ended_by=by[:100], end_kind=EndKind.ADMINISTRATIVE, end_reason=reason)
    return persons


def _lock_persons(window: RecordingWindow) -> None:
    """In one order, under the record that stands for each: a correction at the same moment waits, or is waited for."""
    standing = Person.objects.filter(
        pk__in=window.doses().order_by().values(standing=Coalesce("person__merged_into_id", "person_id"))
    )
    list(standing.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
