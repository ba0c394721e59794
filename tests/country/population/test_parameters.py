"""Every rate has a source or an assumption, and a wrong file is refused in French."""

import datetime
from importlib.resources import files

import numpy as np
import pytest
import yaml

from allant.country.population.layout import REFERENCE_YEAR
from allant.country.population.parameters import CLASSES, FILES, InvalidParameter, Parameters, check, leaves, parameters, spread
from allant.doctrine import rules

PACKAGE = files("allant.country.population")


@pytest.mark.parametrize("name", FILES)
def test_every_number_of_a_file_stands_in_a_leaf_with_a_source(name: str) -> None:
    document = yaml.safe_load(PACKAGE.joinpath(f"{name}.yaml").read_text("utf-8"))
    known = list(leaves(document, name)) or [(name, document)]
    assert all(leaf.get("source") or leaf.get("assumption") for _, leaf in known)
    if name != "names":
        assert len(known) > 5


def test_a_rate_without_source_is_refused() -> None:
    with pytest.raises(InvalidParameter, match=r"people\.women : ni « source: » ni « assumption: »"):
        check({"people": {"women": {"by_class": {"04-80": 0.5}}}}, "parameters")


@pytest.mark.parametrize(
    ("by_class", "said"),
    [({"04-80": 1.2}, "hors de"), ({"05": 0.1}, "Classes attendues"), ({"04-17": 0.1, "09": 0.2}, "déjà donnée")],
)
def test_a_wrong_rate_is_refused(by_class: dict[str, float], said: str) -> None:
    with pytest.raises(InvalidParameter, match=said):
        check({"rate": {"by_class": by_class, "assumption": "a test"}}, "parameters")


def test_spans_name_classes_and_unknown_birth_dates_follow_class_49() -> None:
    rates = spread({"04-09": 0.1, "49": 0.4})
    assert dict(zip(CLASSES, rates, strict=True)) == {
        code: {"04": 0.1, "09": 0.1, "49": 0.4, "NA": 0.4}.get(code, 0.0) for code in CLASSES
    }


def test_another_value_gives_another_digest() -> None:
    documents = {name: yaml.safe_load(PACKAGE.joinpath(f"{name}.yaml").read_text("utf-8")) for name in FILES}
    assert Parameters(documents).digest == parameters().digest
    documents["parameters"]["people"]["women"]["by_class"]["04-17"] = 0.5
    assert Parameters(documents).digest != parameters().digest


def test_codes_of_one_kind_drawn_together_do_not_exceed_the_class() -> None:
    for kind in parameters().situations():
        if kind.one_of:
            assert np.sum(list(kind.rates.values()), axis=0).max() <= 1


def test_classes_are_those_of_the_doctrine() -> None:
    end_of_year = datetime.date(REFERENCE_YEAR, 12, 31)
    book = rules.as_known_on(end_of_year)
    assert book.value("figures.class_reference_date", on=end_of_year) == end_of_year
    assert [row["code"] for row in book.value("figures.age_classes", on=end_of_year)] == list(CLASSES[:-1])
