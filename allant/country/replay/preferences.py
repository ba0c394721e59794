"""The replay's plausibility weights, from `preferences.yaml`."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import yaml

from allant.country.official.series import CLASSES, UNKNOWN_CLASS
from allant.country.replay.allocation import Weights

OLDEST = 120
SAME_VACCINE, OTHER_VACCINE = 1.0, 0.01


@dataclass(frozen=True)
class Preferences:
    """Weights and delays, in days; vaccines by name."""

    age_windows: tuple[dict[str, Any], ...]
    least_interval: dict[str, int]
    overdue_after: dict[str, int]
    overdue_share: float
    janssen_booster_after: int
    third_dose_after: int
    infection_before_single_dose: int
    oldest_first: tuple[str, ...]

    def weights(self, days: np.ndarray, classes: tuple[str, ...], vaccines: tuple[str, ...]) -> Weights:
        """Weight of each vaccine for each age class, shape [day, class, vaccine]; 1 where nothing is said."""
        weights = np.ones((len(days), len(classes), len(vaccines)))
        for window in self.age_windows:
            inside = (days >= np.datetime64(window["from"])) & (days < np.datetime64(window["until"]))
            factors = [_outside_weight(code, window) for code in classes]
            weights[inside, :, vaccines.index(window["vaccine"])] *= np.array(factors)
        return weights


def age_range(code: str) -> tuple[int, int]:
    """Ages of a class, both included: `17` is 12 to 17 years. An unknown age may be any."""
    if code == UNKNOWN_CLASS:
        return 0, OLDEST
    at = CLASSES.index(code)
    last = at == len(CLASSES) - 1
    return (int(CLASSES[at - 1]) + 1 if at else 0), (OLDEST if last else int(code))


def _outside_weight(code: str, window: dict[str, Any]) -> float:
    """1 for a class inside the window, the window's weight outside, their mean in proportion when it straddles."""
    first, last = age_range(code)
    inside = max(0, min(last, window["to_age"] - 1) - max(first, window["from_age"]) + 1) / (last - first + 1)
    return float(inside + (1 - inside) * window["weight"])


@cache
def load_preferences() -> Preferences:
    """The shipped preferences. Raises ValueError when an entry names neither its source nor its assumption."""
    raw = yaml.safe_load((files("allant.country.replay") / "preferences.yaml").read_text(encoding="utf-8"))
    for window in raw["age_windows"]:
        if not ({"source", "assumption"} & set(window)) or not isinstance(window["from"], date):
            raise ValueError(f"preferences.yaml : source ou assumption manquante, ou date illisible, pour {window}")
    intervals = {name: value for name, value in raw["second_dose"].items() if isinstance(value, dict)}
    return Preferences(
        age_windows=tuple(raw["age_windows"]),
        least_interval={name: int(value["least"]) for name, value in intervals.items()},
        overdue_after={name: int(value["overdue"]) for name, value in intervals.items()},
        overdue_share=float(raw["overdue_share"]),
        janssen_booster_after=int(raw["single_dose"]["janssen_booster_after"]),
        third_dose_after=int(raw["third_dose"]["after"]),
        infection_before_single_dose=int(raw["infection"]["before_single_dose"]),
        oldest_first=tuple(raw["oldest_first"]),
    )
