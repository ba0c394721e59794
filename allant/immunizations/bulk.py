"""Recording many doses at once: the one door of imports and of the replay.

Binary COPY into a temporary table, every check set-based, one INSERT … SELECT … ON CONFLICT DO NOTHING, and one
`RecordingBatch` as audit entry, all in one transaction: killed anywhere, nothing is there and the same call does it
again; committed, the same call returns the same report.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection, transaction
from django.forms.models import model_to_dict

from allant import clock
from allant.bulk import array_literal, copy_in
from allant.doctrine import RuleBook, rules
from allant.immunizations import bulk_sql, checks, plans, volume
from allant.immunizations.models import RecordingBatch

COLUMNS: dict[str, pa.DataType] = {
    "source_key": pa.string(),
    "person_id": pa.int64(),
    "occurred_on": pa.date32(),
    "vaccine": pa.string(),
    "dose_number": pa.int32(),
    "series": pa.string(),
    "series_doses": pa.int32(),
    "lot": pa.string(),
    "site": pa.string(),
    "place_kind": pa.string(),
    "proof": pa.string(),
    "location_id": pa.int64(),
    "am_number": pa.string(),
    "organisation_id": pa.int64(),
    "practitioner_id": pa.int64(),
    "forced_reason": pa.string(),
}
REQUIRED = ("source_key", "person_id", "occurred_on", "vaccine", "dose_number", "series", "series_doses")


FEW = 2_000  # rows judged in one statement: beyond, tables with statistics are faster
PREPARED = 250  # rows judged by a plan made once: beyond, a plan made for their number is worth its time


class BatchRefused(ValueError):
    """A batch that cannot be read, or whose key was used for another content; in French. Nothing was recorded."""


class VolumeStopped(BatchRefused):
    """A batch of an account that is stopped, or that would take it beyond the stop. Nothing was recorded.

    Once the transaction is undone, the caller keeps what it tells an administrator: `volume.raise_alerts(stopped.alerts)`.
    """

    def __init__(self, message: str, alerts: Sequence[volume.Over] = ()) -> None:
        super().__init__(message)
        self.alerts = alerts


@dataclass(frozen=True)
class BulkReport:
    """What became of the rows: received = recorded + already_there + refused. Refused lines: `RejectedRow` of `batch_id`."""

    batch_id: int
    received: int
    recorded: int
    already_there: int
    refused: int
    forced: int
    forced_by_rule: dict[str, int]
    refused_by_reason: dict[str, int]


def record_doses_in_bulk(
    rows: pa.Table,
    *,
    source: str,
    by: str,
    forced_reason: str | None = None,
    batch_key: str,
    today: date | None = None,
    book: RuleBook | None = None,
    may_stop: bool = True,
) -> BulkReport:
    """Record doses; one row a dose, columns `COLUMNS` (those of `REQUIRED` at least; a missing optional one is empty).

    `batch_key` names the batch for ever: sent again with the same content it returns the first report and records
    nothing; with another content it is refused. A row sent before, by source_key or by content, counts as already there.
    Lines are numbered from 1. With a `forced_reason`, the row's own or else that of the batch, rows that break a rule are
    recorded as forced, each with the rules it broke; without, they are refused, and so are the later doses of that person in
    the batch. Rules: those in force on the
    day of each act, as known `today` (or in `book`). `may_stop`: a batch that takes the account beyond the stop of the doctrine
    is undone; False for a sending that no stolen session can make. Raises BatchRefused, VolumeStopped.
    """
    today = today or clock.today()
    book = book or rules.as_known_on(today)
    staged = _conform(rows)
    digest = content_hash(staged)
    with transaction.atomic():
        batch, is_new = _opened(
            key=batch_key,
            content_hash=digest,
            source=source,
            recorded_by=by,
            started_at=clock.now(),
            received=staged.num_rows,
            rules_known_on=book.known_on,
        )
        if batch.content_hash != digest:
            raise BatchRefused(
                f"Envoi « {batch_key} » : cette clé a déjà servi pour un autre contenu. Donnez une nouvelle clé à cet envoi."
            )
        if is_new:
            if volume.is_blocked(by):
                raise VolumeStopped(checks.REASONS["volume_blocked"])
            _record(batch, staged, forced_reason or "", today, book)
            if over := volume.watch_batch(batch, today=today, book=book, may_stop=may_stop):
                raise VolumeStopped(_stopped(batch, over), over)
    return _report(batch)


def _stopped(batch: RecordingBatch, over: Sequence[volume.Over]) -> str:
    limit = min(window.blocks_from for window in over if window.blocks_from)
    return (
        f"Cet envoi porte {batch.recorded} doses nouvelles : avec elles, ce compte dépasserait {limit} actes, plus qu'il "
        "n'en enregistre sans vérification. Rien n'est enregistré, et un administrateur est prévenu : quand il aura vérifié et "
        "clos l'alerte, envoyez de nouveau le même fichier."
    )


def _opened(**opening: Any) -> tuple[RecordingBatch, bool]:
    """The batch of that key, and whether it is new: in one statement when it is."""
    with connection.cursor() as cursor:
        cursor.execute(bulk_sql.OPEN_BATCH, list(opening.values()))
        if row := cursor.fetchone():
            return RecordingBatch(pk=row[0], **opening), True
    return RecordingBatch.objects.get(key=opening["key"]), False


def _conform(rows: pa.Table) -> pa.Table:
    if unknown := [name for name in rows.column_names if name not in COLUMNS]:
        raise BatchRefused(f"Colonnes inconnues : {', '.join(unknown)}. Colonnes admises : {', '.join(COLUMNS)}.")
    if missing := [name for name in REQUIRED if name not in rows.column_names]:
        raise BatchRefused(f"Colonnes manquantes : {', '.join(missing)}. Ajoutez-les à l'envoi.")
    names = [name for name in COLUMNS if name in rows.column_names]
    try:
        staged = rows.select(names).cast(pa.schema([(name, COLUMNS[name]) for name in names]))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        seen = ", ".join(f"{name} ({rows.schema.field(name).type}, attendu {COLUMNS[name]})" for name in names)
        raise BatchRefused(f"Types illisibles : {seen}. Convertissez les colonnes avant l'envoi.") from None
    for name in ("source_key", "person_id"):
        if staged[name].null_count:
            raise BatchRefused(f"Colonne « {name} » vide sur {staged[name].null_count} ligne(s) : chaque dose en a besoin.")
    return staged.add_column(0, "row_no", pa.array(range(1, staged.num_rows + 1), pa.int64()))


def content_hash(table: pa.Table) -> str:
    """SHA-256 of the values, column by column, whatever the chunks; what lies under a null is not hashed."""
    digest = hashlib.sha256()
    for name, column in zip(table.column_names, table.columns, strict=True):
        digest.update(f"{name}:{column.type}:{column.null_count};".encode())
        whole = column.combine_chunks()
        if column.null_count:
            digest.update(_bytes(pc.is_null(whole)))
            whole = pc.fill_null(whole, pa.scalar(0, pa.int32()).cast(whole.type) if not pa.types.is_string(whole.type) else "")
        digest.update(_bytes(whole))
    return digest.hexdigest()


def _bytes(values: pa.Array) -> bytes:
    sink = pa.BufferOutputStream()
    batch = pa.record_batch([values], names=["v"])
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue().to_pybytes()


def _record(batch: RecordingBatch, staged: pa.Table, forced_reason: str, today: date, book: RuleBook) -> None:
    values: dict[str, Any] = {
        "batch_id": batch.pk,
        "source": batch.source,
        "by": batch.recorded_by,
        "at": batch.started_at,
        "batch_reason": forced_reason,
        "today": today,
    }
    counts = _record_few(staged, values, book) if staged.num_rows <= FEW else None
    if counts is None:
        counts = _record_many(staged, values, book)
    for name, count in zip(bulk_sql.COUNTED, counts, strict=True):
        setattr(batch, name, json.loads(count) if isinstance(count, str) else count)
    batch.finished_at = clock.now()
    batch.save(update_fields=[*bulk_sql.COUNTED, "finished_at"])


def _record_few(staged: pa.Table, values: dict[str, Any], book: RuleBook) -> tuple[Any, ...] | None:
    """The counts; None when somebody else had just recorded one of the doses: nothing is done then."""
    arrays = {name: array_literal(staged[name]) if name in staged.column_names else None for name in bulk_sql.STAGED}
    statement, before = bulk_sql.at_once(book), 0
    if staged.num_rows <= PREPARED:
        plan = bulk_sql.prepared(book)
        statement, before = plans.message(plan, bulk_sql.EXECUTE.format(name=plan.name))
    with connection.cursor() as cursor:
        cursor.execute(f"SAVEPOINT recording_few; {statement}", values | arrays)  # one exchange
        for _ in range(before + 1):
            cursor.nextset()
        *counts, overtaken = cursor.fetchone()
        if overtaken:
            cursor.execute("ROLLBACK TO SAVEPOINT recording_few")
            return None
    return tuple(counts)


def _record_many(staged: pa.Table, values: dict[str, Any], book: RuleBook) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(bulk_sql.CREATE_STAGED)
        copy_in("recording_staged", staged)
        cursor.execute("ANALYZE recording_staged")
        for statement in bulk_sql.judge(book):
            cursor.execute(statement, values)
        cursor.execute(bulk_sql.INSERT_DOSES, values)
        cursor.execute(bulk_sql.JUDGE_THE_OVERTAKEN, values)
        cursor.execute(bulk_sql.INSERT_REJECTED, values)
        cursor.execute(bulk_sql.COUNT)
        counts: tuple[Any, ...] = cursor.fetchone()
        cursor.execute(bulk_sql.DROP_ALL)
    return counts


def _report(batch: RecordingBatch) -> BulkReport:
    names = ("received", "recorded", "already_there", "refused", "forced", "forced_by_rule", "refused_by_reason")
    return BulkReport(batch_id=batch.pk, **model_to_dict(batch, fields=names))
