"""The register read by the linkage (ID-09): pairs that are probably one person become proposals, what was read is remembered.

Records are taken by parts of persons new or changed since the linkage last read them; the proposals of a part and what was read
of it are written together. Killed anywhere, the same call goes on with the parts left; run again, it compares only what changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

import duckdb
import pyarrow as pa
from django.db import connection, transaction

from allant.bulk import copy_in, copy_out
from allant.doctrine import rules
from allant.doctrine.delay import add_delay
from allant.linkage import COLUMNS, Model, find_pairs, prepare
from allant.people.duplicate_rules import FORGET, IDENTITIES, INDEXES, NEVER, NUMBERS
from allant.people.duplicates import LINKAGE

A_PART = 250_000
_SCHEMA = pa.schema([("id", pa.int64()), *((name, pa.string()) for name in COLUMNS if name != "id"), ("fingerprint", pa.int64())])
# Contact points of absorbed records are the person's too; a birth place stands in a NIR or a NIA only.
_RECORDS = """
WITH record AS (
    SELECT person.id, family_name, '' AS usage_name, given_names,
           CASE birth_precision WHEN 'day' THEN birth_date::text WHEN 'none' THEN '' ELSE extract(year FROM birth_date)::text END
               AS birth_date,
           coalesce(sex, '') AS sex,
           coalesce(substr(CASE WHEN number.kind IN ('NIR', 'NIA') THEN number.value END, 6, 5), '') AS birth_place,
           birth_rank::text AS birth_rank, coalesce(postcode, '') AS postcode, coalesce(street, '') AS street,
           coalesce(phones, '') AS phones, coalesce(email, '') AS email,
           coalesce(number.value, '') AS number, coalesce(number.kind, '') AS number_kind
    FROM people_person AS person
    LEFT JOIN (
        SELECT DISTINCT ON (person_id) person_id, kind, value FROM people_matricule WHERE ends_on IS NULL
        ORDER BY person_id, kind <> 'NIR', starts_on DESC, id DESC
    ) AS number ON number.person_id = person.id
    LEFT JOIN (
        SELECT coalesce(bearer.merged_into_id, bearer.id) AS person_id,
               string_agg(value, ' ' ORDER BY value) FILTER (WHERE kind IN ('mobile', 'landline')) AS phones,
               min(value) FILTER (WHERE kind = 'email') AS email, min(value) FILTER (WHERE kind = 'postal') AS street
        FROM people_contactpoint AS point JOIN people_person AS bearer ON bearer.id = point.person_id
        WHERE value <> '' GROUP BY 1
    ) AS reach ON reach.person_id = person.id
    WHERE person.merged_into_id IS NULL
)
SELECT record.*, hashtextextended(record::text, 0) AS fingerprint FROM record ORDER BY id
"""
_KNOWN = "SELECT person_id AS id, fingerprint FROM identification_linkagereading WHERE model = %s"
_CHANGED = """
CREATE OR REPLACE TABLE changed AS
SELECT record.id, record.fingerprint, CAST(row_number() OVER (ORDER BY record.id) - 1 AS BIGINT) // ? AS part
FROM record LEFT JOIN known USING (id) WHERE known.fingerprint IS DISTINCT FROM record.fingerprint
"""
_STAGE = """
DROP TABLE IF EXISTS pg_temp.linkage_staged, pg_temp.linkage_read;
CREATE TEMPORARY TABLE linkage_staged (
    first_id bigint NOT NULL, second_id bigint NOT NULL, weight double precision NOT NULL, levels text NOT NULL
) ON COMMIT DROP;
CREATE TEMPORARY TABLE linkage_read (person_id bigint NOT NULL, fingerprint bigint NOT NULL) ON COMMIT DROP
"""
# A pair refused or merged stays as it was decided; one that waits is weighed again, and keeps the rule that proposed it first.
_PROPOSE = f"""
INSERT INTO people_duplicatecandidate (first_id, second_id, rule, found_at, weight, levels)
SELECT staged.first_id, staged.second_id, %(rule)s, %(at)s, staged.weight, staged.levels::jsonb
FROM linkage_staged AS staged
JOIN duplicate_identity AS a ON a.id = staged.first_id JOIN duplicate_identity AS b ON b.id = staged.second_id
WHERE NOT ({NEVER})
ON CONFLICT (first_id, second_id) DO UPDATE SET weight = excluded.weight, levels = excluded.levels
WHERE people_duplicatecandidate.verdict = '' AND (people_duplicatecandidate.weight, people_duplicatecandidate.levels)
      IS DISTINCT FROM (excluded.weight, excluded.levels)
