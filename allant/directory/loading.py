"""Bulk loading of register tables from Arrow: binary COPY into a temporary table, then one INSERT … ON CONFLICT DO NOTHING.

Idempotent: a row whose natural key is there already is counted, not repeated. One `LoadBatch` stands for the history of the rows
inserted. Everything happens in one transaction: killed anywhere, nothing is there, and the load is simply run again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

import psycopg
import pyarrow as pa
from django.db import DatabaseError, DataError, IntegrityError, connection, transaction

from allant import clock
from allant.bulk import copy_in
from allant.directory.models import LoadBatch

STAGING = "load_staging"
_SQL_TYPES = {pa.string(): "text", pa.int64(): "bigint", pa.date32(): "date", pa.bool_(): "boolean"}


class LoadRefused(ValueError):
    """Rows that cannot be loaded; the message, in French, holds no personal data. Nothing was loaded."""


@dataclass(frozen=True)
class LoadReport:
    """Counts of rows of one load."""

    received: int
    inserted: int

    @property
    def already_there(self) -> int:
        """Rows known before, by their natural key."""
        return self.received - self.inserted


@dataclass(frozen=True)
class LoadTarget:
    """A table that can be loaded.

    `columns`: accepted column → Arrow type (string, int64, date32, bool); `required`: those without which a load is
    refused, never null; `natural_key`: columns of the target that recognise a row; `derived`: accepted column → (column
    of the target, SQL over the alias `staged` and `joins`), for those not copied under their own name.
    """

    table: str
    columns: Mapping[str, pa.DataType]
    required: tuple[str, ...]
    natural_key: tuple[str, ...]
    derived: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    joins: str = ""


def load(target: LoadTarget, table: pa.Table, *, by: str) -> LoadReport:
    """Insert the rows of `table` that are not there yet. Raises LoadRefused."""
    rows = _conform(target, table)
    try:
        with transaction.atomic():
            inserted = _insert(target, rows)
            _move_sequence(target.table)
            LoadBatch.objects.create(
                table_name=target.table, loaded_by=by, loaded_at=clock.now(), received=rows.num_rows, inserted=inserted
            )
    except (IntegrityError, DataError) as error:
        raise LoadRefused(_refusal(target, error)) from None
    return LoadReport(received=rows.num_rows, inserted=inserted)


def _conform(target: LoadTarget, table: pa.Table) -> pa.Table:
    for name in table.column_names:
        if name not in target.columns:
            near = get_close_matches(name, target.columns, n=1)
            hint = f"Vouliez-vous dire « {near[0]} » ?" if near else f"Colonnes admises : {', '.join(target.columns)}."
            raise LoadRefused(f"{target.table} : colonne « {name} » inconnue. {hint}")
    missing = [name for name in target.required if name not in table.column_names]
    if missing:
        raise LoadRefused(f"{target.table} : colonnes manquantes : {', '.join(missing)}. Ajoutez-les au fichier.")
    schema = pa.schema([(name, target.columns[name]) for name in table.column_names])
    try:
        rows = table.cast(schema)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError):
        seen = ", ".join(f"{item.name} ({item.type})" for item in table.schema if item.type != target.columns[item.name])
        raise LoadRefused(f"{target.table} : types illisibles : {seen}. Attendu : {_expected(target)}.") from None
    for name in target.required:
        if rows[name].null_count:
            raise LoadRefused(
                f"{target.table} : colonne « {name} » vide sur {rows[name].null_count} ligne(s), valeur obligatoire."
            )
    return rows


def _expected(target: LoadTarget) -> str:
    return ", ".join(f"{name} ({kind})" for name, kind in target.columns.items())


def _insert(target: LoadTarget, rows: pa.Table) -> int:
    columns = ", ".join(f'"{item.name}" {_SQL_TYPES[item.type]}' for item in rows.schema)
    selected = dict(target.derived.get(name, (name, f"staged.{name}")) for name in rows.column_names)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {STAGING} ({columns}) ON COMMIT DROP")
        copy_in(STAGING, rows)
        cursor.execute(
            f"INSERT INTO {target.table} ({', '.join(selected)}) SELECT {', '.join(selected.values())} FROM {STAGING} AS staged "
            f"{target.joins} ON CONFLICT ({', '.join(target.natural_key)}) DO NOTHING"
        )
        inserted = cursor.rowcount
        # Foreign keys are checked here rather than at commit, so that a wrong one is refused in our own words.
        cursor.execute(f"SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED; DROP TABLE {STAGING}")
    return inserted


def _move_sequence(table: str) -> None:
    """Rows came with their own ids: the next id given by the database must be beyond them."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), top) FROM (SELECT max(id) AS top FROM {table}) AS ids "
            f"WHERE top > coalesce(pg_sequence_last_value(pg_get_serial_sequence('{table}', 'id')::regclass), 0)"
        )


def _refusal(target: LoadTarget, error: DatabaseError) -> str:
    """The database's refusal in French. Its own detail is left out: it quotes the row."""
    cause = error.__cause__
    diagnosis = cause.diag if isinstance(cause, psycopg.Error) else None
    where = (diagnosis and (diagnosis.constraint_name or diagnosis.column_name)) or "inconnue"
    match cause:
        case psycopg.errors.ForeignKeyViolation():
            what = "une ligne désigne une fiche qui n'existe pas ; chargez d'abord les fiches désignées"
        case psycopg.errors.UniqueViolation():
            what = "une valeur unique appartient déjà à une autre fiche ; corrigez l'une des deux"
        case psycopg.errors.CheckViolation():
            what = "une valeur est hors de sa forme ou de sa période ; corrigez le fichier"
        case psycopg.errors.NotNullViolation():
            what = "une valeur obligatoire manque ; ajoutez la colonne"
        case _:
            what = "une valeur ne tient pas dans sa colonne ; corrigez le fichier"
    return f"{target.table} : {what} (contrainte ou colonne : {where}). Rien n'a été chargé."
