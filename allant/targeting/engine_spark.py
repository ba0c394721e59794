"""Targets on the Parquet snapshot, with PySpark: the same expression when one machine is not enough.

Needs the extra `spark`, and Java 17 or later; nothing imports this module but its user.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from allant.facts import PERSON, PERSON_ID, Registry
from allant.facts import registry as installed

from . import engine_ibis
from .definition import Definition


class Engine:
    """Answers about `<directory>/<table>/*.parquet`, in a session that the caller opened and will stop."""

    def __init__(self, directory: Path, session: SparkSession, registry: Registry = installed) -> None:
        self._directory = Path(directory)
        self._session = session
        self._registry = registry

    def sql(self, definition: Definition, columns: Sequence[str] = ()) -> str:
        """The SELECT of `person_id` (and columns of the person table) in Spark SQL; the fact tables are its temporary views."""
        expression = engine_ibis.people(definition, self._registry.table(PERSON), columns)
        return str(ibis.to_sql(expression, dialect="pyspark"))

    def people(self, definition: Definition) -> pa.Table:
        """The persons of the target: one column `person_id` (int64), ascending, gathered on this machine."""
        rows: list[Any] = self._frame(definition).orderBy(PERSON_ID).collect()
        return pa.table([[row[0] for row in rows]], schema=pa.schema([(PERSON_ID, pa.int64())]))

    def count(self, definition: Definition) -> int:
        """How many persons."""
        return int(self._frame(definition).count())

    def breakdown(self, definition: Definition, column: str) -> dict[Any, int]:
        """How many persons by value of a column of the person table (None: unknown), the most numerous first."""
        frame = self._frame(definition, [column]).groupBy(column).count()
        return {row[0]: row[1] for row in frame.orderBy(frame["count"].desc(), column).collect()}

    def write(self, definition: Definition, directory: Path) -> None:
        """Write the list as a folder of Parquet files, by the workers themselves; replaces a former one."""
        self._frame(definition).write.mode("overwrite").parquet(str(directory))

    def _frame(self, definition: Definition, columns: Sequence[str] = ()) -> DataFrame:
        for table in (self._registry.table(PERSON), *definition.tables.values()):
            folder = self._directory / table.name
            if not any(folder.glob("*.parquet")):
                raise FileNotFoundError(f"L'instantané « {self._directory} » n'a pas la table « {table.name} ».")
            self._session.read.parquet(str(folder)).createOrReplaceTempView(table.name)
        return self._session.sql(self.sql(definition, columns))
