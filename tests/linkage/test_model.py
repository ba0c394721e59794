"""What the linkage says of two records (ID-09): small pairs with the levels and the weight expected, and a made-up register."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from allant.country.linkage_training import made_records, measure
from allant.linkage import COLUMNS, block, explain, load_model, prepare, probability
from allant.linkage.model import ModelRefused, parse_model, untrained_model
from allant.linkage.page import page
from allant.linkage.pairs_file import score_records

MODEL = load_model()
CAMILLE = {
    "family_name": "Lefèvre", "usage_name": "Durand", "given_names": "Camille Anne", "birth_date": "1985-05-12", "sex": "F",
    "birth_place": "35238", "postcode": "35000", "street": "12 rue de Brest", "phones": "06 39 98 00 01", "email": "c@exemple.fr",
}  # fmt: skip
# what the other record says instead, the comparison it touches, its level, and whether the pair is proposed
PAIRS: dict[str, tuple[dict[str, Any], str, str, bool]] = {
    "the same": ({}, "family_name", "same", True),
    "no accent, capitals": ({"family_name": "LEFEVRE"}, "family_name", "same", True),
    "two letters exchanged": ({"family_name": "Leféver", "usage_name": None}, "family_name", "near", True),
    "the name of use": ({"family_name": "Durand", "usage_name": None}, "family_name", "usage", True),
    "half of a double name": ({"family_name": "Lefèvre-Martin"}, "family_name", "same_words", True),
    "names swapped": ({"family_name": "Camille", "given_names": "Lefèvre"}, "given_names", "swapped", True),
    "one given name only": ({"given_names": "Camille"}, "given_names", "longer", True),
    "day and month swapped": ({"birth_date": "1985-12-05"}, "birth_date", "swapped", True),
    "a digit of the date": ({"birth_date": "1985-05-22"}, "birth_date", "near", True),
    "the year alone": ({"birth_date": "1985"}, "birth_date", "unknown", True),
    "moved, another telephone": (
        {"street": "4 rue Haute", "postcode": "69001", "phones": "0639980077", "email": None}, "reach", "other", True,
    ),
    "a twin": ({"given_names": "Marion"}, "given_names", "other", False),
    "a namesake born elsewhere another year": (
        {"birth_date": "1971-02-03", "birth_place": "13055", "street": "4 rue Haute", "postcode": "69001", "phones": None,
         "email": None}, "birth_date", "other", False,
    ),
}  # fmt: skip


def scored(*others: dict[str, Any]) -> list[dict[str, Any]]:
    """Camille's record beside each of the others."""
    return score_records([record for other in others for record in (CAMILLE, CAMILLE | other)], MODEL)


@pytest.fixture(scope="module")
def judged() -> dict[str, dict[str, Any]]:
    """Every pair of the table, scored at once."""
    return dict(zip(PAIRS, scored(*(other for other, *_ in PAIRS.values())), strict=True))


@pytest.mark.parametrize("case", PAIRS)
def test_id09_a_pair_is_weighed_by_what_differs(case: str, judged: dict[str, dict[str, Any]]) -> None:
    """ID-09: the level of the comparison touched, and whether the pair would be proposed."""
    _, code, level, proposed = PAIRS[case]
    row = judged[case]
    comparison = next(each for each in MODEL.comparisons if each.code == code)
    seen = comparison.level(row[f"gamma_{code}"])
    assert (seen.code if seen else "unknown") == level
    assert (row["weight"] >= MODEL.threshold and not row["veto"]) == proposed, row


def test_id09_the_weight_is_the_sum_of_the_reasons_shown(judged: dict[str, dict[str, Any]]) -> None:
    """ID-09: what the page shows adds up to what Splink computed."""
    for row in judged.values():
        levels = {each.code: found.code for each in MODEL.comparisons if (found := each.level(row[f"gamma_{each.code}"]))}
        reasons = explain(levels, MODEL)
        assert sum(reason.weight for reason in reasons) == pytest.approx(row["weight"], abs=0.01)
        assert probability(row["weight"]) == pytest.approx(row["probability"], abs=1e-6)


