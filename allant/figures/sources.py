"""Where the doses are read: PostgreSQL (what is true now) or the Parquet of a country, by the same SQL text.

Both show two relations, and nothing else, to that text:
`dose(person_id, occurred_on, vaccine, dose_number, series, series_doses)` current rows of the disease, and
`person(person_id, birth_date, departement)`. The text keeps to what both engines understand and carries no `%`.
"""

from pathlib import Path
from typing import Protocol

import duckdb
import pyarrow as pa

from allant import bulk

DISEASE = "covid19"

_POSTGRES_RELATIONS = f"""
WITH dose AS (
    SELECT person_id, occurred_on, vaccine, dose_number, series, series_doses
    FROM immunizations_dose WHERE ended_at IS NULL AND disease = '{DISEASE}'
), person AS (
    SELECT id AS person_id, birth_date, departement_code AS departement FROM people_person
)
"""


class Source(Protocol):
    """A place where doses are read."""

    def query(self, sql: str, schema: pa.Schema) -> pa.Table:
        """The rows of a SELECT over `dose` and `person`, in this schema."""

    def version(self) -> str:
        """Changes when a dose is recorded, corrected or cancelled, or a person added or changed."""


def people_of(source: Source) -> int:
    """How many persons the populations of the age classes stand for: those whose birth date is unknown come on top."""
    found = source.query("SELECT count(birth_date) AS people FROM person", pa.schema([("people", pa.int64())]))
    return int(found["people"][0].as_py())


def residents_of(source: Source) -> dict[str, int]:
    """How many persons live in each département; those without a known one are left out."""
    found = source.query(
        "SELECT departement, count(*) AS people FROM person WHERE departement IS NOT NULL GROUP BY departement",
        pa.schema([("departement", pa.string()), ("people", pa.int64())]),
    )
    return dict(zip(found["departement"].to_pylist(), found["people"].to_pylist(), strict=True))


class PostgresSource:
    """The register itself, on Django's connection and inside its transaction."""

    def query(self, sql: str, schema: pa.Schema) -> pa.Table:
        """See `Source.query`."""
        return bulk.copy_out(_POSTGRES_RELATIONS + sql, (), schema)

    def version(self) -> str:
        """Doses only appear or end, so two counts and the newest id say whether one moved; a changed person leaves an event."""
        names = ("newest", "rows", "ended", "persons", "changes")
        schema = pa.schema([(name, pa.int64()) for name in names])
        found = bulk.copy_out(
            "SELECT coalesce(max(id), 0), count(*), count(ended_at), (SELECT coalesce(max(id), 0) FROM people_person), "
            "(SELECT coalesce(max(pgh_id), 0) FROM people_personevent) FROM immunizations_dose",
            (),
            schema,
        )
        return "-".join(str(found.column(name)[0].as_py()) for name in schema.names)


class ParquetSource:
    """A country directory: `dose/*.parquet` one file a day, `person/*.parquet`."""

    def __init__(self, directory: Path, memory_limit: str = "4GB", threads: int | None = None) -> None:
        """`memory_limit` as DuckDB writes it ("4GB"). Raises FileNotFoundError when a table of the country is missing."""
        self.directory = directory
        self._connection = duckdb.connect()
        self._connection.execute(f"SET memory_limit = '{memory_limit}'; SET preserve_insertion_order = false")
        if threads:
            self._connection.execute(f"SET threads = {threads}")
        for table in ("dose", "person"):
            if not any((directory / table).glob("*.parquet")):
                raise FileNotFoundError(
                    f"{directory / table} : aucun fichier Parquet. Attendu : un pays écrit par « allant country make »"
                    + (" puis rejoué par « allant replay »." if table == "dose" else ".")
                )
            self._connection.read_parquet(str(directory / table / "*.parquet")).create_view(table)

    def query(self, sql: str, schema: pa.Schema) -> pa.Table:
        """See `Source.query`."""
        return self._connection.execute(sql).to_arrow_table().rename_columns(schema.names).cast(schema)

    def version(self) -> str:
        """The newest change of a dose file, and how many there are."""
        stamps = [path.stat().st_mtime_ns for path in (self.directory / "dose").glob("*.parquet")]
        return f"{len(stamps)}-{max(stamps)}"
