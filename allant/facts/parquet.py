"""The analytical snapshot: each fact table of PostgreSQL as one Parquet file, all read in one transaction."""

import hashlib
import io
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from pyarrow import csv

from .vocabulary import BOOLEAN, DATE, INTEGER, ONE, TEXT, FactTable, Registry
from .vocabulary import registry as installed

ARROW: Final[dict[str, pa.DataType]] = {TEXT: pa.string(), INTEGER: pa.int64(), DATE: pa.date32(), BOOLEAN: pa.bool_()}
MANIFEST: Final = "snapshot.json"
PART: Final = "part-0.parquet"
ROW_GROUP: Final = 122_880
"""DuckDB's own row group size: one group is one unit of its parallel scan."""


class SnapshotError(RuntimeError):
    """A snapshot that cannot be written, or whose data break the declared vocabulary."""


@dataclass(frozen=True)
class TableManifest:
    """What one table of the snapshot holds: number of rows and SHA-256 of its ordered content."""

    rows: int
    content: str


@dataclass(frozen=True)
class Manifest:
    """What a snapshot holds. `as_of` is the date that the caller gave."""

    as_of: date
    tables: dict[str, TableManifest]

    def to_json(self) -> str:
        """The manifest as it is stored beside the tables."""
        return json.dumps({**asdict(self), "as_of": self.as_of.isoformat()}, indent=2, sort_keys=True)

    @classmethod
    def read(cls, directory: Path) -> "Manifest":
        """The manifest of a snapshot directory; raises SnapshotError when there is none."""
        path = Path(directory) / MANIFEST
        if not path.is_file():
            raise SnapshotError(f"« {directory} » n'est pas un instantané : {MANIFEST} manque.")
        data = json.loads(path.read_text())
        tables = {name: TableManifest(**table) for name, table in data["tables"].items()}
        return cls(date.fromisoformat(data["as_of"]), tables)


def schema(table: FactTable) -> pa.Schema:
    """The Arrow schema of a fact table: the key (int64), then its columns in order."""
    return pa.schema([(table.key, pa.int64()), *((fact.name, ARROW[fact.kind]) for fact in table.columns)])


def snapshot(
    connection: BaseDatabaseWrapper,
    directory: Path,
    *,
    as_of: date,
    tables: Iterable[str] | None = None,
    registry: Registry = installed,
) -> Manifest:
    """Write `<directory>/<table>/part-0.parquet` for each table (all by default), then `snapshot.json`.

    Rows are ordered by person. Every file appears whole or not at all; an interrupted snapshot leaves the former one.
    Raises SnapshotError when a folder holds other Parquet files, or when a ONE table has a person twice.
    """
    directory = Path(directory)
    chosen = list(registry) if tables is None else [registry.table(name) for name in tables]
    for table in chosen:
        _refuse_foreign_files(directory / table.name)
    with _one_instant(connection):
        written = {table.name: _write(connection, directory, table) for table in chosen}
    for table in chosen:
        _pending(directory, table).replace(directory / table.name / PART)
    manifest = Manifest(as_of, written)
    pending = directory / f"{MANIFEST}.tmp"
    pending.write_text(manifest.to_json())
    pending.replace(directory / MANIFEST)
    return manifest


def _pending(directory: Path, table: FactTable) -> Path:
    return directory / table.name / f"{PART}.tmp"


def _refuse_foreign_files(folder: Path) -> None:
    if other := sorted(path.name for path in folder.glob("*.parquet") if path.name != PART):
        raise SnapshotError(
            f"Le dossier « {folder} » contient déjà {other[0]} : une lecture compterait ces lignes deux fois. "
            "Choisissez un autre dossier."
        )


@contextmanager
def _one_instant(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Every table is read as of the same instant; inside a caller's transaction, that transaction decides."""
    nested = connection.in_atomic_block
    with transaction.atomic(using=connection.alias):
        if not nested:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def _write(connection: BaseDatabaseWrapper, directory: Path, table: FactTable) -> TableManifest:
    target = _pending(directory, table)
    target.parent.mkdir(parents=True, exist_ok=True)
    rows, last = 0, None
    with connection.cursor() as cursor, cursor.copy(_copy(table)) as stream:
        source = _CopyReader(stream)
        with pq.ParquetWriter(target, schema(table), compression="zstd") as writer:
            for batch in _batches(source, table):
                if table.rows == ONE:
                    last = _refuse_twice(batch, table, last)
                rows += len(batch)
                writer.write_table(pa.Table.from_batches([batch]), row_group_size=ROW_GROUP)
    with target.open("rb+") as file:
        os.fsync(file.fileno())
    return TableManifest(rows, source.digest.hexdigest())


def _copy(table: FactTable) -> str:
    columns = ", ".join(f'"{name}"' for name in schema(table).names)
    # COLLATE is left to the database: equal content on one server gives equal order, and so the same hash.
    return f"COPY (SELECT {columns} FROM ({table.postgres_query}) AS facts ORDER BY {columns}) TO STDOUT (FORMAT csv, HEADER)"


def _batches(source: "_CopyReader", table: FactTable) -> Iterator[pa.RecordBatch]:
    convert = csv.ConvertOptions(
        column_types=schema(table),
        true_values=["t"],
        false_values=["f"],
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,  # COPY writes NULL bare and the empty string quoted
    )
    parse = csv.ParseOptions(newlines_in_values=True)
    read = csv.ReadOptions(block_size=8 << 20)
    try:
        yield from csv.open_csv(source, read_options=read, parse_options=parse, convert_options=convert)
    except pa.ArrowInvalid as error:
        raise SnapshotError(f"Table « {table.name} » : une valeur n'a pas le type déclaré. {error}") from error


def _refuse_twice(batch: pa.RecordBatch, table: FactTable, last: int | None) -> int | None:
    """Neighbours suffice, since the rows come ordered by person."""
    keys = batch.column(0).to_numpy()
    if not len(keys):
        return last
    if keys[0] == last or (keys[1:] == keys[:-1]).any():
        raise SnapshotError(f"Table « {table.name} » : une personne y figure deux fois, une ligne au plus était annoncée.")
    return int(keys[-1])


class _CopyReader(io.RawIOBase):
    """A psycopg COPY stream as a readable file that hashes what passes."""

    def __init__(self, stream: Any) -> None:
        self._blocks = iter(stream)
        self._rest = memoryview(b"")
        self.digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        filled = 0
        while filled < len(buffer):
            if not self._rest:
                block = next(self._blocks, None)
                if block is None:
                    break
                self.digest.update(block)
                self._rest = memoryview(block)
            taken = min(len(self._rest), len(buffer) - filled)
            buffer[filled : filled + taken] = self._rest[:taken]
            self._rest = self._rest[taken:]
            filled += taken
        return filled
