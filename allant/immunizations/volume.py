"""How much one account records, watched: false certificates were made with stolen sessions.

Thresholds are the doctrine's (`teleservice.volume`), a clock hour and a day at a time. Beyond one, one alert a window is raised
for an administrator; at so many times the threshold the account records nothing more until the alert is closed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Sum

from allant import clock
from allant.directory.models import Practitioner
from allant.doctrine import NotYetInForce, RuleBook, rules
from allant.immunizations.models import Dose, RecordingBatch, VolumeAlert

_RAISE = """
INSERT INTO immunizations_volumealert (
    actor, source, practitioner_id, window_start, window_end, recorded, threshold, blocks_from, raised_at, closed_by, decision
) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, '', '')
ON CONFLICT (actor, source, window_start, window_end)
DO UPDATE SET recorded = greatest(immunizations_volumealert.recorded, excluded.recorded)
WHERE immunizations_volumealert.closed_at IS NULL
"""


class AlertRefused(ValueError):
    """An alert that cannot be closed so; says why in French."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds of one source on one day, in acts; `blocks_at`: times the threshold, none when it never blocks."""

    source: str
    per_hour: int
    per_day: int
    blocks_at: int | None
    counted_every: int


def limits_of(source: str, on: date, book: RuleBook) -> Limits | None:
    """The thresholds of a source; None where the doctrine watches nothing."""
    try:
        table = book.value("teleservice.volume", on)
    except NotYetInForce:
        return None
    return next((Limits(**line) for line in table if line["source"] == source), None)


def parameters(limits: Limits | None, at: datetime) -> dict[str, Any]:
    """What the statement of one dose needs to count the acts of the account (`one_dose_sql`)."""
    day, hour = windows(at)
    if limits is None:
        return {"watched_from": day, "watched_hour": hour, "watched_every": 0, "watched_up_to": 0}
    enough = limits.per_day * (limits.blocks_at or 1) + 1
    return {"watched_from": day, "watched_hour": hour, "watched_every": limits.counted_every, "watched_up_to": enough}


def windows(at: datetime) -> tuple[datetime, datetime]:
    """The start of the day, in Paris, and of the hour that hold a moment."""
    hour = at.astimezone(clock.PARIS).replace(minute=0, second=0, microsecond=0)
    return hour.replace(hour=0), hour


def watch_volume(
    *,
    by_actor: str,
    source: str,
    at: datetime,
    limits: Limits | None = None,
    practitioner: Practitioner | None = None,
) -> None:
    """Count what the account recorded this day and this hour, one by one and in batches, and raise what is due.

    `limits`: those of the day unless given. Doing it again raises nothing more.
    """
    today = at.astimezone(clock.PARIS).date()
    limits = limits or limits_of(source, today, rules.as_known_on(today))
    if limits is not None:
        day, hour = windows(at)
        pace = (_recorded_since(day, by_actor, source), _recorded_since(hour, by_actor, source))
        raise_alerts(pace, limits, actor=by_actor, at=at, practitioner=practitioner, these=0)


def watch_batch(batch: RecordingBatch, *, today: date, book: RuleBook) -> None:
    """Watch the account that recorded a batch, once about every `counted_every` acts."""
    limits = limits_of(batch.source, today, book)
    if limits is not None and batch.recorded and batch.pk % max(1, limits.counted_every // batch.recorded) == 0:
        watch_volume(by_actor=batch.recorded_by, source=batch.source, at=batch.started_at, limits=limits)


def _recorded_since(start: datetime, actor: str, source: str) -> int:
    alone = Dose.objects.filter(recorded_by=actor, recorded_at__gte=start, batch__isnull=True, source=source).count()
    batches = RecordingBatch.objects.filter(recorded_by=actor, started_at__gte=start, source=source)
    return alone + (batches.aggregate(total=Sum("recorded"))["total"] or 0)


@transaction.atomic(savepoint=False)
def raise_alerts(
    pace: tuple[int, int],
    limits: Limits,
    *,
    actor: str,
    at: datetime,
    practitioner: Practitioner | None = None,
    these: int = 1,
) -> None:
    """Raise the alerts of an account, or bring them up to date. `pace`: its acts of the day and of the hour, before these."""
    starts = windows(at)
    spans = (timedelta(days=1), timedelta(hours=1))
    thresholds = (limits.per_day, limits.per_hour)
    for before, start, span, threshold in zip(pace, starts, spans, thresholds, strict=True):
        recorded = before + these
        if recorded > threshold:
            blocks_from = limits.blocks_at and limits.blocks_at * threshold
            end = start + span
            row = [actor, limits.source, practitioner and practitioner.pk, start, end, recorded, threshold, blocks_from, at]
            with connection.cursor() as cursor:
                cursor.execute(_RAISE, row)


def is_blocked(actor: str) -> bool:
    """Whether an open alert stops this account from recording, whatever way it records by: it would go round by a file."""
    return VolumeAlert.objects.blocking().filter(actor=actor).exists()


@transaction.atomic
def close_alert(*, alert: VolumeAlert, decision: str, by: str) -> VolumeAlert:
    """Close an alert with what was decided; the account records again. Closing again changes nothing. Raises AlertRefused."""
    decision = " ".join(decision.split())
    if not decision:
        raise AlertRefused("Indiquez la décision : elle est conservée avec l'alerte.")
    alert = VolumeAlert.objects.select_for_update().get(pk=alert.pk)
    if alert.closed_at is None:
        alert.closed_at, alert.closed_by, alert.decision = clock.now(), by, decision[:500]
        alert.save(update_fields=["closed_at", "closed_by", "decision"])
    elif alert.decision != decision[:500]:
        raise AlertRefused("Cette alerte est déjà close, avec une autre décision : relisez-la.")
    return alert
