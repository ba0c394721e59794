"""Sizes of classes, and draws that no chunk boundary disturbs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allant.country.population import InvalidSeed, InvalidSize, official_population
from allant.country.population.layout import Layout, largest_remainder, layout
from allant.country.population.make import describe
from allant.country.population.streams import Choice, RaggedChoice, Salt, uniforms


def test_the_whole_nation_has_the_official_population_of_each_class() -> None:
    manifest = describe(67_676_577, 1, official_population())
    assert {code: size for code, size in manifest.classes.items() if code != "NA"} == official_population()
    assert manifest.classes["NA"] == manifest.unknown_birth_date == 30
    assert manifest.total == 67_676_607


def test_one_in_a_thousand_rounds_each_class_and_keeps_the_sum() -> None:
    sizes = describe(67_677, 1, official_population()).classes
    assert sum(sizes.values()) == 67_677
    assert all(abs(sizes[code] - people / 1000) < 1 for code, people in official_population().items())


@given(st.integers(0, 10_000), st.lists(st.integers(0, 1_000), min_size=1, max_size=8).filter(any))
def test_largest_remainder_gives_the_total_and_stays_within_one_of_the_quota(total: int, weights: list[int]) -> None:
    shares = largest_remainder(total, weights)
    assert sum(shares) == total
    assert all(abs(share - total * weight / sum(weights)) < 1 for share, weight in zip(shares, weights, strict=True))


@pytest.mark.parametrize("people", [0, 99, 99_000_001])
def test_a_size_out_of_range_is_refused(people: int) -> None:
    with pytest.raises(InvalidSize, match=f"Population demandée : {people}. Attendu"):
        describe(people, 1, official_population())


def test_other_classes_are_refused() -> None:
    with pytest.raises(InvalidSize, match="Classes d'âge reçues : 0, 04"):
        layout(1_000, {"0": 10, "04": 10}, 0.0)


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(InvalidSeed, match="Graine : -1"):
        describe(1_000, -1, official_population())


def test_persons_are_numbered_class_after_class_and_an_empty_class_is_passed_over() -> None:
    plan = Layout((2, 0, 3))
    assert plan.class_of(plan.ids(0)).tolist() == [0, 0, 2, 2, 2]


def test_a_choice_never_leaves_its_row_nor_takes_what_has_no_weight() -> None:
    weights = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 3.0], [0.0, 0.0, 2.0]])
    edges = np.array([0.0, 0.2499999, 0.25, 1 - 2**-53])
    for row in range(3):
        drawn = Choice(weights).draw(np.full(4, row), edges)
        assert (weights[row, drawn] > 0).all()
    assert Choice(weights).draw(np.array([1, 1]), np.array([0.24, 0.26])).tolist() == [0, 2]


def test_a_ragged_choice_stays_in_its_run() -> None:
    choice = RaggedChoice(np.array([1.0, 1.0, 5.0, 1.0]), np.array([0, 2, 4]))
    assert choice.draw(np.array([0, 0, 1, 1]), np.array([0.0, 1 - 2**-53, 0.0, 1 - 2**-53])).tolist() == [0, 1, 2, 3]


def test_hashed_draws_are_uniform_and_differ_by_seed_and_salt() -> None:
    keys = np.arange(100_000)
    u = uniforms(1, Salt.AGE, keys)
    counts = np.histogram(u, bins=20, range=(0, 1))[0]
    assert ((counts - 5_000) ** 2 / 5_000).sum() < 43.8  # chi-square, 19 degrees, 1 in 1000
    for other in (uniforms(2, Salt.AGE, keys), uniforms(1, Salt.COUPLE, keys)):
        assert abs(np.corrcoef(u, other)[0, 1]) < 0.02
    assert abs(np.corrcoef(u[:-1], u[1:])[0, 1]) < 0.02
