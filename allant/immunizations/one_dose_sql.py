"""The statement that judges one act and inserts its dose (PostgreSQL), prepared once for a connection and a book.

Planning it costs ten times its execution: it is prepared (`plans`). Its entry in the access log goes with it.

One exchange with the server records a dose: lock, judging, row and log entry in a single message, which PostgreSQL runs as one
transaction when none is open (or as a part of the open one).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import OperationalError, connection

from allant.accounts.log import Entry
from allant.doctrine import RuleBook
from allant.immunizations import checks, plans
from allant.immunizations.alerts_sql import raise_sql
from allant.immunizations.staging import acts_sql, known_of_one_sql, prepared_sql

PARAMETERS = {
    "source_key": "text", "person_id": "bigint", "occurred_on": "date", "vaccine": "text", "dose_number": "integer",
    "series": "text", "series_doses": "integer", "lot": "text", "site": "text", "place_kind": "text", "proof": "text",
    "location_id": "bigint", "am_number": "text", "organisation_id": "bigint", "practitioner_id": "bigint",
    "today": "date", "recorded_at": "timestamptz", "recorded_by": "text", "source": "text", "forced_reason": "text",
    "version": "integer", "replaces_id": "bigint",
    "watched_from": "timestamptz", "watched_to": "timestamptz", "watched_hour": "timestamptz", "watched_hour_to": "timestamptz",
    "watched_every": "integer", "watched_up_to": "integer", "watched_per_day": "integer", "watched_per_hour": "integer",
    "watched_blocks_at": "integer",
    "log_actor_id": "bigint", "log_actor": "text", "log_role": "text", "log_structure": "text", "log_action": "text",
    "log_purpose": "text", "log_path": "text",
}  # fmt: skip
_NUMBER = {name: f"${number}" for number, name in enumerate(PARAMETERS, 1)}
_PLACES = ", ".join(["%s"] * len(PARAMETERS))
_ACT = (
    "source_key", "person_id", "occurred_on", "vaccine", "dose_number", "series", "series_doses", "lot",
)  # fmt: skip
_STORED_ACT = ("lot", "site", "place_kind", "proof", "location_id", "am_number", "organisation_id", "practitioner_id")
_LOCK = """
SELECT FROM people_person
WHERE id = (SELECT coalesce(merged_into_id, id) FROM people_person WHERE id = $1) FOR NO KEY UPDATE
"""
# The lock is a statement of its own, so that the judging sees what the one before wrote.
_EXCHANGE = f"EXECUTE lock_{{name}}(%s); EXECUTE {{name}}({_PLACES})"

_INSERT = """
INSERT INTO immunizations_dose (
    person_id, disease, occurred_on, vaccine, dose_number, series, series_doses, {stored}, recorded_at, recorded_by, source,
    source_key, forced_reason, forced_rules, version, replaces_id
)
SELECT person_id, 'covid19', occurred_on, vaccine, dose_number, series, series_doses, {values}, {recorded_at}, {recorded_by},
       {source}, source_key, CASE WHEN broken = '' THEN '' ELSE {forced_reason} END, string_to_array(broken, ','), {version},
       {replaces_id}
FROM judged
WHERE refused = '' AND standing = 'new' AND (broken = '' OR {forced_reason} <> '')
ON CONFLICT DO NOTHING  -- a batch, which does not lock persons, came first
RETURNING id, person_id
"""
_LOGGED = """
INSERT INTO accounts_accesslogentry (actor_id, actor, role, structure, action, purpose, subject_kind, person_id, path)
SELECT {log_actor_id}, {log_actor}, {log_role}, {log_structure}, {log_action}, {log_purpose}, 'person', person_id, {log_path}
FROM inserted WHERE {log_action} <> ''
"""
# How many acts this account has recorded: of this day and of this hour, before this one. Batches are counted by themselves.
_PACE = """
SELECT counted.* FROM inserted CROSS JOIN LATERAL (
    SELECT count(*) AS of_day, count(*) FILTER (WHERE recorded_at >= {watched_hour}) AS of_hour FROM (
        SELECT recorded_at FROM immunizations_dose AS dose
        WHERE dose.recorded_by = {recorded_by} AND dose.disease = 'covid19' AND dose.batch_id IS NULL
          AND dose.recorded_at >= {watched_from}
        ORDER BY dose.recorded_at DESC LIMIT {watched_up_to}
    ) AS recent
) AS counted
WHERE inserted.id % nullif({watched_every}, 0) = 0
"""
# Raised with the row: killed at any moment, there is the act that went too far and its alert, or neither.
_RAISED = raise_sql("""
SELECT {recorded_by}, {source}, {practitioner_id}, span.starts, span.ends, span.recorded, span.threshold,
       {watched_blocks_at} * span.threshold, {recorded_at}, 0, '', ''
