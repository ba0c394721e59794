"""The statements of a bulk recording, in order (PostgreSQL).

Many rows: temporary tables, each analysed, so that each plan knows its sizes. Few: the same relations in one statement, since
making and dropping five tables costs more than judging a hundred doses.
"""

from __future__ import annotations

import re
from functools import lru_cache

from allant.doctrine import RuleBook
from allant.immunizations import plans
from allant.immunizations.checks import doctrine_relations, verdict_sql
from allant.immunizations.staging import acts_sql, known_doses_sql, prepared_sql

STAGED = {
    "row_no": "bigint", "source_key": "text", "person_id": "bigint", "occurred_on": "date", "vaccine": "text",
    "dose_number": "integer", "series": "text", "series_doses": "integer", "lot": "text", "site": "text", "place_kind": "text",
    "proof": "text", "location_id": "bigint", "am_number": "text", "organisation_id": "bigint", "practitioner_id": "bigint",
    "forced_reason": "text",
}  # fmt: skip
CREATE_STAGED = f"""
CREATE TEMPORARY TABLE recording_staged ({", ".join(f"{name} {kind}" for name, kind in STAGED.items())}) ON COMMIT DROP
"""

# The first line of a dose counts; the same dose again is already there, another dose with its key, rank or day is refused.
_FIRST_OF_BATCH = """
SELECT act.*,
       CASE
           WHEN standing <> 'new' OR occurred_on IS NULL THEN standing
           WHEN row_no > first_value(row_no) OVER by_key THEN
               CASE WHEN (stands_for, occurred_on, vaccine, dose_number)
                       IS NOT DISTINCT FROM (first_value(stands_for) OVER by_key, first_value(occurred_on) OVER by_key,
                                             first_value(vaccine) OVER by_key, first_value(dose_number) OVER by_key)
                    THEN 'already' ELSE 'key_reused' END
           WHEN row_no > first_value(row_no) OVER by_rank THEN
               CASE WHEN (occurred_on, vaccine)
                       IS NOT DISTINCT FROM (first_value(occurred_on) OVER by_rank, first_value(vaccine) OVER by_rank)
                    THEN 'already' ELSE 'rank_taken' END
           WHEN row_no > first_value(row_no) OVER by_day THEN 'same_day'
           ELSE standing
       END AS standing_in_batch
FROM ({acts}) AS act
WINDOW by_key AS (PARTITION BY source_key ORDER BY row_no),
       by_rank AS (PARTITION BY stands_for, dose_number ORDER BY row_no),
       by_day AS (PARTITION BY stands_for, occurred_on ORDER BY row_no)
"""

# Why a row may break rules: its own reason, that of the batch, or the document it rests on (VC-42).
_REASON = """
coalesce(nullif(forced_reason, ''), nullif(%(batch_reason)s, ''),
         left('Acte repris sur justificatif : ' || nullif(proof, ''), 200), '')
"""

# What follows a refused dose of the same person stands on nothing: it is refused too.
_OUTCOME = """
SELECT judged.*,
       CASE WHEN standing = 'already' THEN NULL
            WHEN own_reasons <> '' THEN own_reasons
            WHEN bool_or(own_reasons <> '' AND standing <> 'already')
                 OVER (PARTITION BY stands_for ORDER BY occurred_on, row_no ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
            THEN 'follows_refused'
            ELSE '' END AS reasons
FROM (
    SELECT act.*, coalesce(verdict.broken, '') AS broken_rules,
           CASE WHEN act.standing NOT IN ('new', 'already') THEN act.standing
                WHEN verdict.refused <> '' THEN verdict.refused
                WHEN act.forced_reason = '' THEN coalesce(verdict.broken, '')
                ELSE '' END AS own_reasons
    FROM recording_act AS act
    LEFT JOIN recording_verdict AS verdict ON verdict.row_no = act.row_no
) AS judged
"""

INSERT_DOSES = """
INSERT INTO immunizations_dose (
    person_id, disease, occurred_on, vaccine, dose_number, series, series_doses, lot, site, place_kind, proof, location_id,
    am_number, organisation_id, practitioner_id, recorded_at, recorded_by, source, source_key, forced_reason, forced_rules,
    batch_id
)
SELECT person_id, 'covid19', occurred_on, vaccine, dose_number, series, series_doses, coalesce(lot, ''), coalesce(site, ''),
       coalesce(place_kind, ''), coalesce(proof, ''), location_id, coalesce(am_number, ''), organisation_id, practitioner_id,
       %(at)s, %(by)s, %(source)s, source_key,
       CASE WHEN broken_rules = '' THEN '' ELSE forced_reason END,
       string_to_array(broken_rules, ','), %(batch_id)s
FROM recording_outcome WHERE reasons = ''
ORDER BY stands_for, occurred_on  -- one order for all batches, so that two of them wait for each other instead of deadlocking
ON CONFLICT DO NOTHING
"""

# Somebody recorded the same rank, day or key between our check and our insert.
JUDGE_THE_OVERTAKEN = """
UPDATE recording_outcome AS act
SET reasons = CASE WHEN EXISTS (
        SELECT FROM immunizations_dose AS dose
        WHERE dose.person_id = act.person_id AND dose.disease = 'covid19' AND dose.dose_number = act.dose_number
          AND dose.occurred_on = act.occurred_on AND dose.vaccine = act.vaccine
    ) THEN NULL ELSE 'rank_taken' END
WHERE reasons = ''
  AND NOT EXISTS (SELECT FROM immunizations_dose AS dose WHERE dose.batch_id = %(batch_id)s AND dose.source_key = act.source_key)
"""