RETURNING xmax = 0
"""
_REMEMBER = """
INSERT INTO identification_linkagereading (person_id, fingerprint, model, read_at)
SELECT person_id, fingerprint, %(model)s, %(at)s FROM linkage_read ORDER BY person_id
ON CONFLICT (person_id) DO UPDATE
SET fingerprint = excluded.fingerprint, model = excluded.model, read_at = excluded.read_at
"""


@dataclass
class Linked:
    """What a run did: persons read because new or changed, pairs proposed, pairs that waited and were weighed again."""

    read: int = 0
    proposed: int = 0
    weighed: int = 0


def find_duplicates(
    *, at: datetime, model: Model, part: int = A_PART, progress: Callable[[int, int], None] = lambda done, total: None
) -> Linked:
    """Propose the pairs of the register that the model finds, among persons new or changed since it last read them.

    `part`: persons a transaction. `progress(done, total)`: persons read. Pairs decided are left alone, twins never proposed.
    """
    done = Linked()
    with duckdb.connect() as duck:
        duck.register("known", copy_out(_KNOWN, [model.version], pa.schema([("id", pa.int64()), ("fingerprint", pa.int64())])))
        duck.register("record", copy_out(_RECORDS, None, _SCHEMA))
        duck.execute(_CHANGED, [part])
        parts = duck.execute("SELECT part, count(*) FROM changed GROUP BY part ORDER BY part").fetchall()
        total = sum(count for _, count in parts)
        progress(0, total)
        if parts:
            prepare(duck, "record")
        for number, count in parts:
            _link_part(duck, number, done, at=at, model=model)
            done.read += count
            progress(done.read, total)
    return done


def _link_part(duck: duckdb.DuckDBPyConnection, number: int, done: Linked, *, at: datetime, model: Model) -> None:
    chosen = f"(SELECT id FROM changed WHERE part = {int(number)})"
    found = find_pairs(duck, model, among=f"l.id IN {chosen} OR r.id IN {chosen}")
    read = duck.execute(
        "SELECT id AS person_id, fingerprint FROM changed WHERE part = ? ORDER BY id", [number]
    ).to_arrow_table()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_STAGE)
        copy_in("linkage_staged", _staged(found, model))
        copy_in("linkage_read", read)
        cursor.execute(f"{FORGET};{IDENTITIES};{NUMBERS};{INDEXES}")
        cursor.execute(_PROPOSE, {"rule": LINKAGE, "at": at})
        fresh = [row[0] for row in cursor.fetchall()]
        cursor.execute(_REMEMBER, {"model": model.version, "at": at})
        cursor.execute(FORGET)
    done.proposed += sum(fresh)
    done.weighed += len(fresh) - sum(fresh)


def _staged(found: pa.Table, model: Model) -> pa.Table:
    rows = found.to_pylist()
    levels = [json.dumps(levels_of(row, model)) for row in rows]
    return pa.table(
        {
            "first_id": pa.array([min(row["id_l"], row["id_r"]) for row in rows], pa.int64()),
            "second_id": pa.array([max(row["id_l"], row["id_r"]) for row in rows], pa.int64()),
            "weight": pa.array([row["weight"] for row in rows], pa.float64()),
            "levels": pa.array(levels, pa.string()),
        }
    )


def later(today: date) -> date:
    """When a pair put off today comes back."""
    return add_delay(today, rules.as_known_on(today).value("identification.duplicates", today)["later"])


def levels_of(row: dict[str, float], model: Model) -> dict[str, str]:
    """The level of each comparison that says something: codes by code."""
    found = ((each.code, each.level(int(row[f"gamma_{each.code}"]))) for each in model.comparisons)
    return {code: level.code for code, level in found if level}
