"""The dose summary: one definition, on PostgreSQL and on DuckDB; the facts made of it."""

from datetime import date

import duckdb
import pyarrow.parquet as pq
import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from allant.facts import registry
from allant.immunizations.actions import cancel_administratively, record_doses_in_bulk
from allant.immunizations.models import Dose, DoseSummary
from allant.immunizations.summary import CURRENT_DOSES, dose_summary_sql
from tests.immunizations.builders import TODAY, day, rows
from tests.people.builders import load, person

NAMES = ("person_id", "occurred_on", "vaccine", "dose_number", "series", "series_doses")
HISTORY = """
a1 1 2021-03-01 vaxzevria 1 primary 2
a2 1 2021-06-01 comirnaty 2 primary 2
a3 1 2021-12-20 spikevax  3 booster 2
b1 2 2021-06-01 janssen   1 primary 1
c1 3 2021-06-01 comirnaty 1 primary 2
"""


def _fetch(query: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


@pytest.mark.django_db
def test_summary_of_a_history() -> None:
    """Number, first, complete, booster, last."""
    load(3)
    record_doses_in_bulk(rows(HISTORY), source="csv", by="test", batch_key="k", forced_reason="essai", today=TODAY)
    fields = ("dose_count", "first_on", "first_vaccine", "complete_on", "booster_on", "last_on", "last_vaccine")
    assert list(DoseSummary.objects.values_list(*fields)) == [
        (3, day("2021-03-01"), "vaxzevria", day("2021-06-01"), day("2021-12-20"), day("2021-12-20"), "spikevax"),
        (1, day("2021-06-01"), "janssen", day("2021-06-01"), None, day("2021-06-01"), "janssen"),
        (1, day("2021-06-01"), "comirnaty", None, None, day("2021-06-01"), "comirnaty"),
    ]


@pytest.mark.django_db
def test_removing_a_dose_changes_the_summary() -> None:
    """Nothing is stored: what is cancelled no longer counts."""
    load(3)
    record_doses_in_bulk(rows(HISTORY), source="csv", by="test", batch_key="k", forced_reason="essai", today=TODAY)
    cancel_administratively(dose=Dose.objects.get(source_key="a2"), by="admin", reason="fausse dose")
    summary = DoseSummary.objects.get(person_id=1)
    assert (summary.dose_count, summary.complete_on, summary.booster_on) == (2, None, day("2021-12-20"))


@pytest.mark.django_db
def test_fg_04_the_booster_of_the_summary_is_the_first() -> None:
    """A second booster counts as a dose and as the last one."""
    load(3)
    second = "a4 1 2021-12-28 comirnaty 4 second_booster 2"
    record_doses_in_bulk(
        rows(HISTORY + second), source="csv", by="test", batch_key="k", forced_reason="essai", today=TODAY
    )
    summary = DoseSummary.objects.get(person_id=1)
    assert (summary.dose_count, summary.booster_on, summary.last_on) == (4, day("2021-12-20"), day("2021-12-28"))
    assert Dose.objects.boosters_by(TODAY).count() == 1


@pytest.mark.django_db
def test_the_view_is_the_definition() -> None:
    """Whoever changes the definition adds a migration: the view in the database is the one of the code."""
    shape = "SELECT pg_get_viewdef('{}'::regclass)"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY VIEW summary_of_the_code AS {dose_summary_sql(f'({CURRENT_DOSES})')}")
    assert _fetch(shape.format("immunizations_dose_summary")) == _fetch(shape.format("summary_of_the_code"))


doses = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.dates(date(2021, 1, 1), date(2021, 1, 5)),
        st.sampled_from(["comirnaty", "janssen"]),
        st.integers(1, 3),
        st.sampled_from(["primary", "booster", "second_booster"]),
        st.integers(1, 2),
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda dose: (dose[0], dose[1], dose[3]),
)


@pytest.mark.django_db
@given(doses)
def test_both_engines_summarise_alike(given_doses: list[tuple]) -> None:
    """The same SELECT on DuckDB over the same rows gives the same summary."""
    kinds = ("integer", "date", "varchar", "integer", "varchar", "integer")
    values = ", ".join(
        "(" + ", ".join(f"CAST('{value}' AS {kind})" for value, kind in zip(dose, kinds, strict=True)) + ")"
        for dose in given_doses
    )
    query = dose_summary_sql(f"(SELECT * FROM (VALUES {values}) AS v ({', '.join(NAMES)}))")
    ordered = f"SELECT * FROM ({query}) AS summary ORDER BY person_id"
    assert _fetch(ordered) == duckdb.sql(ordered).fetchall()


@pytest.mark.django_db
def test_every_fact_query_gives_its_columns() -> None:
    """The contract between rooms: key and columns of each fact table, and one row a person where it says so."""
    load(3)
    person(departement_code="2A").contact_points.create(kind="landline", value="+33199000001")
    record_doses_in_bulk(rows(HISTORY), source="csv", by="test", batch_key="k", forced_reason="essai", today=TODAY)
    for name in ("person", "situation", "infection", "dose", "dose_summary"):
        table = registry.table(name)
        with connection.cursor() as cursor:
            cursor.execute(table.postgres_query)
            assert {column.name for column in cursor.description} == {table.key, *(fact.name for fact in table.columns)}
    assert _fetch(
        f"SELECT region, has_landline, has_mobile FROM ({registry.table('person').postgres_query}) AS p WHERE departement = '2A'"
    ) == [("94", True, False)]
    assert _fetch(f"SELECT count(*) FROM ({registry.table('dose').postgres_query}) AS d") == [(5,)]


def test_summary_over_parquet(tmp_path: object) -> None:
    """The snapshot's own way: a Parquet file read by DuckDB."""
    path = f"{tmp_path}/doses.parquet"
    table = rows(HISTORY).select(NAMES)
    pq.write_table(table, path)
    (row,) = duckdb.sql(f"SELECT * FROM ({dose_summary_sql(f'read_parquet({path!r})')}) AS s WHERE person_id = 2").fetchall()
    assert row[1:4] == (1, day("2021-06-01"), "janssen")