FROM pace CROSS JOIN LATERAL (VALUES
    ({watched_from}, {watched_to}, pace.of_day + 1, {watched_per_day}),
    ({watched_hour}, {watched_hour_to}, pace.of_hour + 1, {watched_per_hour})
) AS span (starts, ends, recorded, threshold)
WHERE span.recorded > span.threshold
""")
_BLOCKED = """
SELECT FROM immunizations_volumealert AS alert
WHERE alert.actor = {recorded_by} AND alert.closed_at IS NULL AND alert.recorded >= alert.blocks_from
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one act.

    `standing`: `new`, `already` recorded, or the code of a refusal; `refused`, `broken`: codes; `dose_id`: of the row inserted.
    """

    standing: str
    refused: list[str]
    broken: list[str]
    dose_id: int | None


def run(values: Mapping[str, Any], book: RuleBook, logged: Entry | None = None) -> Outcome:
    """Lock the person, judge the act and insert its dose, in one exchange with the server: all of it, or nothing.

    `values`: `PARAMETERS` up to those of the log. `logged`: the access log entry that a new dose brings with it.
    """
    given = {**values, **_log_columns(logged)}
    parameters = [values["person_id"], *(given[name] for name in PARAMETERS)]
    boosters = values["series"] != "primary"
    if connection.in_atomic_block or connection.connection is None:
        return _exchange(book, parameters, boosters)
    # Asking first whether the server answers would be an exchange more. Sending twice is safe: the key records once.
    connection.health_check_done = True
    try:
        return _exchange(book, parameters, boosters)
    except OperationalError:
        if connection.is_usable():
            raise
        connection.close()
        return _exchange(book, parameters, boosters)


def _exchange(book: RuleBook, parameters: list[Any], boosters: bool) -> Outcome:
    plan = _plan(book, boosters)
    message, before = plans.message(plan, _EXCHANGE.format(name=plan.name))
    with connection.cursor() as cursor:
        cursor.execute(message, parameters)
        for _ in range(before + 1):  # and the lock
            cursor.nextset()
        standing, refused, broken, dose_id = cursor.fetchone()
    return Outcome(standing, _codes(refused), _codes(broken), dose_id)


def _log_columns(entry: Entry | None) -> dict[str, Any]:
    if entry is None:
        return _NOT_LOGGED
    by = entry.by
    values = (by.user_id, by.name, by.role, by.structure, str(entry.action), entry.purpose, entry.path)
    return dict(zip(_LOG_COLUMNS, values, strict=True))


_LOG_COLUMNS = tuple(name for name in PARAMETERS if name.startswith("log_"))
_NOT_LOGGED = {name: None if name == "log_actor_id" else "" for name in _LOG_COLUMNS}


def _codes(joined: str) -> list[str]:
    return joined.split(",") if joined else []


@lru_cache(maxsize=16)
def _plan(book: RuleBook, boosters: bool) -> plans.Plan:
    query = statement(book, boosters=boosters)
    name = plans.named(query, "record_dose")
    prepare = f"PREPARE lock_{name} (bigint) AS {_LOCK}; PREPARE {name} ({', '.join(PARAMETERS.values())}) AS {query}"
    return plans.Plan(name, prepare, f"DEALLOCATE {name}; DEALLOCATE lock_{name}")


def statement(book: RuleBook, *, boosters: bool = True) -> str:
    """The text for a book, with `$n` for the parameters in the order of `PARAMETERS`. `boosters`: as `checks.verdict_sql`."""
    staged = ", ".join(f"{_NUMBER[name]} AS {name}" for name in _ACT)
    stored = {"stored": ", ".join(_STORED_ACT), "values": ", ".join(_NUMBER[name] for name in _STORED_ACT)}
    prepared = prepared_sql("act", "known")
    return f"""
WITH staged AS (SELECT CAST(1 AS bigint) AS row_no, {staged}),
known AS MATERIALIZED ({known_of_one_sql(_NUMBER["person_id"])}),
act AS MATERIALIZED ({acts_sql("staged", "known", _NUMBER["today"])}),
verdict AS ({checks.verdict_sql(f"({prepared})", checks.doctrine_relations(book), boosters=boosters)}),
judged AS MATERIALIZED (
    SELECT act.*, coalesce(verdict.broken, '') AS broken,
           CASE WHEN standing = 'already' THEN '' WHEN standing <> 'new' THEN standing
                WHEN EXISTS ({_BLOCKED.format(**_NUMBER)}) THEN 'volume_blocked' ELSE coalesce(verdict.refused, '') END AS refused
    FROM act LEFT JOIN verdict ON verdict.row_no = act.row_no
),
inserted AS ({_INSERT.format(**_NUMBER, **stored)}),
logged AS ({_LOGGED.format(**_NUMBER)}),
pace AS MATERIALIZED ({_PACE.format(**_NUMBER)}),
raised AS ({_RAISED.format(**_NUMBER)})
SELECT judged.standing, judged.refused, judged.broken, inserted.id
FROM judged LEFT JOIN inserted ON TRUE
"""
