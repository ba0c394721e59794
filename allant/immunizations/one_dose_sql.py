"""The statement that judges one act and inserts its dose (PostgreSQL), prepared once for a connection and a book.

Planning it costs ten times its execution. Its text depends on the doctrine, so it is prepared for the book of the day; the
connection keeps the plan, and each dose is one short EXECUTE. Its entry in the access log goes with it.

One exchange with the server records a dose: lock, judging, row and log entry in a single message, which PostgreSQL runs as one
transaction when none is open (or as a part of the open one).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from django.db import OperationalError, connection

from allant.accounts.log import Entry
from allant.doctrine import RuleBook
from allant.immunizations import checks
from allant.immunizations.staging import acts_sql, known_of_one_sql, prepared_sql

PARAMETERS = {
    "source_key": "text", "person_id": "bigint", "occurred_on": "date", "vaccine": "text", "dose_number": "integer",
    "series": "text", "series_doses": "integer", "lot": "text", "site": "text", "place_kind": "text", "proof": "text",
    "location_id": "bigint", "am_number": "text", "organisation_id": "bigint", "practitioner_id": "bigint",
    "today": "date", "recorded_at": "timestamptz", "recorded_by": "text", "source": "text", "forced_reason": "text",
    "version": "integer", "replaces_id": "bigint",
    "watched_from": "timestamptz", "watched_hour": "timestamptz", "watched_every": "integer", "watched_up_to": "integer",
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
# The server settles on one plan at the sixth run. Made on a new installation, it is kept while tables grow: it must not read
# them whole.
SETTLED = 8
_WITHOUT_WHOLE_TABLES = "SET LOCAL enable_seqscan = off; {}; SET LOCAL enable_seqscan = on"
KEPT_PLANS = 8  # on one connection; each takes about a megabyte of the server

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
SELECT ARRAY[count(*), count(*) FILTER (WHERE recorded_at >= {watched_hour})] FROM (
    SELECT recorded_at FROM immunizations_dose AS dose
    WHERE dose.recorded_by = {recorded_by} AND dose.batch_id IS NULL AND dose.recorded_at >= {watched_from}
    ORDER BY dose.recorded_at DESC LIMIT {watched_up_to}
) AS recent
"""
_BLOCKED = """
SELECT FROM immunizations_volumealert AS alert
WHERE alert.actor = {recorded_by} AND alert.closed_at IS NULL AND alert.recorded >= alert.blocks_from
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one act.

    `standing`: `new`, `already` recorded, or the code of a refusal; `refused`, `broken`: codes; `dose_id`: of the row inserted;
    `pace`: acts of the account this day and this hour before this one, when they were counted.
    """

    standing: str
    refused: list[str]
    broken: list[str]
    dose_id: int | None
    pace: tuple[int, int] | None


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
    name, runs = _prepared(book, boosters)
    message = _EXCHANGE.format(name=name)
    settling = runs < SETTLED
    with connection.cursor() as cursor:
        cursor.execute(_WITHOUT_WHOLE_TABLES.format(message) if settling else message, parameters)
        for _ in range(2 if settling else 1):
            cursor.nextset()
        standing, refused, broken, dose_id, pace = cursor.fetchone()
    return Outcome(standing, _codes(refused), _codes(broken), dose_id, pace and tuple(pace))


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


_plans: WeakKeyDictionary[Any, dict[str, int]] = WeakKeyDictionary()  # on each connection: name prepared, times run


def _prepared(book: RuleBook, boosters: bool) -> tuple[str, int]:
    """The name under which this connection has prepared the statement of the book, and how many times it has run."""
    name, text = _named(book, boosters)
    connection.ensure_connection()
    plans = _plans.setdefault(connection.connection, {})
    if name not in plans:
        with connection.cursor() as cursor:
            if len(plans) >= KEPT_PLANS:
                oldest = next(iter(plans))
                cursor.execute(f"DEALLOCATE {oldest}; DEALLOCATE lock_{oldest}")
                del plans[oldest]
            cursor.execute(text)
        plans[name] = 0
    plans[name] += 1
    return name, plans[name]


@lru_cache(maxsize=16)
def _named(book: RuleBook, boosters: bool) -> tuple[str, str]:
    query = statement(book, boosters=boosters)
    name = f"record_dose_{hashlib.sha256(query.encode()).hexdigest()[:16]}"
    return name, f"PREPARE lock_{name} (bigint) AS {_LOCK}; PREPARE {name} ({', '.join(PARAMETERS.values())}) AS {query}"


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
logged AS ({_LOGGED.format(**_NUMBER)})
SELECT judged.standing, judged.refused, judged.broken, inserted.id,
       CASE WHEN {_NUMBER["watched_every"]} = 0 THEN NULL
            WHEN inserted.id % {_NUMBER["watched_every"]} = 0 THEN ({_PACE.format(**_NUMBER)}) END
FROM judged LEFT JOIN inserted ON TRUE
"""
