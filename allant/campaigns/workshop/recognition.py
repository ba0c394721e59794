"""Which criterion of the catalogue wrote a node of a tree, and with which values: so that it can be changed in place.

Values are guessed from what the node holds, and kept only when the catalogue writes the very same node with them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from allant.campaigns.workshop import catalogue
from allant.campaigns.workshop.catalogue import Blank, Kind
from allant.campaigns.workshop.tree import Tree, flat
from allant.targeting import InvalidTarget

Values = dict[str, Any]


def recognised(node: Tree, on: date) -> tuple[Kind, Values] | None:
    """The kind and the values of its blanks (dates as dates); None for what was written otherwise, in Python for instance."""
    wanted = flat(node)
    scalars = list(_scalars(wanted))
    for kind in catalogue.KINDS.values():
        values = _bounds(scalars) if kind.code == "age" else {blank.name: _guess(blank, scalars) for blank in kind.blanks}
        if any(values[blank.name] is None for blank in kind.blanks if blank.required):
            continue
        try:
            written = catalogue.node(kind, values, on)
        except InvalidTarget:
            continue
        if flat(written) == wanted:
            return kind, values
    return None


def _bounds(scalars: list[tuple[str, Any]]) -> Values:
    return {"lowest": _last(scalars, ">=", int), "highest": _last(scalars, "<=", int)}


def _last(scalars: list[tuple[str, Any]], sign: str, kind: type) -> Any:
    return next((value for seen, value in reversed(scalars) if seen == sign and isinstance(value, kind)), None)


def _guess(blank: Blank, scalars: list[tuple[str, Any]]) -> Any:
    match blank.asks:
        case "whole":
            return _last(scalars, ">=", int)
        case "date":
            text = _last(scalars, ">=", str)
            return _day(text) if text else None
        case _:
            listed = [value for sign, value in scalars if sign == "in"]
            return listed or [value for _, value in scalars if isinstance(value, str)] or None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _scalars(node: Any) -> Iterator[tuple[str, Any]]:
    """What values are compared to, in reading order, each with its sign (`in` for a list)."""
    if isinstance(node, list):
        for part in node:
            yield from _scalars(part)
    elif isinstance(node, Mapping):
        if "in" in node:
            yield from (("in", value) for value in node["in"])
        elif "compare" in node and not isinstance(node["to"], Mapping):
            yield node["compare"], node["to"]
        else:
            for part in node.values():
                yield from _scalars(part)
