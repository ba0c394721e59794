"""Rows in and out of PostgreSQL by COPY: what went in comes out."""

from datetime import date

import pyarrow as pa
import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from allant import bulk

pytestmark = pytest.mark.django_db

SCHEMA = pa.schema(
    [("n", pa.int64()), ("small", pa.int16()), ("words", pa.string()), ("day", pa.date32()), ("flag", pa.bool_())]
)
AWKWARD = [
    "", " ", '"', '""', ",", "\n", "\r\n", "\r", "\\.", "\\N", "NULL", "t", "é", "Œuvre « d’Aÿ »", "日本", "🧪", "a;b\n\nc", "'",
]  # fmt: skip
# A database text holds any character but NUL; lone surrogates are no text.
texts = st.sampled_from(AWKWARD) | st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12)
rows = st.fixed_dictionaries({
    "n": st.none() | st.integers(-(2**63), 2**63 - 1),
    "small": st.none() | st.integers(-(2**15), 2**15 - 1),
    "words": st.none() | texts,
    "day": st.none() | st.dates(),  # from year 1 on
    "flag": st.none() | st.booleans(),
})  # fmt: skip


@pytest.fixture
def table() -> str:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE copied (at bigserial, n bigint, small smallint, words text, day date, flag boolean)")
    return "copied"


def round_trip(given_rows: pa.Table) -> pa.Table:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE copied")
    assert bulk.copy_in("copied", given_rows) == given_rows.num_rows
    names = ", ".join(given_rows.column_names)
    return bulk.copy_out(f"SELECT {names} FROM copied ORDER BY at", (), given_rows.schema)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(rows, max_size=12))
def test_what_went_in_comes_out(table, written):
    asked = pa.Table.from_pylist(written, schema=SCHEMA)
    assert round_trip(asked).to_pylist() == written


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(SCHEMA.names), st.lists(rows, max_size=5))
def test_one_column_alone_keeps_its_nulls(table, name, written):
    asked = pa.Table.from_pylist(written, schema=SCHEMA).select([name])
    assert round_trip(asked).to_pylist() == asked.to_pylist()


def test_many_rows_in_several_batches_keep_their_order(table, monkeypatch):
    monkeypatch.setattr(bulk, "BATCH_ROWS", 1000)
    # Three megabytes: the reader cuts the text into blocks of one, and must not cut a row at the end of a line inside it.
    asked = pa.table({"n": pa.array(range(40_000)), "words": ["ligne\n" * 12 + str(n) for n in range(40_000)]})
    assert round_trip(asked).equals(asked)


def test_no_row_gives_an_empty_table_of_the_schema(table):
    assert bulk.copy_out("SELECT n, small, words, day, flag FROM copied", (), SCHEMA) == SCHEMA.empty_table()


def test_parameters_are_values_never_sql(table):
    schema = pa.schema([("words", pa.string())])
    hostile = "'; DROP TABLE copied; --"
    assert bulk.copy_out("SELECT %s", [hostile], schema).to_pylist() == [{"words": hostile}]
    assert bulk.copy_out("SELECT 'a%%b' || %s", ["c"], schema).to_pylist() == [{"words": "a%bc"}]
    assert bulk.copy_out("SELECT 'a%b'", None, schema).to_pylist() == [{"words": "a%b"}]
    days = pa.schema([("day", pa.date32())])
    assert bulk.copy_out("SELECT %s::date", [date(1815, 6, 18)], days)["day"].to_pylist() == [date(1815, 6, 18)]


def test_a_hostile_column_name_is_only_a_name(table):
    with pytest.raises(Exception, match='column "n"\\); DROP TABLE copied; --" of relation'), transaction.atomic():
        bulk.copy_in("copied", pa.table({'n"); DROP TABLE copied; --': pa.array([1])}))


def test_a_copy_belongs_to_the_transaction_around_it(table):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        bulk.copy_in("copied", pa.table({"n": pa.array([1, 2])}))
        raise ZeroDivisionError
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM copied")
        assert cursor.fetchone() == (0,)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(rows, max_size=8))
def test_an_array_literal_holds_the_same_values(lines: list[dict[str, object]]) -> None:
    table = pa.Table.from_pylist(lines, schema=SCHEMA)
    kinds = {"n": "bigint", "small": "smallint", "words": "text", "day": "date", "flag": "boolean"}
    with connection.cursor() as cursor:
        for name, kind in kinds.items():
            cursor.execute(f"SELECT %s::{kind}[]", [bulk.array_literal(table[name])])
            assert cursor.fetchone()[0] == table[name].to_pylist()
