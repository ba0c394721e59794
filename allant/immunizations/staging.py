"""From staged acts to the prepared relation of `checks`: SQL shared by the recording of one dose and of a batch (PostgreSQL).

*Staged* relation: row_no, source_key, person_id, occurred_on, vaccine, dose_number, series, series_doses, lot. Everything about a
person is asked of the record that stands for them (`stands_for`): doses recorded before a merge count.
"""

from __future__ import annotations

from allant.immunizations.situations import situations_sql

COVID = "covid19"
LOT_NUMBER = "upper(replace({}, ' ', ''))"  # a lot typed in small letters or with a space is the same lot


def known_doses_sql(staged: str) -> str:
    """Current doses of the staged persons: stands_for, occurred_on, vaccine, dose_number, series, series_doses.

    Looked for person by person (the fence `OFFSET 0`), whatever the planner believes of the size of the table.
    """
    return f"""
SELECT member.stands_for, dose.occurred_on, dose.vaccine, dose.dose_number, dose.series, dose.series_doses
FROM (
    SELECT person.id, person.id AS stands_for FROM people_person AS person
    WHERE person.id IN (SELECT coalesce(p.merged_into_id, p.id) FROM {staged} AS s JOIN people_person AS p ON p.id = s.person_id)
    UNION ALL
    SELECT absorbed.id, absorbed.merged_into_id FROM people_person AS absorbed
    WHERE absorbed.merged_into_id IN (
        SELECT coalesce(p.merged_into_id, p.id) FROM {staged} AS s JOIN people_person AS p ON p.id = s.person_id
    )
) AS member
CROSS JOIN LATERAL (
    SELECT * FROM immunizations_dose WHERE person_id = member.id AND disease = '{COVID}' AND ended_at IS NULL OFFSET 0
) AS dose
"""


def known_of_one_sql(person: str) -> str:
    """`known_doses_sql` for one person (`person`: an SQL number), in fewer steps: one act at a time is mostly their start."""
    return f"""
SELECT member.stands_for, dose.occurred_on, dose.vaccine, dose.dose_number, dose.series, dose.series_doses
FROM (
    SELECT stands_for, {_records_of("stands_for")} AS ids
    FROM (SELECT coalesce(merged_into_id, id) AS stands_for FROM people_person WHERE id = {person}) AS named OFFSET 0
) AS member
CROSS JOIN LATERAL (
    SELECT * FROM immunizations_dose WHERE person_id = ANY (member.ids) AND disease = '{COVID}' AND ended_at IS NULL OFFSET 0
) AS dose
"""


def _records_of(person: str) -> str:
    """SQL: the record of a person, and those merged into it."""
    return f"ARRAY(SELECT {person} UNION ALL SELECT id FROM people_person WHERE merged_into_id = {person})"


def acts_sql(staged: str, known: str, today: str) -> str:
    """Staged rows with what is known of the person, the day of the recording (`today`: an SQL date), and `standing`:

    `new` to be judged, `already` the very dose is recorded or stands earlier in the batch, else the code of a refusal.
    """
    return f"""
SELECT staged.*, {today} AS today, person.id IS NOT NULL AS person_known, person.birth_date, person.died_on,
       coalesce(person.merged_into_id, staged.person_id) AS stands_for,
       CASE
           WHEN same_key.id IS NOT NULL THEN CASE WHEN {_same("same_key", "staged")}
               AND coalesce(bearer.merged_into_id, same_key.person_id) = coalesce(person.merged_into_id, staged.person_id)
               THEN 'already' ELSE 'key_reused' END
           WHEN same_rank.stands_for IS NOT NULL THEN
               CASE WHEN {_same("same_rank", "staged")} THEN 'already' ELSE 'rank_taken' END
           WHEN same_day.stands_for IS NOT NULL THEN 'same_day'
           ELSE 'new'
       END AS standing
FROM {staged} AS staged
LEFT JOIN people_person AS person ON person.id = staged.person_id
LEFT JOIN immunizations_dose AS same_key ON same_key.source_key = staged.source_key
LEFT JOIN people_person AS bearer ON bearer.id = same_key.person_id
LEFT JOIN (SELECT DISTINCT ON (stands_for, dose_number) * FROM {known} AS k ORDER BY stands_for, dose_number) AS same_rank
       ON same_rank.stands_for = coalesce(person.merged_into_id, person.id) AND same_rank.dose_number = staged.dose_number
LEFT JOIN (SELECT DISTINCT ON (stands_for, occurred_on) * FROM {known} AS k ORDER BY stands_for, occurred_on) AS same_day
       ON same_day.stands_for = coalesce(person.merged_into_id, person.id) AND same_day.occurred_on = staged.occurred_on
"""


def _same(one: str, other: str) -> str:
    """SQL: the same dose, whatever key it came with."""
    return " AND ".join(f"{one}.{column} = {other}.{column}" for column in ("occurred_on", "vaccine", "dose_number"))


def prepared_sql(acts: str, known: str) -> str:
    """The prepared relation of `checks`, for the acts to be judged."""
    return f"""
SELECT history.row_no, history.person_id, act.person_known, act.birth_date, act.died_on,
       infected.first_on AS infected_on, infected.last_on AS last_infected_on,
       (SELECT concat(',', string_agg(
                   concat(situation.kind, ',', situation.kind || ':' || nullif(situation.code, '') || ','), ''))
        FROM ({situations_sql("member.ids")}) AS situation
        WHERE (situation.starts_on IS NULL OR situation.starts_on <= act.occurred_on)
          AND (situation.ends_on IS NULL OR situation.ends_on > act.occurred_on)) AS situations,
       history.occurred_on, history.vaccine, history.dose_number, history.series_doses, history.series,
       history.previous_on, history.previous_number, history.previous_vaccine, history.first_vaccine, history.previous_complete,
       lot.expires_on AS lot_expires_on, lot.recalled_on AS lot_recalled_on, act.today
FROM (
    SELECT row_no, person_id, occurred_on, vaccine, dose_number, series_doses, series,
           lag(occurred_on) OVER before AS previous_on,
           lag(dose_number) OVER before AS previous_number,
           lag(vaccine) OVER before AS previous_vaccine,
           first_value(vaccine) OVER (before ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS first_vaccine,
           bool_or(series = 'primary' AND dose_number = series_doses)
               OVER (before ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS previous_complete
    FROM (
        SELECT row_no, person_id, stands_for, occurred_on, vaccine, dose_number, series_doses, series FROM {acts} AS new_act
        WHERE standing = 'new'
        UNION ALL
        SELECT NULL, NULL, stands_for, occurred_on, vaccine, dose_number, series_doses, series FROM {known} AS known_dose
    ) AS dose
    WINDOW before AS (PARTITION BY stands_for ORDER BY occurred_on, row_no NULLS FIRST)
) AS history
JOIN {acts} AS act ON act.row_no = history.row_no
CROSS JOIN LATERAL (
    SELECT {_records_of("act.stands_for")} AS ids OFFSET 0  -- a fence: looked for once
) AS member
CROSS JOIN LATERAL (
    SELECT min(occurred_on) AS first_on, max(occurred_on) FILTER (WHERE occurred_on <= act.occurred_on) AS last_on
    FROM immunizations_infection WHERE person_id = ANY (member.ids) AND disease = '{COVID}'
) AS infected
LEFT JOIN immunizations_lot AS lot ON lot.vaccine = act.vaccine AND lot.number = {LOT_NUMBER.format('act.lot')}
OFFSET 0  -- a fence: the checks name a column many times, it is looked for once
"""
