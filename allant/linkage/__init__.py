"""Records that may be one person, by probabilistic linkage: the model of Fellegi and Sunter, with Splink on DuckDB (ID-09).

Knows nothing of the register: a table of records in, pairs with their weight and the reason of each out. What is compared, in
which levels, by which keys records are brought together and which pairs are never proposed is data (`model.yaml`); what each
level weighs is data too (`weights.yaml`), written by the training command.
"""

from allant.linkage.blocking import Blocked, block
from allant.linkage.explaining import Reason, explain, probability
from allant.linkage.model import Model, load_model
from allant.linkage.records import COLUMNS, prepare
from allant.linkage.scoring import FOUND, find_pairs, score_blocked

__all__ = [
    "COLUMNS", "FOUND", "Blocked", "Model", "Reason", "block", "explain", "find_pairs", "load_model", "prepare", "probability",
    "score_blocked",
]  # fmt: skip
