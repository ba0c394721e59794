"""How much one account records, watched: false certificates were made with stolen sessions.

Thresholds are the doctrine's (`teleservice.volume`), a clock hour and a day at a time. Beyond one, one alert a window is raised
for an administrator; at so many times the threshold the account records nothing more until the alert is closed. A file or
batch that would pass that stop is undone whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Sum

from allant import clock
from allant.directory.models import Practitioner
from allant.doctrine import NotYetInForce, RuleBook, rules
from allant.immunizations.alerts_sql import raise_sql
from allant.immunizations.models import COVID19, Dose, RecordingBatch, VolumeAlert

_RAISE = raise_sql("VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, '', '')")


class AlertRefused(ValueError):
    """An alert that cannot be closed so; says why in French."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds of one source on one day, in acts; `per_hour`: none where an hour says nothing; `blocks_at`: times the
    threshold, none when it never blocks.
    """

    source: str
    per_hour: int | None
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


@dataclass(frozen=True, slots=True)
class Over:
    """A window in which an account passed a threshold: an alert to raise. `refused`: those of `recorded` that were undone."""

    actor: str
    source: str
    practitioner_id: int | None
    start: datetime
    end: datetime
    recorded: int
    threshold: int
    blocks_from: int | None
    at: datetime
    refused: int = 0


def raise_alerts(alerts: Iterable[Over]) -> None:
    """Write these alerts, or bring those of the same windows up to date; again, nothing changes."""
    with connection.cursor() as cursor:
        for over in alerts:
            cursor.execute(
                _RAISE,
                [
                    over.actor, over.source, over.practitioner_id, over.start, over.end, over.recorded, over.threshold,
                    over.blocks_from, over.at, over.refused,
                ],
            )  # fmt: skip


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
    if limits is not None:
        raise_alerts(_passed(by_actor, at, limits, practitioner))


def watch_batch(batch: RecordingBatch, *, today: date, book: RuleBook, may_stop: bool) -> list[Over]:
    """Watch the account that recorded a batch, once about every `counted_every` acts.

    Gives the windows that the batch takes beyond the stop: the caller undoes it, then raises these alerts. None for an account
    whose alert an administrator closed in that window: what they looked at may be sent again.
    """
    limits = limits_of(batch.source, today, book)
    if limits is None or not batch.recorded or batch.pk % max(1, limits.counted_every // batch.recorded):
        return []
    limits = limits if may_stop else replace(limits, blocks_at=None)
    passed = [_released(over) for over in _passed(batch.recorded_by, batch.started_at, limits, None)]
    if stops := [over for over in passed if over.blocks_from and over.recorded > over.blocks_from]:
        return [replace(over, refused=batch.recorded) for over in stops]
    raise_alerts(passed)
    return []


def _passed(actor: str, at: datetime, limits: Limits, practitioner: Practitioner | None) -> list[Over]:
    """The windows of that moment in which the account passed a threshold."""
    passed = []
    for (start, end), threshold in zip(windows(at), (limits.per_day, limits.per_hour), strict=True):
        if threshold is not None and (recorded := _recorded_since(start, actor, limits.source)) > threshold:
            stop = limits.blocks_at * threshold if limits.blocks_at else None
            practitioner_id = practitioner.pk if practitioner else None
            passed.append(Over(actor, limits.source, practitioner_id, start, end, recorded, threshold, stop, at))
    return passed


def _released(over: Over) -> Over:
    closed = VolumeAlert.objects.filter(actor=over.actor, source=over.source, closed_at__gte=over.start)
    return replace(over, blocks_from=None) if over.blocks_from and closed.exists() else over


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
