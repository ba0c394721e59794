"""The same definition on another day: a campaign's target is written once and asked again at each wave."""

from dataclasses import fields, replace
from datetime import date
from typing import Any

from .definition import Definition
from .model import ActiveOn, Elapsed, Node


def moved(definition: Definition, written_on: date, to: date) -> Definition:
    """Ages, durations and situations counted on `written_on` are counted on `to`; other dates stay as they are."""
    return Definition(_moved(definition.criteria, written_on, to))


def _moved(node: Any, written_on: date, to: date) -> Any:
    if isinstance(node, tuple):
        return tuple(_moved(part, written_on, to) for part in node)
    if not isinstance(node, Node):
        return node
    changed = {each.name: _moved(getattr(node, each.name), written_on, to) for each in fields(node)}  # type: ignore[arg-type]
    if isinstance(node, Elapsed | ActiveOn) and node.on == written_on:
        changed["on"] = to
    return replace(node, **changed)
