"""Départements and regions: names, zone, population."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Literal

Zone = Literal["metropole", "drom", "com"]


class UnknownDepartement(LookupError):
    """A code that names no département; the message is in French."""


@dataclass(frozen=True, slots=True)
class Departement:
    """A département, or an overseas collectivity that official files treat as one (zone `com`)."""

    code: str
    name: str
    region: str
    zone: Zone
    population: int

    @property
    def overseas(self) -> bool:
        """True outside mainland France and Corsica."""
        return self.zone != "metropole"


@dataclass(frozen=True, slots=True)
class Region:
    """A region; an overseas collectivity stands as its own region."""

    code: str
    name: str
    zone: Zone


@cache
def _territories() -> dict[str, Any]:
    text = files("allant.geography").joinpath("data/territories.json").read_text("utf-8")
    return dict(json.loads(text))


@cache
def departements() -> Mapping[str, Departement]:
    """Every département by code, in the order of the codes (2A and 2B after 19); 101, then 8 collectivities."""
    return MappingProxyType({row["code"]: Departement(**row) for row in _territories()["departements"]})


@cache
def regions() -> Mapping[str, Region]:
    """Every region by code: 18 regions, then the overseas collectivities."""
    return MappingProxyType({row["code"]: Region(**row) for row in _territories()["regions"]})


def departement_of(commune_code: str) -> str:
    """The département code of an INSEE commune code, past or present: `13055` → `13`, `2A004` → `2A`, `97105` → `971`.

    Raises `UnknownDepartement` for anything else; a postcode is not a commune code (`20000` is refused).
    """
    code = commune_code[:3] if commune_code.startswith(("97", "98")) else commune_code[:2]
    if len(commune_code) != 5 or code not in departements():
        raise UnknownDepartement(
            f"Code commune « {commune_code} » : aucun département ne lui correspond. "
            "Attendu : un code INSEE de cinq caractères, par exemple 13055, 2A004 ou 97105."
        )
    return code


def region_of(departement_code: str) -> str:
    """The region code of a département code. Raises `UnknownDepartement`."""
    try:
        return departements()[departement_code].region
    except KeyError:
        raise UnknownDepartement(
            f"Département « {departement_code} » inconnu. Attendu : 01 à 95 (2A, 2B), 971 à 978, 984, 986 à 989."
        ) from None
