"""One small population loaded in every engine, and the question put to each."""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.db import connection

from allant.facts.parquet import schema
from allant.targeting import Definition, engine_duckdb, engine_memory, engine_postgres

from .vocabulary import REGISTRY

Population = Mapping[str, Sequence[Mapping[str, Any]]]
Mutant = Callable[[], AbstractContextManager[Any]]
ENGINES = ("memory", "duckdb", "postgres")
POSTGRES_TYPE = {"text": "text", "integer": "bigint", "date": "date", "boolean": "boolean"}


class World:
    """`load` a population, then compare engines. Needs a database in which it makes temporary tables."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._turn = 0
        self.population: Population = {}
        with connection.cursor() as cursor:
            for table in REGISTRY:
                columns = ", ".join(f"{fact.name} {POSTGRES_TYPE[fact.kind]}" for fact in table.columns)
                cursor.execute(f"CREATE TEMP TABLE fact_{table.name} (person_id bigint, {columns})")

    def close(self) -> None:
        with connection.cursor() as cursor:
            for table in REGISTRY:
                cursor.execute(f"DROP TABLE fact_{table.name}")

    @property
    def snapshot(self) -> Path:
        return self._folder / str(self._turn)

    def load(self, population: Population, engines: Sequence[str] = ENGINES) -> None:
        """Replace the population in these engines; a table left out is empty."""
        self.population = population
        if "postgres" in engines:
            self._fill_postgres()
        if set(engines) - {"memory", "postgres"}:
            self._write_snapshot()

    def _fill_postgres(self) -> None:
        names = ", ".join(f"fact_{table.name}" for table in REGISTRY)
        inserts = (
            f"INSERT INTO fact_{table.name} SELECT * FROM json_populate_recordset(NULL::fact_{table.name}, %s)"
            for table in REGISTRY
        )
        rows = [json.dumps(self.population.get(table.name, ()), default=str) for table in REGISTRY]
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {names}; {'; '.join(inserts)}", rows)

    def _write_snapshot(self) -> None:
        shutil.rmtree(self.snapshot, ignore_errors=True)
        self._turn += 1  # a new folder each time: DuckDB may keep what it read from the former
        for table in REGISTRY:
            folder = self.snapshot / table.name
            folder.mkdir(parents=True)
            rows = list(self.population.get(table.name, ()))
            pq.write_table(pa.Table.from_pylist(rows, schema=schema(table)), folder / "part-0.parquet")

    def ask(self, engine: str, definition: Definition) -> list[int]:
        """The persons that one engine selects."""
        match engine:
            case "memory":
                return engine_memory.people(definition, self.population)
            case "duckdb":
                with engine_duckdb.Engine(self.snapshot, threads=1, registry=REGISTRY) as duckdb:
                    return duckdb.people(definition)["person_id"].to_pylist()
            case "postgres":
                return engine_postgres.people(definition, REGISTRY)["person_id"].to_pylist()
            case _:
                from allant.targeting import engine_spark

                from .spark import session

                return engine_spark.Engine(self.snapshot, session(), REGISTRY).people(definition)["person_id"].to_pylist()

    def compare(
        self, definition: Definition, engines: Sequence[str] = ENGINES, mutants: Mapping[str, Mutant] | None = None
    ) -> list[int]:
        """The answer that all engines give; fails when they differ. A mutant changes one engine while it answers."""
        answers = {}
        for engine in engines:
            with (mutants or {}).get(engine, nullcontext)():
                answers[engine] = self.ask(engine, definition)
        expected = answers[engines[0]]
        assert all(answer == expected for answer in answers.values()), f"{definition.to_json()}: {answers}"
        return expected
