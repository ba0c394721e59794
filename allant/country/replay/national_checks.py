"""The recording checks of `immunizations.checks`, run on DuckDB for a batch of days."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa

from allant.country.population.files import Country
from allant.country.replay.ledger import Ledger
from allant.doctrine import rules
from allant.immunizations.checks import doctrine_relations, verdict_sql

# The text that `immunizations.checks` describes, from the situations of the day.
_SITUATIONS = """
SELECT act.row_no,
       string_agg(concat(s.kind, ',', s.kind || ':' || nullif(s.code, '') || ','), '' ORDER BY s.kind, s.code) AS names
FROM act JOIN read_parquet('{files}') AS s ON s.person_id = act.person_id
WHERE s.kind IN (SELECT unnest(?))
  AND (s.starts_on IS NULL OR s.starts_on <= act.occurred_on) AND (s.ends_on IS NULL OR s.ends_on > act.occurred_on)
GROUP BY act.row_no
"""
# Of boosters alone: nothing else waits for it.
_LAST_INFECTIONS = """
SELECT act.row_no, max(infection.occurred_on) AS last_infected_on
FROM act JOIN read_parquet('{files}') AS infection ON infection.person_id = act.person_id
WHERE act.series <> 'primary' AND infection.occurred_on <= act.occurred_on
GROUP BY act.row_no
"""
_PREPARED = """
SELECT act.*, ',' || coalesce(held.names, '') AS situations, infected_last.last_infected_on,
       CAST(NULL AS date) AS lot_expires_on, CAST(NULL AS date) AS lot_recalled_on
FROM act LEFT JOIN held USING (row_no) LEFT JOIN infected_last USING (row_no)
"""


@dataclass
class Verdicts:
    """Doses judged, and how many times each code of `immunizations.checks.REASONS` was found."""

    doses: int = 0
    forced_doses: int = 0
    forced_by_rule: Counter[str] = field(default_factory=Counter)
    refused_by_reason: Counter[str] = field(default_factory=Counter)


class NationalChecks:
    """Judges doses day after day; `ledger` must hold every dose before them, and does so for the next ones."""

    def __init__(self, country: Country, memory: str = "1GB"):
        """`memory`: what DuckDB may take, in its own words."""
        self.country, self.ledger = country, Ledger(country)
        spill = country.directory / "replay" / "spill"
        self.database = duckdb.connect(config={"memory_limit": memory, "temp_directory": str(spill)})
        kinds = self.database.execute("SELECT DISTINCT kind FROM read_parquet(?) ORDER BY 1", [country.glob("situation")])
        self.kinds = [kind for (kind,) in kinds.fetchall()]

    def judge(self, days: Sequence[pa.Table], known_on: date) -> Verdicts:
        """Check the doses of some days, in order, by the doctrine known on a day; then remember them."""
        described = []
        for doses in days:
            described.append(self.ledger.describe(doses))
            self.ledger.record(doses)
        acts = pa.concat_tables(described).unify_dictionaries()
        acts = acts.append_column("row_no", pa.array(np.arange(acts.num_rows))).append_column("today", acts["occurred_on"])
        return self._verdicts(acts, known_on)

    def remember(self, doses: pa.Table) -> None:
        """Take doses judged by an earlier run into account."""
        self.ledger.record(doses)

    def _verdicts(self, acts: pa.Table, known_on: date) -> Verdicts:
        doctrine = doctrine_relations(rules.as_known_on(known_on))
        verdict = verdict_sql(f"({_PREPARED})", doctrine)
        # a situation that the checks never name cannot change a verdict
        named = [kind for kind in self.kinds if f",{kind}" in verdict]
        self.database.register("act", acts)
        files = self.country.glob("situation").replace("'", "''")
        self.database.execute(f"CREATE OR REPLACE TEMP TABLE held AS {_SITUATIONS.format(files=files)}", [named])
        files = self.country.glob("infection").replace("'", "''")
        self.database.execute(f"CREATE OR REPLACE TEMP TABLE infected_last AS {_LAST_INFECTIONS.format(files=files)}")
        rows = self.database.execute(f"SELECT refused, broken, count(*) FROM ({verdict}) GROUP BY ALL").fetchall()
        self.database.unregister("act")
        found = Verdicts(doses=acts.num_rows)
        for refused, broken, count in rows:
            found.forced_doses += count if broken else 0
            found.forced_by_rule.update({code: count for code in broken.split(",") if code})
            found.refused_by_reason.update({code: count for code in refused.split(",") if code})
        return found
