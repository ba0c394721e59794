"""How much one account records, watched: false certificates were made with stolen sessions.

Thresholds are the doctrine's (`teleservice.volume`), a clock hour and a day at a time. Beyond one, one alert a window is raised
for an administrator; at so many times the threshold the account records nothing more until the alert is closed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Sum

from allant import clock
from allant.directory.models import Practitioner
from allant.doctrine import NotYetInForce, RuleBook, rules
from allant.immunizations.alerts_sql import raise_sql
from allant.immunizations.models import COVID19, Dose, RecordingBatch, VolumeAlert

_RAISE = raise_sql("VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, '', '')")


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
    """What the statement of one dose needs to count the acts of the account and raise what is due (`one_dose_sql`)."""
    (day, next_day), (hour, next_hour) = windows(at)
    watched: tuple[int | None, ...] = (0, 0, 0, 0, None)
    if limits is not None:
        enough = limits.per_day * (limits.blocks_at or 1) + 1
        watched = (limits.counted_every, enough, limits.per_day, limits.per_hour, limits.blocks_at)
    names = ("watched_every", "watched_up_to", "watched_per_day", "watched_per_hour", "watched_blocks_at")
    spans = {"watched_from": day, "watched_to": next_day, "watched_hour": hour, "watched_hour_to": next_hour}
    return {**spans, **dict(zip(names, watched, strict=True))}


def windows(at: datetime) -> tuple[tuple[datetime, datetime], tuple[datetime, datetime]]:
    """The day, in Paris, and the hour that hold a moment, each from its start to the start of the next."""
    hour = at.astimezone(clock.PARIS).replace(minute=0, second=0, microsecond=0)
    day = hour.replace(hour=0)
    next_hour = (hour.astimezone(UTC) + timedelta(hours=1)).astimezone(clock.PARIS)  # an hour comes twice in autumn
    return (day, day + timedelta(days=1)), (hour, next_hour)


@transaction.atomic
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
    if limits is None:
        return
    for (start, end), threshold in zip(windows(at), (limits.per_day, limits.per_hour), strict=True):
        recorded = _recorded_since(start, by_actor, source)
        if recorded > threshold:
            blocks_from = limits.blocks_at and limits.blocks_at * threshold
            row = [by_actor, source, practitioner and practitioner.pk, start, end, recorded, threshold, blocks_from, at]
            with connection.cursor() as cursor:
                cursor.execute(_RAISE, row)


def watch_batch(batch: RecordingBatch, *, today: date, book: RuleBook) -> None:
    """Watch the account that recorded a batch, once about every `counted_every` acts."""
    limits = limits_of(batch.source, today, book)
    if limits is not None and batch.recorded and batch.pk % max(1, limits.counted_every // batch.recorded) == 0:
        watch_volume(by_actor=batch.recorded_by, source=batch.source, at=batch.started_at, limits=limits)


def _recorded_since(start: datetime, actor: str, source: str) -> int:
    mine = Dose.objects.against(COVID19).filter(recorded_by=actor, recorded_at__gte=start, batch__isnull=True, source=source)
    alone = mine.count()
    batches = RecordingBatch.objects.filter(recorded_by=actor, started_at__gte=start, source=source)
    return alone + (batches.aggregate(total=Sum("recorded"))["total"] or 0)


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
