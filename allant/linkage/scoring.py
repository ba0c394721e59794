"""What a pair weighs, and why: Splink scores the blocked pairs; vetoes are said beside the weight."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from allant.linkage.blocking import PAIRS, block
from allant.linkage.model import Model
from allant.linkage.records import PREPARED

FOUND = "linkage_found"


def score_blocked(connection: duckdb.DuckDBPyConnection, model: Model, *, threshold: float | None = None) -> None:
    """Score the pairs blocked into the table `FOUND`: id_l, id_r, weight, probability, one gamma_… a comparison, match_key, veto.

    `threshold`: the least weight kept; everything when None. `veto`: the code of the first veto that holds, empty if none does.
    """
    from splink import DuckDBAPI, Linker  # takes seconds to load: pages explain pairs without it

    api = DuckDBAPI(connection)
    linker = Linker(api.register(PREPARED), model.splink(), log_level=None, validate_settings=False)
    linker.table_management.register_blocked_pairs_for_predict(api.register(PAIRS))
    scored = linker.inference.predict(threshold_match_weight=threshold, warning_mode="never")
    vetoes = " ".join(f"WHEN {veto.sql} THEN '{veto.code}'" for veto in model.vetoes)
    gammas = ", ".join(f"gamma_{each.code}" for each in model.comparisons)
    connection.execute(f"""
        CREATE OR REPLACE TABLE {FOUND} AS
        SELECT id_l, id_r, match_weight AS weight, match_probability AS probability, {gammas}, match_key,
               CASE {vetoes} ELSE '' END AS veto
        FROM {scored.physical_name}""")
    scored.drop_table_from_database_and_remove_from_cache()


def find_pairs(connection: duckdb.DuckDBPyConnection, model: Model, *, among: str = "TRUE") -> pa.Table:
    """The pairs to propose among the prepared records: no veto, at the model's threshold or above; columns as `FOUND`."""
    block(connection, model, among=among)
    score_blocked(connection, model, threshold=model.threshold)
    return connection.execute(f"SELECT * EXCLUDE (veto) FROM {FOUND} WHERE veto = '' ORDER BY id_l, id_r").to_arrow_table()
