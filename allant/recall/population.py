"""Whose dates are computed: everybody complete and without booster, from the tables of facts (RP-04).

The text is the same over PostgreSQL and over a Parquet snapshot read by DuckDB; only the names of the tables differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from allant import facts
from allant.recall.posed import IMMUNODEPRESSED, Posed

TABLES = ("person", "dose_summary", "infection", "situation")


class SnapshotIncomplete(FileNotFoundError):
    """The snapshot lacks a table; says which in French."""


def people_sql(tables: Mapping[str, str], on: date, posed: Iterable[Posed]) -> str:
    """A parenthesised SELECT with `relation.COLUMNS`; `tables`: where each of `TABLES` is read.

    The living, complete and without booster; the situations are those of `on` that one of the rules names.
    """
    holds = f"(starts_on IS NULL OR starts_on <= DATE '{on}') AND (ends_on IS NULL OR ends_on > DATE '{on}')"
    return f"""(
SELECT person.person_id, person.birth_date, summary.last_vaccine AS vaccine, summary.last_on, infected.infected_on,
       concerned.situations
FROM {tables["person"]} AS person
JOIN {tables["dose_summary"]} AS summary ON summary.person_id = person.person_id
LEFT JOIN (SELECT person_id, max(occurred_on) AS infected_on FROM {tables["infection"]} AS infection
           WHERE occurred_on <= DATE '{on}' GROUP BY person_id) AS infected ON infected.person_id = person.person_id
LEFT JOIN (SELECT person_id, ',' || string_agg(kind || ',' || kind || ':' || coalesce(code, ''), ',') || ',' AS situations
           FROM {tables["situation"]} AS situation WHERE kind IN ({_kinds(posed)}) AND {holds} GROUP BY person_id)
    AS concerned ON concerned.person_id = person.person_id
WHERE person.died_on IS NULL AND summary.complete_on IS NOT NULL AND summary.booster_on IS NULL
)"""


def in_register() -> dict[str, str]:
    """The tables as PostgreSQL holds them now."""
    return {name: f"({facts.registry.table(name).postgres_query})" for name in TABLES}


def in_snapshot(folder: Path) -> dict[str, str]:
    """The tables of a Parquet snapshot, or of a synthetic country. Raises SnapshotIncomplete."""
    for name in TABLES:
        if not any((folder / name).glob("*.parquet")):
            raise SnapshotIncomplete(
                f"« {folder} » n'a pas la table « {name} » : écrivez l'instantané par allant target snapshot."
            )
    return {name: f"read_parquet('{_quoted(folder / name)}/*.parquet')" for name in TABLES}


def _kinds(posed: Iterable[Posed]) -> str:
    named = {situation for rules in posed for opening in rules.openings for situation in opening.situations} | {IMMUNODEPRESSED}
    return ", ".join(f"'{kind}'" for kind in sorted({name.partition(":")[0] for name in named}))


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
