"""Targets on the Parquet snapshot, with DuckDB: the engine for the nation."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import duckdb
import ibis
import pyarrow as pa
import pyarrow.parquet as pq

from allant.facts import PERSON, PERSON_ID, FactTable, Registry
from allant.facts import registry as installed

from . import engine_ibis
from .definition import Definition
from .wording import sentence

BATCH: Final = 1_000_000
"""Rows in flight while a list is written: 8 MB of identifiers."""


class SnapshotMissing(FileNotFoundError):
    """The snapshot lacks a table that the definition reads."""


@dataclass(frozen=True)
class TargetList:
    """What a written list holds; the same is in the Parquet file's own metadata, under the key `allant`.

    `content` is the SHA-256 of the identifiers as little-endian 64-bit integers in ascending order.
    """

    definition: dict[str, Any]
    definition_hash: str
    sentence: str
    as_of: date
    parameters: dict[str, Any]
    people: int
    content: str

    def to_json(self) -> str:
        """As stored in the file's metadata."""
        return json.dumps({**asdict(self), "as_of": self.as_of.isoformat()}, ensure_ascii=False, sort_keys=True)

    @classmethod
    def read(cls, path: Path) -> "TargetList":
        """What the list at `path` says of itself."""
        data = json.loads(pq.read_metadata(path).metadata[b"allant"])
        return cls(**{**data, "as_of": date.fromisoformat(data["as_of"])})


class Engine:
    """Answers about `<directory>/<table>/*.parquet`. `memory_limit` as DuckDB writes it ("4GB"); `threads` defaults to all."""

    def __init__(
        self,
        directory: Path,
        *,
        memory_limit: str = "4GB",
        threads: int | None = None,
        registry: Registry = installed,
    ) -> None:
        self._directory = Path(directory)
        self._registry = registry
        self._connection = duckdb.connect()
        self._connection.execute("SET memory_limit = ?", [memory_limit])
        if threads:
            self._connection.execute("SET threads = ?", [threads])

    def close(self) -> None:
        """Free the memory and the files."""
        self._connection.close()

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def sql(self, definition: Definition, columns: Sequence[str] = ()) -> str:
        """The SELECT of `person_id` (and columns of the person table) that DuckDB runs; the fact tables are its views."""
        return str(ibis.to_sql(engine_ibis.people(definition, self._person, columns), dialect="duckdb"))

    def people(self, definition: Definition) -> pa.Table:
        """The persons of the target: one column `person_id` (int64), ascending."""
        return self._run(definition, f"{self.sql(definition)} ORDER BY {PERSON_ID}").to_arrow_table()

    def count(self, definition: Definition) -> int:
        """How many persons."""
        found = self._run(definition, f"SELECT count(*) FROM ({self.sql(definition)})").fetchone()
        assert found is not None
        return int(found[0])

    def breakdown(self, definition: Definition, column: str) -> dict[Any, int]:
        """How many persons by value of a column of the person table (None: unknown), the most numerous first."""
        table = self.cross(definition, [column])
        return dict(zip(table[column].to_pylist(), table["people"].to_pylist(), strict=True))

    def cross(self, definition: Definition, columns: Sequence[str]) -> pa.Table:
        """How many persons by values of these columns of the person table: the columns, then `people` (int64)."""
        names = ", ".join(f'"{column}"' for column in columns)
        target = self.sql(definition, columns)
        query = f"SELECT {names}, count(*) AS people FROM ({target}) GROUP BY ALL ORDER BY people DESC, {names}"
        return self._run(definition, query).to_arrow_table()

    def over(self, definition: Definition, columns: Sequence[str], query: str) -> list[tuple[Any, ...]]:
        """The rows of a query that holds `{target}`: the SELECT of `person_id` and these columns of the person table."""
        return self._run(definition, query.format(target=self.sql(definition, columns))).fetchall()

    def write(self, definition: Definition, path: Path, *, as_of: date, parameters: dict[str, Any] | None = None) -> TargetList:
        """Write the list of `person_id`, ascending, as one Parquet file that appears whole or not at all.

        `as_of` is the date of the snapshot, `parameters` whatever the caller wants kept beside the list (plain JSON).
        """
        path = Path(path)
        pending = path.with_name(f"{path.name}.tmp")
        path.parent.mkdir(parents=True, exist_ok=True)
        reader = self._run(definition, f"{self.sql(definition)} ORDER BY {PERSON_ID}").to_arrow_reader(BATCH)
        digest, size = hashlib.sha256(), 0
        with pq.ParquetWriter(pending, reader.schema, compression="zstd") as writer:
            for batch in reader:
                digest.update(batch.column(0).to_numpy().astype("<i8", copy=False))
                size += len(batch)
                writer.write_batch(batch)
            said = (definition.to_json(), definition.content_hash, sentence(definition))
            written = TargetList(*said, as_of, parameters or {}, size, digest.hexdigest())
            writer.add_key_value_metadata({"allant": written.to_json()})
        pending.replace(path)
        return written

    def facts_of(self, person_id: int, definition: Definition) -> dict[str, list[dict[str, Any]]]:
        """The rows about one person in the tables that the definition reads, as `why` takes them."""
        return {table.name: self._rows_of(table, person_id) for table in self._sources(definition)}

    def _rows_of(self, table: FactTable, person_id: int) -> list[dict[str, Any]]:
        names = ", ".join(f'"{name}"' for name in (table.key, *(fact.name for fact in table.columns)))
        query = f'SELECT {names} FROM {self._scan(table)} WHERE "{table.key}" = ? ORDER BY ALL'
        return list(self._connection.cursor().execute(query, [person_id]).to_arrow_table().to_pylist())

    @cached_property
    def _person(self) -> FactTable:
        return self._registry.table(PERSON)

    def _sources(self, definition: Definition) -> list[FactTable]:
        return [self._person, *definition.tables.values()]

    def _run(self, definition: Definition, query: str) -> duckdb.DuckDBPyConnection:
        # A cursor is a connection of its own on the same memory: pages may ask at the same time.
        cursor = self._connection.cursor()
        for table in self._sources(definition):
            cursor.execute(f'CREATE OR REPLACE TEMP VIEW "{table.name}" AS SELECT * FROM {self._scan(table)}')
        return cursor.execute(query)

    def _scan(self, table: FactTable) -> str:
        folder = self._directory / table.name
        if not any(folder.glob("*.parquet")):
            raise SnapshotMissing(
                f"L'instantané « {self._directory} » n'a pas la table « {table.name} » : "
                f"aucun fichier {table.name}/*.parquet. Refaites l'instantané, ou donnez un autre dossier."
            )
        # A pattern, not a list of files: of a list DuckDB knows no number of rows, and joins the wrong way round (2 x dearer).
        pattern = re.sub(r"([*?[])", r"[\1]", str(folder)).replace("'", "''")
        return f"read_parquet('{pattern}/*.parquet')"
