"""Trains the linkage on made-up duplicates and chooses its threshold; measures it on others (ID-09)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa
import yaml

from allant.country.duplicates import DuplicateMaker
from allant.country.population import make_country, read
from allant.linkage import FOUND, Model, block, prepare, score_blocked
from allant.linkage.blocking import PAIRS, Blocked
from allant.linkage.model import HERE, parse_model, untrained_model
from allant.linkage.training import train, written

NATION_OF_TRIALS = 1_000_000
"""The size for which prior and threshold are set: chance namesakes grow as its square, duplicates as itself."""
ACCEPTED = 0.0005
"""Wrong pairs expected among those proposed: half of what is accepted (precision 0.999), the weights being learnt themselves."""
THRESHOLDS = [step / 4 for step in range(-40, 121)]
_EXPECTED_WRONG = "SELECT coalesce(sum(power(2, -weight)) / count(*), 0), 0 FROM judged WHERE veto = '' AND weight >= ?"
Say = Callable[[str], None]
_SHARE = """
SELECT count(*) FILTER (good) AS right, count(*) FILTER (NOT good) AS wrong
FROM judged WHERE veto = '' AND weight >= ?
"""


@dataclass(frozen=True)
class Measure:
    """True pairs of the records, how many the keys brought (`reached`), how many were found, how many found wrongly."""

    records: int
    true: int
    reached: int
    compared: int
    found: int
    wrong: int

    @property
    def ceiling(self) -> float:
        """The recall no model can pass: true pairs that share a key."""
        return self.reached / self.true

    @property
    def recall(self) -> float:
        """True pairs found."""
        return self.found / self.true

    @property
    def precision(self) -> float:
        """Pairs found that are true."""
        return self.found / max(self.found + self.wrong, 1)


def made_records(people: int, seed: int) -> pa.Table:
    """Records of a country of so many people, duplicates and twins included."""
    with TemporaryDirectory() as folder:
        make_country(folder, people, seed, lambda done, total: None, jobs=1)
        return DuplicateMaker(seed).table(read(Path(folder)))


def measure(duck: duckdb.DuckDBPyConnection, records: pa.Table, model: Model, *, say: Say = lambda text: None) -> Measure:
    """Find the duplicates of made records and count them against the truth; leaves the table `judged`."""
    duck.register("made", records)
    prepare(duck, "made")
    brought = block(duck, model)
    for key in brought:
        say(_line(key, model))
    score_blocked(duck, model)
    duck.execute(f"""CREATE OR REPLACE TABLE judged AS SELECT found.*, a.person = b.person AS good
        FROM {FOUND} AS found JOIN made AS a ON a.id = id_l JOIN made AS b ON b.id = id_r""")
    true, reached = _row(
        duck,
        f"""SELECT count(*), count(pair.match_key)
        FROM made AS a JOIN made AS b ON a.person = b.person AND a.id < b.id
        LEFT JOIN {PAIRS} AS pair ON pair.join_key_l = a.id AND pair.join_key_r = b.id""",
    )
    found, wrong = _row(duck, _SHARE, model.threshold)
    return Measure(len(records), true, reached, sum(key.pairs for key in brought), found, wrong)


def _line(key: Blocked, model: Model) -> str:
    label = next(each.label for each in model.blocking if each.code == key.code)
    return f"{key.pairs:>10} paires, {key.left_aside:>6} fiches laissées : {label}"


def _row(duck: duckdb.DuckDBPyConnection, query: str, *values: Any) -> tuple[Any, Any]:
    found = duck.execute(query, list(values)).fetchone()
    assert found is not None
    return found[0], found[1]


def train_model(people: int, seed: int, *, say: Say, sample_pairs: float = 8e6) -> tuple[str, Measure]:
    """Learn the weights on made records and choose the threshold; the text of weights.yaml, and the measure there."""
    told = yaml.safe_load((HERE / "model.yaml").read_text())
    records = made_records(people, seed)
    say(f"{len(records)} fiches faites")
    with duckdb.connect() as duck:
        duck.register("made", records)
        prepare(duck, "made")
        levels = train(duck, untrained_model(), seed=1, sample_pairs=sample_pairs)
        true = _row(duck, "SELECT count(*), 0 FROM made AS a JOIN made AS b ON a.person = b.person AND a.id < b.id")[0]
        scale = NATION_OF_TRIALS / people
        prior = float(f"{true * scale / ((len(records) * scale) ** 2 / 2):.3g}")
        trained = {"people": people, "records": len(records), "seed": seed}
        weights = {"levels": levels, "prior": prior, "threshold": 0.0, "trained": trained}
        measure(duck, records, parse_model(told, weights), say=say)
        weights["threshold"] = _threshold(duck)
        found = measure(duck, records, parse_model(told, weights))
    return written(levels, prior=prior, threshold=weights["threshold"], trained=trained), found


def _threshold(duck: duckdb.DuckDBPyConnection) -> float:
    """The least weight from which so few pairs are expected to be wrong, by the weights themselves and not by the truth."""
    for weight in THRESHOLDS:
        if _row(duck, _EXPECTED_WRONG, weight)[0] <= ACCEPTED:
            return weight
    return THRESHOLDS[-1]
