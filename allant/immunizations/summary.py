"""The dose summary: one definition, for PostgreSQL (a view) and for DuckDB over Parquet (a table of the snapshot)."""

from __future__ import annotations

# Current doses, each under the record that stands for the person: a merge re-points nothing, it is read here.
CURRENT_DOSES = """
SELECT coalesce(absorbed.merged_into_id, dose.person_id) AS person_id,
       dose.occurred_on, dose.vaccine, dose.dose_number, dose.series, dose.series_doses
FROM immunizations_dose AS dose
LEFT JOIN people_person AS absorbed ON absorbed.id = dose.person_id AND absorbed.merged_into_id IS NOT NULL
WHERE dose.ended_at IS NULL AND dose.disease = 'covid19'
"""


def dose_summary_sql(doses: str) -> str:
    """A SELECT of one row a vaccinated person.

    Columns: person_id, dose_count, first_on, first_vaccine, complete_on, booster_on, last_on, last_vaccine.

    `doses`: a relation (table, `read_parquet(…)` or parenthesised SELECT) of current doses with the columns person_id,
    occurred_on, vaccine, dose_number, series, series_doses. Runs unchanged on PostgreSQL and DuckDB. The same dose recorded
    under two merged records counts once: nobody has two doses on one day.
    """
    return f"""
SELECT person_id,
       CAST(count(DISTINCT occurred_on) AS smallint) AS dose_count,
       min(occurred_on) AS first_on,
       (array_agg(vaccine ORDER BY occurred_on, dose_number))[1] AS first_vaccine,
       min(occurred_on) FILTER (WHERE series = 'primary' AND dose_number = series_doses) AS complete_on,
       min(occurred_on) FILTER (WHERE series = 'booster') AS booster_on,
       max(occurred_on) AS last_on,
       (array_agg(vaccine ORDER BY occurred_on DESC, dose_number DESC))[1] AS last_vaccine
FROM {doses} AS doses
GROUP BY person_id
"""
