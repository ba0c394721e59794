"""Rank and series of each dose of a file, from the known doses and the others of the file (PostgreSQL, then the doctrine).

Within a person the doses follow each other by date. A rank that is given is kept, for the checks to judge.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection

from allant.bulk import copy_in, copy_out
from allant.doctrine import RuleBook
from allant.immunizations.situations import situations_sql
from allant.immunizations.staging import known_doses_sql
from allant.vaccination.imports.faults import Faults, always
from allant.vaccination.products import doses_needed

CREATE = """
CREATE TEMPORARY TABLE import_act (
    row_no bigint, line bigint, person_id bigint, occurred_on date, vaccine text, rank integer, identifier text,
    reported boolean
) ON COMMIT DROP
"""
# What stands twice in the file: the first line counts.
_FIRST = """
SELECT act.*, first_value(line) OVER by_day AS day_line, first_value(vaccine) OVER by_day AS day_vaccine,
       CASE WHEN identifier <> '' THEN first_value(line) OVER by_identifier ELSE line END AS identifier_line
FROM import_act AS act
WINDOW by_day AS (PARTITION BY person_id, occurred_on ORDER BY row_no),
       by_identifier AS (PARTITION BY identifier ORDER BY row_no)
"""
_REPEATED = """
SELECT first_lines.*, CASE WHEN line > day_line AND vaccine = day_vaccine THEN 'same_line_twice'
                           WHEN line > day_line THEN 'same_person_same_day'
                           WHEN line > identifier_line THEN 'identifier_reused'
                           ELSE '' END AS repeated
FROM first_lines
"""
# Known doses and new ones of each person in order; a new one on a known day is that dose sent again. A new one takes the rank
# after the highest of those before it; one read from a document, older than a known one, comes after all of them: no recorded
# rank moves (VC-42), as `proposals.place_of_entry` has it.
_CHAIN = """
SELECT row_no, first_on, first_vaccine,
       new_ones + greatest(0, max(own_rank - new_ones) OVER (chain ROWS UNBOUNDED PRECEDING)) AS place
FROM (
    SELECT dose.*, first_value(occurred_on) OVER by_date AS first_on, first_value(vaccine) OVER by_date AS first_vaccine,
           count(row_no) OVER (chain ROWS UNBOUNDED PRECEDING) AS new_ones
    FROM (
        SELECT row_no, person_id, occurred_on, vaccine, NULL::integer AS own_rank,
               CASE WHEN reported AND EXISTS (
                        SELECT FROM known WHERE stands_for = line.person_id AND known.occurred_on > line.occurred_on)
                     AND NOT EXISTS (
                        SELECT FROM known
                        WHERE stands_for = line.person_id AND series = 'primary' AND dose_number = series_doses)
                    THEN 'infinity' ELSE occurred_on END AS stands_on
        FROM lines AS line
        WHERE repeated = '' AND NOT EXISTS (
            SELECT FROM known WHERE known.stands_for = line.person_id AND known.occurred_on = line.occurred_on)
        UNION ALL
        SELECT NULL, stands_for, occurred_on, vaccine, dose_number, occurred_on FROM known
    ) AS dose
    WINDOW by_date AS (PARTITION BY person_id ORDER BY occurred_on, row_no NULLS FIRST),
           chain AS (PARTITION BY person_id ORDER BY stands_on, row_no NULLS FIRST)
) AS counted
WINDOW chain AS (PARTITION BY person_id ORDER BY stands_on, row_no NULLS FIRST)
"""
_QUERY = """
WITH first_lines AS MATERIALIZED ({first}),
lines AS MATERIALIZED ({repeated}),
known AS MATERIALIZED ({known}),
chain AS MATERIALIZED ({chain}),
known_series AS (
    SELECT DISTINCT ON (stands_for) stands_for, series_doses FROM known WHERE series = 'primary' ORDER BY stands_for, occurred_on
),
bearer AS MATERIALIZED (  -- every record of each person: what was told before a merge counts
    SELECT DISTINCT person_id, person_id AS record_id FROM import_act
    UNION ALL
    SELECT absorbed.merged_into_id, absorbed.id FROM people_person AS absorbed
    WHERE absorbed.merged_into_id IN (SELECT person_id FROM import_act)
),
infected AS (
    SELECT bearer.person_id, min(infection.occurred_on) AS infected_on
    FROM bearer JOIN immunizations_infection AS infection ON infection.person_id = bearer.record_id
    WHERE infection.disease = 'covid19' GROUP BY bearer.person_id
),
depressed AS MATERIALIZED (
    SELECT person.person_id, situation.starts_on, situation.ends_on
    FROM (SELECT person_id, array_agg(record_id) AS ids FROM bearer GROUP BY person_id) AS person
    CROSS JOIN LATERAL ({situations}) AS situation
    WHERE situation.kind = 'immunodepressed'
)
SELECT line.row_no, line.repeated,
       CASE line.repeated WHEN 'identifier_reused' THEN line.identifier_line ELSE line.day_line END AS other_line,
       coalesce(line.rank, same_day.dose_number, chain.place)::integer AS rank,
       known_series.series_doses::integer AS known_series_doses,
       coalesce(chain.first_on, line.occurred_on) AS first_on, coalesce(chain.first_vaccine, line.vaccine) AS first_vaccine,
       infected.infected_on,
       EXISTS (
           SELECT FROM depressed AS situation
           WHERE situation.person_id = line.person_id
             AND (situation.starts_on IS NULL OR situation.starts_on <= line.occurred_on)
             AND (situation.ends_on IS NULL OR situation.ends_on > line.occurred_on)) AS immunodepressed
