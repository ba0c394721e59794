"""Communes, EPCI, départements and regions of France, overseas included. Packaged data, no network.

Codes are those of the INSEE (code officiel géographique): five characters for a commune, two or three for a
département (`2A`, `2B`, `971`…). Sources and licences: `allant/geography/data/SOURCES.md`.
"""

from allant.geography.communes import UnknownCommune, communes, distance_km, position_of, positions_of
from allant.geography.epci import Epci, epci_of_communes, epcis, epcis_named
from allant.geography.finder import Place, communes_meant, find, fold
from allant.geography.shapes import Shape, departement_paths, map_view_box
from allant.geography.territories import (
    Departement,
    Region,
    UnknownDepartement,
    departement_of,
    departements,
    region_of,
    regions,
)
from allant.geography.time_zones import OVERSEAS, zone_of

__all__ = [
    "OVERSEAS",
    "Departement",
    "Epci",
    "Place",
    "Region",
    "Shape",
    "UnknownCommune",
    "UnknownDepartement",
    "communes",
    "communes_meant",
    "departement_of",
    "departement_paths",
    "departements",
    "distance_km",
    "epci_of_communes",
    "epcis",
    "epcis_named",
    "find",
    "fold",
    "map_view_box",
    "position_of",
    "positions_of",
    "region_of",
    "regions",
    "zone_of",
]
