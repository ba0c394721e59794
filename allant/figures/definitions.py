"""The definition of each published figure, in French, and the data dictionary made from them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@dataclass(frozen=True)
class Definition:
    """One figure; `key` is also its anchor on the page of definitions."""

    key: str
    name: str
    text: str
    columns: tuple[str, ...] = ()  # the measures of the files it defines


@dataclass(frozen=True)
class Column:
    """One line of the data dictionary."""

    name: str
    type: str
    text: str


class Undefined(LookupError):
    """A figure or a column is published without a definition."""


@cache
def _content() -> dict[str, Any]:
    return dict(yaml.safe_load(files("allant.figures").joinpath("definitions.yaml").read_text("utf-8")))


@cache
def definitions() -> Mapping[str, Definition]:
    """Every definition by key, in the order of the page."""
    rows = [*_content()["measures"], *_content()["figures"]]
    return {row["key"]: Definition(row["key"], row["name"], row["text"], tuple(row.get("columns", ()))) for row in rows}


def describe(column: str) -> Column:
    """The dictionary line of a column. Raises Undefined: nothing is published without its meaning."""
    plain = _content()["columns"].get(column)
    if plain:
        return Column(column, plain["type"], plain["text"])
    measures = {measure: each for each in definitions().values() for measure in each.columns}
    for prefix, pattern in _content()["column_patterns"].items():
        if column.startswith(prefix) and (found := measures.get(column.removeprefix(prefix))):
            return Column(column, pattern["type"], f"{found.name}, {pattern['text']}")
    raise Undefined(f"La colonne « {column} » n'a pas de définition : l'ajouter à allant/figures/definitions.yaml.")


def dictionary(columns: Iterable[str]) -> tuple[Column, ...]:
    """The data dictionary of these columns."""
    return tuple(describe(column) for column in columns)