INSERT_REJECTED = """
INSERT INTO immunizations_rejectedrow (batch_id, line, reasons, payload)
SELECT %(batch_id)s, row_no, string_to_array(reasons, ','),
       jsonb_build_object('occurred_on', occurred_on, 'vaccine', vaccine, 'dose_number', dose_number, 'series', series,
                          'series_doses', series_doses, 'lot', lot)
FROM recording_outcome WHERE reasons <> ''
"""

_BY_CODE = """
coalesce((
    SELECT jsonb_object_agg(code, lines) FROM (
        SELECT code, count(*) AS lines FROM recording_outcome, unnest(string_to_array({codes}, ',')) AS code
        WHERE {of} GROUP BY code
    ) AS counted
), '{{}}')
"""
_COUNTS = {
    "recorded": "count(*) FILTER (WHERE reasons = '')",
    "already_there": "count(*) FILTER (WHERE reasons IS NULL)",
    "refused": "count(*) FILTER (WHERE reasons <> '')",
    "forced": "count(*) FILTER (WHERE reasons = '' AND broken_rules <> '')",
    "forced_by_rule": _BY_CODE.format(codes="broken_rules", of="reasons = '' AND broken_rules <> ''"),
    "refused_by_reason": _BY_CODE.format(codes="reasons", of="reasons <> ''"),
}
COUNTED = tuple(_COUNTS)  # the columns of `COUNT`, fields of the batch
COUNT = f"SELECT {', '.join(_COUNTS.values())} FROM recording_outcome"

# The batch; nothing when the key has served.
OPEN_BATCH = """
INSERT INTO immunizations_recordingbatch (
    key, content_hash, source, recorded_by, started_at, received, recorded, already_there, refused, forced, forced_by_rule,
    refused_by_reason, rules_known_on
)
VALUES (%s, %s, %s, %s, %s, %s, 0, 0, 0, 0, '{}', '{}', %s)
ON CONFLICT (key) DO NOTHING
RETURNING id
"""
DROP_ALL = "DROP TABLE recording_staged, recording_known, recording_act, recording_verdict, recording_outcome"


@lru_cache(maxsize=8)
def judge(book: RuleBook) -> tuple[str, ...]:
    """The statements that lead from `recording_staged` to `recording_outcome` (`reasons`: '' recorded, null already there)."""
    return tuple(
        statement
        for name, query in _relations(book).items()
        for statement in (f"CREATE TEMPORARY TABLE {name} ON COMMIT DROP AS {query}", f"ANALYZE {name}")
    )


_OF_BATCH = {
    "batch_id": "bigint", "source": "text", "by": "text", "at": "timestamptz", "batch_reason": "text", "today": "date",
}  # fmt: skip
_PARAMETERS = {name: f"{kind}[]" for name, kind in STAGED.items()} | _OF_BATCH
_NUMBERS = {name: f"${number}" for number, name in enumerate(_PARAMETERS, 1)}
EXECUTE = f"EXECUTE {{name}}({', '.join(f'%({name})s' for name in _PARAMETERS)})"


@lru_cache(maxsize=8)
def prepared(book: RuleBook) -> plans.Plan:
    """`at_once`, to be prepared: its plan is made for few rows whatever their number, and costs more than judging them."""
    query = re.sub(r"%\((\w+)\)s", lambda found: _NUMBERS[found[1]], at_once(book))
    name = plans.named(query, "record_few")
    return plans.Plan(name, f"PREPARE {name} ({', '.join(_PARAMETERS.values())}) AS {query}", f"DEALLOCATE {name}")


@lru_cache(maxsize=8)
def at_once(book: RuleBook) -> str:
    """Judge, insert and count in one statement, from arrays given as parameters: for batches small enough not to need statistics.

    Gives the columns of `COUNT`, then how many doses somebody else had just recorded: the batch is then to be judged again.
    """
    arrays = ", ".join(f"%({name})s::{kind}[]" for name, kind in STAGED.items())
    relations = {"recording_staged": f"SELECT * FROM unnest({arrays}) AS staged ({', '.join(STAGED)})"} | _relations(book)
    steps = ", ".join(f"{name} AS MATERIALIZED ({query})" for name, query in relations.items())
    return f"""
WITH {steps}, recording_inserted AS ({INSERT_DOSES} RETURNING id), recording_rejected AS ({INSERT_REJECTED})
SELECT {", ".join(_COUNTS.values())}, count(*) FILTER (WHERE reasons = '') - (SELECT count(*) FROM recording_inserted)
FROM recording_outcome
"""


def _relations(book: RuleBook) -> dict[str, str]:
    acts = acts_sql("recording_staged", "recording_known", "%(today)s")
    columns = (
        "row_no, source_key, person_id, stands_for, person_known, birth_date, died_on, occurred_on, vaccine, dose_number, "
        "series, series_doses, lot, site, place_kind, proof, location_id, am_number, "
        f"organisation_id, practitioner_id, {_REASON} AS forced_reason, today, standing_in_batch AS standing"
    )
    prepared = prepared_sql("recording_act", "recording_known")
    return {
        "recording_known": known_doses_sql("recording_staged"),
        "recording_act": f"SELECT {columns} FROM ({_FIRST_OF_BATCH.format(acts=acts)}) AS first_of_batch",
        "recording_verdict": verdict_sql(f"({prepared})", doctrine_relations(book)),
        "recording_outcome": _OUTCOME,
    }
