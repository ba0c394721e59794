"""Arrow tables in and out of PostgreSQL by binary COPY, inside Django's transaction; `prepared`: statements planned once."""

from collections.abc import Sequence
from typing import Any

import pgpq
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from django.db import connection
from psycopg import sql

BATCH_ROWS = 65_536


def copy_in(table: str, rows: pa.Table) -> int:
    """COPY these rows into the columns of the same names; returns how many. Column types must be the table's own."""
    encoder = pgpq.ArrowToPostgresBinaryEncoder(rows.schema)
    statement = sql.SQL("COPY {} ({}) FROM STDIN WITH (FORMAT BINARY)").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, rows.schema.names))
    )
    with connection.cursor() as cursor, cursor.cursor.copy(statement) as copy:
        copy.write(encoder.write_header())
        for batch in rows.to_batches(max_chunksize=BATCH_ROWS):
            copy.write(encoder.write_batch(batch))
        copy.write(encoder.finish())
    return rows.num_rows


def array_literal(column: pa.ChunkedArray) -> str:
    """The text of a PostgreSQL array of these values (text, whole numbers, dates, booleans), to be cast to its type."""
    values = column.combine_chunks()
    text = values.cast(pa.string())
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        escaped = pc.replace_substring(pc.replace_substring(text, "\\", "\\\\"), '"', '\\"')
        text = pc.binary_join_element_wise('"', escaped, '"', "")
    items = pa.ListArray.from_arrays(pa.array([0, len(text)], pa.int32()), pc.fill_null(text, "NULL"))
    return "{" + pc.binary_join(items, ",")[0].as_py() + "}"


def copy_out(query: str, parameters: Sequence[Any] | None, schema: pa.Schema) -> pa.Table:
    """The rows of a SELECT as an Arrow table of this schema (text, whole numbers, decimals, dates, booleans), columns in order.

    As with any cursor, literal percent signs are doubled, but when `parameters` is None.
    """
    chunks: list[bytes] = []
    with connection.cursor() as cursor:
        # mogrify on the client: COPY takes no server-side parameters
        text = cursor.mogrify(query, parameters) if parameters is not None else query
        with cursor.cursor.copy(sql.SQL("COPY ({}) TO STDOUT WITH (FORMAT CSV)").format(sql.SQL(text))) as copy:
            chunks.extend(bytes(chunk) for chunk in copy)
    if not chunks:
        return schema.empty_table()
    return pyarrow.csv.read_csv(
        pa.BufferReader(b"".join(chunks)),
        read_options=pyarrow.csv.ReadOptions(column_names=schema.names),
        # An empty line is the null of a one-column query.
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        # PostgreSQL quotes an empty text and leaves a null bare.
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=schema, strings_can_be_null=True, quoted_strings_can_be_null=False, null_values=[""],
            true_values=["t"], false_values=["f"],
        ),
    )
