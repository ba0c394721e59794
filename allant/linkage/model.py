"""The model as data: comparisons and their levels, blocking keys, vetoes, and what each level weighs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from math import log2
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
WEIGHTS = HERE / "weights.yaml"


class ModelRefused(ValueError):
    """A model file that does not hold together; says why in French."""


@dataclass(frozen=True)
class Level:
    """One way two records agree or not; `m`, `u`: how often among pairs of one person, of two persons; None before training."""

    code: str
    label: str
    sql: str
    m: float | None = None
    u: float | None = None

    @property
    def weight(self) -> float:
        """log2(m / u): how far the level speaks for (above 0) or against one person. Raises ModelRefused before training."""
        if not self.m or not self.u:
            raise ModelRefused(
                f"Le niveau « {self.code} » n'a pas de poids : lancez l'apprentissage (allant country train-linkage)."
            )
        return log2(self.m / self.u)


@dataclass(frozen=True)
class Comparison:
    """What is compared; `levels` best first, the last one is "anything else". `unknown`: when it says nothing."""

    code: str
    label: str
    unknown: str
    levels: tuple[Level, ...]

    def level(self, gamma: int) -> Level | None:
        """The level of Splink's number: 0 for the last, -1 (None here) when unknown."""
        return None if gamma < 0 else self.levels[len(self.levels) - 1 - gamma]


@dataclass(frozen=True)
class Named:
    """A blocking key or a veto: an SQL expression with its French wording."""

    code: str
    label: str
    sql: str


@dataclass(frozen=True)
class Model:
    """The model. `prior`: how often two records at random are one person; `threshold`: the least weight of a pair proposed."""

    version: str
    source: str
    comparisons: tuple[Comparison, ...]
    blocking: tuple[Named, ...]
    vetoes: tuple[Named, ...]
    cap: int
    prior: float = 1e-7
    threshold: float = 0.0
    trained: dict[str, Any] = field(default_factory=dict)

    def splink(self) -> dict[str, Any]:
        """Splink's own settings. Blocking is done by `blocking.block`: Splink is given its pairs."""
        return {
            "link_type": "dedupe_only",
            "unique_id_column_name": "id",
            "probability_two_random_records_match": self.prior,
            "comparisons": [_splink_comparison(each) for each in self.comparisons],
            "blocking_rules_to_generate_predictions": [],
            "retain_matching_columns": True,
            "retain_intermediate_calculation_columns": False,
            "additional_columns_to_retain": ["rank", "number", "number_kind"],
        }


def _splink_comparison(comparison: Comparison) -> dict[str, Any]:
    levels: list[dict[str, Any]] = [{"sql_condition": comparison.unknown, "label_for_charts": "unknown", "is_null_level": True}]
    for level in comparison.levels:
        told: dict[str, Any] = {"sql_condition": level.sql, "label_for_charts": level.code}
        if level.m and level.u:
            told |= {"m_probability": level.m, "u_probability": level.u}
        levels.append(told)
    return {"output_column_name": comparison.code, "comparison_levels": levels}


@cache
def load_model() -> Model:
    """The model shipped, with its weights. Raises ModelRefused when the two files do not name the same levels."""
    return parse_model(yaml.safe_load((HERE / "model.yaml").read_text()), yaml.safe_load(WEIGHTS.read_text()))


def untrained_model() -> Model:
    """The model without weights, to be trained."""
    return parse_model(yaml.safe_load((HERE / "model.yaml").read_text()), None)


def parse_model(told: dict[str, Any], weights: dict[str, Any] | None) -> Model:
    """The model of both files as read; `weights` None before training. Raises ModelRefused."""
    known = weights["levels"] if weights else {}
    comparisons = tuple(_comparison(each, known.get(each["code"], {}), bool(weights)) for each in told["comparisons"])
    model = Model(
        str(told["version"]), told["source"].strip(), comparisons, _named(told["blocking"], "key"), _named(told["vetoes"], "sql"),
        cap=told["cap"],
    )  # fmt: skip
    if weights is None:
        return model
    return replace(model, prior=weights["prior"], threshold=weights["threshold"], trained=weights["trained"])


def _named(told: list[dict[str, str]], part: str) -> tuple[Named, ...]:
    return tuple(Named(each["code"], each["label"], each[part]) for each in told)


def _comparison(told: dict[str, Any], known: dict[str, dict[str, float]], trained: bool) -> Comparison:
    if trained and set(known) != {level["code"] for level in told["levels"]}:
        raise ModelRefused(f"Les poids de « {told['code']} » ne sont pas ceux de ses niveaux : relancez l'apprentissage.")
    levels = tuple(Level(each["code"], each["label"], each["sql"], **known.get(each["code"], {})) for each in told["levels"])
    return Comparison(told["code"], told["label"], told["unknown"], levels)
