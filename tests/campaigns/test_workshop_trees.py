"""TG-03: whatever is done on the page, the tree compiles for every engine, or the page says why it cannot be saved yet."""

from __future__ import annotations

from datetime import date
from typing import Any

import ibis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allant.campaigns.workshop import catalogue
from allant.campaigns.workshop import tree as trees
from allant.campaigns.workshop.recognition import recognised
from allant.facts import PERSON, registry
from allant.targeting import Definition, InvalidTarget, engine_ibis, engine_postgres, sentence

DAY = date(2021, 3, 31)
SAID = ("La cible est vide", "dont on ne sait rien")
CODES = st.lists(st.sampled_from(["01053", "2A004", "ald30", "X"]), min_size=1, max_size=3, unique=True)


def _values(blank: catalogue.Blank) -> st.SearchStrategy[Any]:
    match blank.asks:
        case "whole":
            return st.integers(blank.lowest, blank.highest)
        case "choices" if blank.label != "Campagnes":
            return st.lists(st.sampled_from([code for code, _ in blank.choices()]), min_size=1, max_size=3, unique=True)
        case "date":
            return st.dates(date(2020, 1, 1), date(2022, 12, 31))
        case _:
            return CODES


@st.composite
def nodes(draw: st.DrawFn) -> trees.Tree:
    """A criterion of the catalogue as its form would write it, or a new group."""
    kind = draw(st.sampled_from([None, *catalogue.KINDS.values()]))
    if kind is None:
        return {"or": []}
    return catalogue.node(kind, {blank.name: draw(_values(blank)) for blank in kind.blanks}, DAY)


PATHS = st.lists(st.integers(0, 3), max_size=4).map(tuple)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["add", "replace"]), PATHS, nodes()),
        st.tuples(st.sampled_from(["deny", "switch", "remove"]), PATHS, st.none()),
    ),
    min_size=1,
    max_size=12,
)


def _step(tree: trees.Tree, step: tuple[str, trees.Path, trees.Tree | None]) -> trees.Tree:
    operation, path, node = step
    try:
        match operation:
            case "add":
                return trees.add(tree, path, node or {})
            case "replace":
                return trees.replace(tree, path, trees.mark_of(trees.node_at(tree, path)), node or {})
            case _:
                return {"deny": trees.deny, "switch": trees.switch, "remove": trees.remove}[operation](tree, path)
    except (trees.BadPath, trees.TooDeep):
        return tree


@pytest.mark.django_db  # the names of funds are the directory's
@given(STEPS)
def test_tg_03_no_sequence_of_operations_makes_a_tree_that_the_language_refuses(steps: list[Any]) -> None:
    """TG-03: refused only when empty, or when it would hold of somebody about whom nothing is known."""
    tree = trees.EMPTY
    for step in steps:
        tree = _step(tree, step)
        for row in trees.rows(tree):
            assert row.text or row.joint
            recognised(trees.node_at(tree, row.path), DAY)
    try:
        definition = trees.to_definition(tree)
    except InvalidTarget as error:
        assert any(said in str(error) for said in SAID), error
        return
    assert sentence(definition) and engine_postgres.sql(definition)[0]
    for dialect in ("duckdb", "pyspark"):
        assert ibis.to_sql(engine_ibis.people(definition, registry.table(PERSON)), dialect=dialect)
    again = trees.from_definition(definition)
    assert trees.to_definition(again) == definition == Definition.from_json(definition.to_json())
