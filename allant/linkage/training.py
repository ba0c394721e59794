"""The weights, learnt without being told who is who: how often people differ from a sample, how often one person does by EM.

Expectation-maximisation (Splink) is run on pairs that already share something; what they share is learnt from another sharing.
"""

from __future__ import annotations

from typing import Any

import duckdb
import splink
import yaml
from splink import DuckDBAPI, Linker

from allant.linkage.model import Model
from allant.linkage.records import PREPARED

SHARINGS = (
    "l.family = r.family AND l.first = r.first",
    "l.born = r.born AND l.place = r.place",
    "l.born = r.born AND l.first = r.first",
    "l.home = r.home AND l.first = r.first",
)
LEAST = {"m": 2e-3, "u": 1e-7}
"""The least share given to a level: no register errs in a field less than twice in a thousand, whatever a sample shows."""


def train(connection: duckdb.DuckDBPyConnection, model: Model, *, seed: int, sample_pairs: float = 2e7) -> dict[str, Any]:
    """The shares m and u of every level, learnt from the prepared records; `levels` as in weights.yaml."""
    api = DuckDBAPI(connection)
    linker = Linker(api.register(PREPARED), model.splink(), log_level=None, validate_settings=False)
    linker.training.estimate_u_using_random_sampling(max_pairs=sample_pairs, seed=seed, min_count_per_level=None)
    for sharing in SHARINGS:
        linker.training.estimate_parameters_using_expectation_maximisation(sharing, max_pairs=2e6)
    learnt = linker.misc.save_model_to_json()
    return {each.code: _levels(told) for each, told in zip(model.comparisons, learnt["comparisons"], strict=True)}


def _levels(told: dict[str, Any]) -> dict[str, dict[str, float]]:
    return {
        level["label_for_charts"]: {
            name: float(f"{max(level.get(f'{name}_probability') or 0, least):.4g}") for name, least in LEAST.items()
        }
        for level in told["comparison_levels"]
        if not level.get("is_null_level")
    }


def written(levels: dict[str, Any], *, prior: float, threshold: float, trained: dict[str, Any]) -> str:
    """The text of weights.yaml."""
    told = {"trained": trained | {"splink": splink.__version__}, "prior": prior, "threshold": threshold, "levels": levels}
    head = "# Written by `allant country train-linkage`; m: share among pairs of one person, u: among pairs of two persons.\n"
    return head + yaml.safe_dump(told, allow_unicode=True, sort_keys=False)
