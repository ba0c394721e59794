"""Intercommunal bodies with own taxes (EPCI à fiscalité propre): names, and the communes of each."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from allant.geography.communes import communes
from allant.geography.finder import fold

_KIND = re.compile(r"^(?:cc|ca|cu)(?: (?:de la|de l|de|du|des|d|la|le|les|l))? ")


@dataclass(frozen=True, slots=True)
class Epci:
    """A body of several communes; `code` is its SIREN, nine digits."""

    code: str
    name: str
    population: int


@cache
def epcis() -> Mapping[str, Epci]:
    """Every body by code, in the order of the folded names; 1 255 on 1 January 2026."""
    rows = json.loads(files("allant.geography").joinpath("data/epci.json").read_text("utf-8"))
    found = sorted((Epci(*row) for row in rows), key=lambda body: (fold(body.name), body.code))
    return MappingProxyType({body.code: body for body in found})


@cache
def epci_of_communes() -> Mapping[str, str]:
    """Commune code → EPCI code; a commune outside any (some islands) is left out."""
    table = communes()
    pairs = zip(table.column("code").to_pylist(), table.column("epci").to_pylist(), strict=True)
    return MappingProxyType({commune: epci for commune, epci in pairs if epci})


@cache
def _by_name() -> Mapping[str, tuple[Epci, ...]]:
    found: dict[str, tuple[Epci, ...]] = {}
    for body in epcis().values():
        name = fold(body.name)
        for key in {name, _KIND.sub("", name)}:
            found[key] = (*found.get(key, ()), body)
    return found


def epcis_named(text: str) -> tuple[Epci, ...]:
    """The bodies of this code or name, with or without its kind (« CC du »…): several when namesakes, none when unknown."""
    if body := epcis().get(text.strip()):
        return (body,)
    return _by_name().get(fold(text), ())
