"""PostgreSQL to Parquet: every value as it was, one instant, whole files, no row counted twice."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from threading import Thread
from time import sleep

import psycopg
import pyarrow.parquet as pq
import pytest
from django.db import connection

from allant import facts
from allant.facts import BOOLEAN, DATE, INTEGER, MANY, ONE, TEXT, Fact, FactTable, Manifest, Registry, SnapshotError

ON = date(2021, 3, 31)
COLUMNS = [
    Fact("name", TEXT, "nom", "inconnu"),
    Fact("birth_date", DATE, "date de naissance", "inconnue"),
    Fact("children", INTEGER, "enfants", "inconnu"),
    Fact("has_email", BOOLEAN, "courriel", "inconnu"),
]
NAMES = [fact.name for fact in COLUMNS]
PERSON = FactTable(
    "person", "personne", ONE, COLUMNS, f"SELECT person_id, {', '.join(NAMES)} FROM sample WHERE name NOT LIKE 'no%'"
)
EVENT = FactTable("event", "acte", MANY, [COLUMNS[1]], "SELECT person_id, birth_date FROM sample")
REGISTRY = Registry([PERSON, EVENT])
ROWS = [
    (3, 'guillemets "doubles",\nvirgule, 100 %', date(1948, 2, 29), None, True),
    (1, "", date(9999, 12, 31), 2**62, False),
    (2, "É", None, -1, None),
]


@pytest.fixture(autouse=True)
def sample(db: None) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE sample (person_id bigint, name text, birth_date date, children bigint, has_email boolean)"
        )
        cursor.executemany("INSERT INTO sample VALUES (%s, %s, %s, %s, %s)", ROWS)
        yield
        cursor.execute("DROP TABLE IF EXISTS sample")


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def snapshot(directory: Path) -> Manifest:
    return facts.snapshot(connection, directory, as_of=ON, registry=REGISTRY)


def test_every_value_arrives_as_it_was_ordered_by_person(tmp_path: Path) -> None:
    manifest = snapshot(tmp_path)
    table = pq.read_table(tmp_path / "person" / "part-0.parquet")
    assert [tuple(row.values()) for row in table.to_pylist()] == sorted(ROWS)
    assert {name: written.rows for name, written in manifest.tables.items()} == {"person": 3, "event": 3}
    assert Manifest.read(tmp_path) == manifest
    assert manifest.as_of == ON


def test_an_empty_table_keeps_its_columns(tmp_path: Path) -> None:
    execute("DELETE FROM sample")
    assert snapshot(tmp_path).tables["person"].rows == 0
    assert pq.read_table(tmp_path / "person").schema.names == ["person_id", *NAMES]


def test_equal_content_has_an_equal_hash_whatever_the_order_of_rows(tmp_path: Path) -> None:
    first = snapshot(tmp_path / "first").tables
    execute("CREATE TEMP TABLE again AS SELECT * FROM sample ORDER BY person_id DESC; TRUNCATE sample")
    execute("INSERT INTO sample SELECT * FROM again; DROP TABLE again")
    assert snapshot(tmp_path / "second").tables == first
    execute("UPDATE sample SET children = 0 WHERE person_id = 2")
    changed = snapshot(tmp_path / "third").tables
    assert changed["person"].content != first["person"].content
    assert changed["event"] == first["event"]


def test_a_person_twice_in_a_one_row_table_is_refused_and_the_former_snapshot_stays(tmp_path: Path) -> None:
    former = snapshot(tmp_path)
    execute("INSERT INTO sample SELECT * FROM sample WHERE person_id = 2")
    with pytest.raises(SnapshotError, match="une personne y figure deux fois"):
        snapshot(tmp_path)
    assert Manifest.read(tmp_path) == former
    assert pq.read_table(tmp_path / "person").num_rows == 3
    assert pq.read_table(tmp_path / "event" / "part-0.parquet").num_rows == 3


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "event").mkdir()
    (tmp_path / "event" / "2021-01-01.parquet").touch()
    with pytest.raises(SnapshotError, match=r"contient déjà 2021-01-01\.parquet"):
        snapshot(tmp_path)


def test_a_value_of_another_type_than_declared_is_refused(tmp_path: Path) -> None:
    table = FactTable("person", "personne", ONE, [Fact("name", DATE, "nom", "inconnu")], "SELECT person_id, name FROM sample")
    with pytest.raises(SnapshotError, match="« person » : une valeur n'a pas le type déclaré"):
        facts.snapshot(connection, tmp_path, as_of=ON, registry=Registry([table]))


def test_tables_may_be_chosen_by_name(tmp_path: Path) -> None:
    facts.snapshot(connection, tmp_path, as_of=ON, tables=["event"], registry=REGISTRY)
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["event"]


def test_a_folder_without_manifest_is_no_snapshot(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match=r"snapshot\.json manque"):
        Manifest.read(tmp_path)


def test_the_facts_of_one_person_come_by_table(tmp_path: Path) -> None:
    found = facts.of_person(connection, 2, REGISTRY)
    assert found == {
        "person": [{"person_id": 2, "name": "É", "birth_date": None, "children": -1, "has_email": None}],
        "event": [{"person_id": 2, "birth_date": None}],
    }
    assert facts.of_person(connection, 77, REGISTRY) == {"person": [], "event": []}


@pytest.mark.django_db(transaction=True)
def test_every_table_is_read_as_of_one_instant(tmp_path: Path, cluster_dsn: str) -> None:
    """A row committed while the first table is being read is not in the second one."""
    execute("CREATE TABLE moment (person_id bigint)")
    waits = FactTable(
        "person", "personne", ONE, [], "SELECT 1::bigint AS person_id FROM (SELECT pg_advisory_xact_lock(4711)) AS held"
    )
    reads = FactTable("event", "acte", MANY, [], "SELECT person_id FROM moment")
    with psycopg.connect(cluster_dsn, autocommit=True) as beside:
        beside.execute("SELECT pg_advisory_lock(4711)")
        writer = Thread(target=_insert_once_waited_for, args=[beside])
        writer.start()
        manifest = facts.snapshot(connection, tmp_path, as_of=ON, registry=Registry([waits, reads]))
        writer.join()
        written = beside.execute("SELECT count(*) FROM moment").fetchone()
    execute("DROP TABLE moment")
    assert (manifest.tables["event"].rows, written) == (0, (1,))


def _insert_once_waited_for(beside: psycopg.Connection[tuple[int]]) -> None:
    while not beside.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted").fetchone():
        sleep(0.01)
    beside.execute("INSERT INTO moment VALUES (1)")
    beside.execute("SELECT pg_advisory_unlock(4711)")
