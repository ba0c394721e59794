"""The statements of a bulk recording, in order (PostgreSQL).

Temporary tables, each analysed, so that each plan knows its sizes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from allant.immunizations.checks import DoctrineRelations, verdict_sql
from allant.immunizations.staging import acts_sql, known_doses_sql, prepared_sql

CREATE_STAGED = """
CREATE TEMPORARY TABLE recording_staged (
    row_no bigint, source_key text, person_id bigint, occurred_on date, vaccine text, dose_number integer, series text,
    series_doses integer, lot text, site text, place_kind text, proof text, location_id bigint, am_number text,
    organisation_id bigint, practitioner_id bigint
) ON COMMIT DROP
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
                WHEN %(forced_reason)s = '' AND coalesce(act.proof, '') = '' THEN coalesce(verdict.broken, '')
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
       CASE WHEN broken_rules = '' THEN '' WHEN %(forced_reason)s <> '' THEN %(forced_reason)s
            ELSE left('Acte repris sur justificatif : ' || proof, 200) END,
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
        WHERE dose.person_id = act.person_id AND dose.dose_number = act.dose_number AND dose.occurred_on = act.occurred_on
          AND dose.vaccine = act.vaccine
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
SELECT coalesce(jsonb_object_agg(code, lines), '{{}}') FROM (
    SELECT code, count(*) AS lines FROM recording_outcome, unnest(string_to_array({codes}, ',')) AS code WHERE {of} GROUP BY code
) AS counted
"""
COUNTS = {
    "recorded": "SELECT count(*) FROM recording_outcome WHERE reasons = ''",
    "already_there": "SELECT count(*) FROM recording_outcome WHERE reasons IS NULL",
    "refused": "SELECT count(*) FROM recording_outcome WHERE reasons <> ''",
    "forced": "SELECT count(*) FROM recording_outcome WHERE reasons = '' AND broken_rules <> ''",
    "forced_by_rule": _BY_CODE.format(codes="broken_rules", of="reasons = '' AND broken_rules <> ''"),
    "refused_by_reason": _BY_CODE.format(codes="reasons", of="reasons <> ''"),
}

_TABLES = ("recording_staged", "recording_known", "recording_act", "recording_verdict", "recording_outcome")
DROP_ALL = f"DROP TABLE {', '.join(_TABLES)}"


def judge(today: date, doctrine: DoctrineRelations) -> Iterator[str]:
    """The statements that lead from `recording_staged` to `recording_outcome` (`reasons`: '' recorded, null already there)."""
    acts = acts_sql("recording_staged", "recording_known", f"DATE '{today}'")
    columns = (
        "row_no, source_key, person_id, stands_for, person_known, birth_date, died_on, occurred_on, vaccine, dose_number, "
        "series, series_doses, lot, site, place_kind, proof, location_id, am_number, "
        "organisation_id, practitioner_id, today, standing_in_batch AS standing"
    )
    yield from _table("recording_known", known_doses_sql("recording_staged"))
    yield from _table("recording_act", f"SELECT {columns} FROM ({_FIRST_OF_BATCH.format(acts=acts)}) AS first_of_batch")
    yield from _table("recording_verdict", verdict_sql(f"({prepared_sql('recording_act', 'recording_known')})", doctrine))
    yield from _table("recording_outcome", _OUTCOME)


def _table(name: str, query: str) -> Iterator[str]:
    yield f"CREATE TEMPORARY TABLE {name} ON COMMIT DROP AS {query}"
    yield f"ANALYZE {name}"