FROM lines AS line
LEFT JOIN chain ON chain.row_no = line.row_no
LEFT JOIN (SELECT DISTINCT ON (stands_for, occurred_on) * FROM known ORDER BY stands_for, occurred_on) AS same_day
       ON same_day.stands_for = line.person_id AND same_day.occurred_on = line.occurred_on
LEFT JOIN known_series ON known_series.stands_for = line.person_id
LEFT JOIN infected ON infected.person_id = line.person_id
ORDER BY line.row_no
"""
RESULT = pa.schema(
    [
        ("row_no", pa.int64()),
        ("repeated", pa.string()),
        ("other_line", pa.int64()),
        ("rank", pa.int32()),
        ("known_series_doses", pa.int32()),
        ("first_on", pa.date32()),
        ("first_vaccine", pa.string()),
        ("infected_on", pa.date32()),
        ("immunodepressed", pa.bool_()),
    ]
)
_BOOSTERS = ("booster", "second_booster", "third_booster")


@dataclass(frozen=True)
class Ranked:
    """The doses that stand once, in file order: rows, ranks, series, doses of the primary series."""

    rows: npt.NDArray[np.int64]
    rank: npt.NDArray[np.int32]
    series: pa.Array
    series_doses: npt.NDArray[np.int32]


def rank(acts: pa.Table, faults: Faults, book: RuleBook) -> Ranked:
    """Decide rank and series of `acts` (columns of `CREATE`; rank null where the file gives none); note the repeated lines."""
    known, situations = known_doses_sql("import_act"), situations_sql("person.ids")
    query = _QUERY.format(first=_FIRST, repeated=_REPEATED, chain=_CHAIN, known=known, situations=situations)
    with connection.cursor() as cursor:
        cursor.execute(CREATE)
        copy_in("import_act", acts)
        cursor.execute("ANALYZE import_act")
        found = copy_out(query, None, RESULT).combine_chunks()
        cursor.execute("DROP TABLE import_act")
    repeated = found.filter(pc.not_equal(found["repeated"], "")).select(("row_no", "repeated", "other_line"))
    for line in repeated.to_pylist():
        faults.add([line["row_no"]], line["repeated"], always(line=line["other_line"]))
    once = found.filter(pc.equal(found["repeated"], ""))
    needed, ranks = _needed(once, book), once["rank"].to_numpy()
    return Ranked(once["row_no"].to_numpy(), ranks, _series(ranks, needed), needed)


def _needed(doses: pa.Table, book: RuleBook) -> npt.NDArray[np.int32]:
    """Doses of the primary series: what the first known dose says, else the doctrine of the day of the first one."""
    asked = ("first_on", "first_vaccine", "infected_on", "immunodepressed")
    keys = [pc.fill_null(pc.cast(doses[name], pa.string()), "") for name in asked]
    encoded = pc.binary_join_element_wise(*keys, "|").combine_chunks().dictionary_encode()
    by_case = np.array([_needed_in(case, book) for case in encoded.dictionary.to_pylist()], dtype=np.int32)
    decided = by_case[encoded.indices.to_numpy(zero_copy_only=False)] if doses.num_rows else np.array([], dtype=np.int32)
    known = doses["known_series_doses"].combine_chunks()
    said = pc.fill_null(known, 0).to_numpy(zero_copy_only=False)
    return np.where(said > 0, said, decided).astype(np.int32)


def _needed_in(case: str, book: RuleBook) -> int:
    on, vaccine, infected_on, immunodepressed = case.split("|")
    infected = date.fromisoformat(infected_on) if infected_on else None
    return doses_needed(vaccine, date.fromisoformat(on), infected, immunodepressed == "true", book)


def _series(ranks: npt.NDArray[np.int32], needed: npt.NDArray[np.int32]) -> pa.Array:
    beyond = np.clip(ranks - needed, 0, len(_BOOSTERS))
    return pa.array(("primary", *_BOOSTERS), pa.string()).take(pa.array(beyond))
