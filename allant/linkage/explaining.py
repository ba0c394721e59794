"""Why a pair was proposed, in French: each comparison, what was seen and what it weighs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log2

from allant.linkage.model import Model


@dataclass(frozen=True)
class Reason:
    """One comparison of a pair: `weight` is above 0 when it speaks for one person, below against, 0 when it says nothing."""

    label: str
    said: str
    weight: float

    @property
    def leaning(self) -> str:
        """Which way it speaks, in French."""
        return "pour" if self.weight > 0 else "contre" if self.weight < 0 else "ne dit rien"


def explain(levels: Mapping[str, str], model: Model) -> list[Reason]:
    """The reasons of a pair whose levels were kept: where any two records start, then each comparison; they add up to its weight.

    A comparison left out was unknown on one side.
    """
    reasons = [Reason("Départ", "deux fiches prises au hasard", log2(model.prior / (1 - model.prior)))]
    for comparison in model.comparisons:
        code = levels.get(comparison.code)
        level = next((each for each in comparison.levels if each.code == code), None)
        if code is None:
            reasons.append(Reason(comparison.label, "non renseigné sur l'une des fiches", 0.0))
        elif level is None:  # kept by a model whose levels had other names
            reasons.append(Reason(comparison.label, "niveau d'un ancien modèle", 0.0))
        else:
            reasons.append(Reason(comparison.label, level.label, level.weight))
    return reasons


def probability(weight: float) -> float:
    """How probable one person is, of a weight (log2 of the odds)."""
    return 1.0 if weight > 60 else 2.0**weight / (1 + 2.0**weight)
