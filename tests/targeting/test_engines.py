"""What the engines offer beside the list of people: counts, breakdowns (TG-03), lists on disk, composable and lean SQL."""

import hashlib
import re
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from django.db import connection

from allant.facts import UnknownName
from allant.targeting import define, engine_duckdb, engine_memory, engine_postgres, sentence, tables

from .strategies import crowds
from .vocabulary import REGISTRY
from .world import World

t = tables(REGISTRY)
ON = date(2021, 3, 31)
TARGET = define((t.person.age_on(ON) >= 73) & ~t.dose_summary.exists() & t.person.departement.is_known())
DUE = define(
    (t.person.age_on(ON) >= 65) & (t.dose_summary.complete_on.months_on(ON) >= 6) & ~t.dose_summary.booster_on.is_known()
)


@pytest.fixture
def crowd(world: World) -> World:
    world.load(crowds(seed=3))
    return world


def test_the_count_and_its_breakdown_agree_between_engines(crowd: World) -> None:
    """TG-03."""
    expected = engine_memory.count(TARGET, crowd.population)
    with engine_duckdb.Engine(crowd.snapshot, registry=REGISTRY) as duckdb:
        by_departement = duckdb.breakdown(TARGET, "departement")
        assert duckdb.count(TARGET) == expected == sum(by_departement.values()) > 0
        assert duckdb.cross(TARGET, ["sex", "departement"])["people"].to_numpy().sum() == expected
    assert engine_postgres.count(TARGET, REGISTRY) == expected
    assert engine_postgres.breakdown(TARGET, "departement", REGISTRY) == by_departement
    total, splits = engine_postgres.breakdowns(TARGET, ["departement", "sex"], REGISTRY)
    assert total == engine_postgres.count(TARGET, REGISTRY)
    assert list(splits["departement"].items()) == list(engine_postgres.breakdown(TARGET, "departement", REGISTRY).items())
    assert list(splits["sex"].items()) == list(engine_postgres.breakdown(TARGET, "sex", REGISTRY).items())
    assert list(by_departement.values()) == sorted(by_departement.values(), reverse=True)


def test_a_breakdown_by_an_unknown_column_is_refused_with_the_nearest_name(crowd: World) -> None:
    with pytest.raises(UnknownName, match="Vouliez-vous dire « departement »"):
        engine_postgres.breakdown(TARGET, "departemant", REGISTRY)
    with engine_duckdb.Engine(crowd.snapshot, registry=REGISTRY) as duckdb, pytest.raises(UnknownName, match="« departement »"):
        duckdb.breakdown(TARGET, "departemant")


def test_a_list_on_disk_says_what_it_holds(crowd: World, tmp_path: Path) -> None:
    path = tmp_path / "lists" / "target.parquet"
    with engine_duckdb.Engine(crowd.snapshot, memory_limit="512MB", threads=1, registry=REGISTRY) as duckdb:
        written = duckdb.write(TARGET, path, as_of=ON, parameters={"wave": 1})
        people = duckdb.people(TARGET)["person_id"]
    assert pq.read_table(path)["person_id"].to_pylist() == people.to_pylist() == sorted(people.to_pylist())
    assert written.content == hashlib.sha256(np.array(people.to_pylist(), dtype="<i8").tobytes()).hexdigest()
    assert engine_duckdb.TargetList.read(path) == written
    assert (written.people, written.sentence, written.as_of) == (len(people), sentence(TARGET), ON)
    assert [file.name for file in path.parent.iterdir()] == ["target.parquet"]


def test_a_table_missing_from_the_snapshot_is_named(tmp_path: Path) -> None:
    with (
        engine_duckdb.Engine(tmp_path, registry=REGISTRY) as duckdb,
        pytest.raises(engine_duckdb.SnapshotMissing, match=r"n'a pas la table « person » : aucun fichier person/\*\.parquet"),
    ):
        duckdb.count(TARGET)


def test_the_facts_of_one_person_come_from_the_snapshot(crowd: World) -> None:
    with engine_duckdb.Engine(crowd.snapshot, registry=REGISTRY) as duckdb:
        found = duckdb.facts_of(1, TARGET)
    expected = engine_memory.facts_of(1, crowd.population)
    assert found == {"person": expected["person"], "dose_summary": expected["dose_summary"]}


def test_the_select_composes_with_parameters_of_its_user(crowd: World) -> None:
    percent = define(t.person.commune.is_in(["100 % d'ici"]))
    query, parameters = engine_postgres.sql(percent, ["commune"], REGISTRY)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE kept (person_id bigint, commune text, wave int)")
        cursor.execute(f"INSERT INTO kept SELECT target.*, %s FROM ({query}) AS target", [*parameters, 7])
        cursor.execute("SELECT person_id, commune, wave FROM kept ORDER BY 1")
        rows = cursor.fetchall()
        cursor.execute("DROP TABLE kept")
    assert rows == [(person, "100 % d'ici", 7) for person in engine_memory.people(percent, crowd.population)] != []


def test_the_sql_is_as_lean_as_a_humans(crowd: World) -> None:
    """PF-01: one semi- or anti-join, filters at the scans, no aggregate, no distinct, each table read once."""
    with engine_duckdb.Engine(crowd.snapshot, registry=REGISTRY) as duckdb:
        for definition, join in ((TARGET, "ANTI JOIN"), (DUE, "SEMI JOIN")):
            query = duckdb.sql(definition)
            assert [len(re.findall(word, query)) for word in (join, "JOIN", "GROUP BY", "DISTINCT")] == [1, 1, 0, 0]
            assert [query.count(f'"{table}" AS') for table in ("person", "dose_summary")] == [1, 1]


def test_several_criteria_on_one_event_table_read_it_once() -> None:
    target = define(
        t.person.sex.is_known()
        & ~t.situation.where(kind="institution").exists()
        & ~t.situation.where(kind="opted_out").exists()
        & (t.dose.count() <= 1)
        & (t.dose.last("occurred_on") <= ON)
        & ((t.dose.where(vaccine="janssen").exists()) | t.person.has_mobile)
    )
    query, _ = engine_postgres.sql(target, registry=REGISTRY)
    body = query[query.index("SELECT * FROM (") :]
    assert [body.count(f'"{table}" AS') for table in ("person", "situation", "dose")] == [1, 1, 1]