@pytest.mark.parametrize(
    ("numbers", "veto"),
    [
        ((("NIR", "2850535238042"), ("NIR", "2850535238043")), "consecutive"),
        ((("NIR", "2850535238042"), ("NIR", "2850535238300")), "two_nir"),
        ((("NIA", "2850535238042"), ("NIR", "2850535238300")), ""),
        ((("NNP", "7103512345678"), ("NIR", "2850535238300")), ""),
    ],
)
def test_id09_numbers_may_forbid_a_pair(numbers: tuple[tuple[str, str], ...], veto: str) -> None:
    """ID-09: two NIR are two persons, numbers in a row are twins, whatever else agrees."""
    left, right = ({"number_kind": kind, "number": number} for kind, number in numbers)
    row = score_records([CAMILLE | left, CAMILLE | right], MODEL)[0]
    assert row["veto"] == veto


def test_id09_duplicates_of_a_made_up_register_are_found() -> None:
    """ID-09: keys bring nearly all true pairs, the model finds them, twins stay apart; the million is in bench/dedup.py."""
    records = made_records(2_000, 11)
    with duckdb.connect(config={"threads": 1}) as duck:
        found = measure(duck, records, MODEL)
    assert found.true > 150
    assert found.ceiling >= 0.98
    assert found.recall >= 0.95
    assert found.wrong <= 1


def test_id09_made_up_records_hold_what_is_hard() -> None:
    """ID-09: the same seed makes the same records; typing errors, exchanged dates, names of use and twins are there."""
    records = made_records(1_000, 5)
    assert records.equals(made_records(1_000, 5)) and not records.equals(made_records(1_000, 6))
    rows = records.to_pylist()
    by_person: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        by_person.setdefault(row["person"], []).append(row)
    pairs = [(several[0], other) for several in by_person.values() for other in several[1:]]
    assert any(one["family_name"] != other["family_name"] for one, other in pairs)
    assert any(one["birth_date"] != other["birth_date"] for one, other in pairs)
    births = [(row["family_name"], row["birth_date"], row["street"], row["person"]) for row in rows if row["birth_date"]]
    assert len({birth[:3] for birth in births}) < len({birth[:3] + birth[3:] for birth in births})


def test_id09_the_page_of_the_model_is_up_to_date() -> None:
    """ID-09: blocking and weights are documented from what runs."""
    written = Path(__file__).parents[2] / "docs" / "reference" / "linkage.md"
    assert written.read_text("utf-8") == page(MODEL), "run python -m allant.linkage.page docs/reference/linkage.md"


def test_a_model_without_weights_says_so() -> None:
    bare = untrained_model()
    with pytest.raises(ModelRefused, match="apprentissage"):
        _ = bare.comparisons[0].levels[0].weight
    sex = {"code": "sex", "label": "Sexe", "unknown": "TRUE", "levels": [{"code": "a", "label": "", "sql": "ELSE"}]}
    told = {"version": "x", "source": "x", "cap": 1, "blocking": [], "vetoes": [], "comparisons": [sex]}
    weights = {"levels": {"sex": {"b": {"m": 1, "u": 1}}}, "prior": 1e-7, "threshold": 0, "trained": {}}
    with pytest.raises(ModelRefused, match="relancez"):
        parse_model(told, weights)


def test_a_large_block_is_left_out_and_said() -> None:
    """ID-09: pairs stay bounded; the records left aside are counted."""
    nothing = dict.fromkeys(COLUMNS, None)
    known = {"family_name": "Martin", "given_names": "Jean", "birth_date": "1950-01-02"}
    schema = pa.schema([(name, pa.int64() if name == "id" else pa.string()) for name in COLUMNS])
    rows = pa.Table.from_pylist([nothing | known | {"id": rank} for rank in range(5)], schema=schema)
    with duckdb.connect(config={"threads": 1}) as duck:
        duck.register("told", rows)
        prepare(duck, "told")
        brought = {each.code: each for each in block(duck, MODEL)}
        assert brought["date_and_name"].pairs == 10
        brought = {each.code: each for each in block(duck, replace(MODEL, cap=4))}
        assert (brought["date_and_name"].pairs, brought["date_and_name"].left_aside) == (0, 5)
