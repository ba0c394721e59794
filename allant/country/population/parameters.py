"""The parameters of the synthetic country: three YAML files, every leaf with its source or its assumption."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

CLASSES = ("04", "09", "11", "17", "24", "29", "39", "49", "59", "64", "69", "74", "79", "80", "NA")
UNKNOWN = CLASSES.index("NA")
FIRST_ADULT = CLASSES.index("24")
# People of unknown birth date are nearly all adults.
STANDS_FOR_UNKNOWN = CLASSES.index("49")
FILES = ("parameters", "situations", "infections", "names")

Rates = NDArray[np.float64]


class InvalidParameter(ValueError):
    """A parameter without source, or out of range; the message is in French and names file and key."""


@dataclass(frozen=True)
class Situations:
    """One kind of situation: its codes with a rate per class, and when it starts and ends.

    `overlap`: another kind of the households, and the share of this kind's bearers who bear it too.
    """

    kind: str
    rates: Mapping[str, Rates]
    starts: tuple[datetime.date, datetime.date]
    days: int | None
    one_of: bool
    of_household: bool
    women_only: bool
    overlap: tuple[str, float] | None = None


class Parameters:
    """Values by dotted name, as `households.couples`; `digest` changes with any of them."""

    def __init__(self, documents: Mapping[str, Any]) -> None:
        for name, document in documents.items():
            check(document, name)
        self._documents = documents
        self.digest = hashlib.sha256(json.dumps(documents, sort_keys=True, default=str).encode()).hexdigest()

    def _leaf(self, dotted: str, file: str) -> Mapping[str, Any]:
        node = self._documents[file]
        for key in dotted.split("."):
            node = node[key]
        return node  # type: ignore[no-any-return]

    def value(self, dotted: str, file: str = "parameters") -> Any:
        """The value of a leaf, in the unit it states."""
        return self._leaf(dotted, file)["value"]

    def by_class(self, dotted: str, file: str = "parameters") -> Rates:
        """One number per class, in the order of `CLASSES`."""
        return spread(self._leaf(dotted, file)["by_class"])

    def situations(self) -> tuple[Situations, ...]:
        """Every kind of situation, in the order of the file."""
        return tuple(_situations(kind, entry) for kind, entry in self._documents["situations"].items())

    def names(self) -> Mapping[str, Any]:
        """The lists of names."""
        return self._documents["names"]  # type: ignore[no-any-return]


@cache
def parameters() -> Parameters:
    """The packaged parameters. Raises `InvalidParameter`."""
    folder = files("allant.country.population")
    return Parameters({name: yaml.safe_load(folder.joinpath(f"{name}.yaml").read_text("utf-8")) for name in FILES})


def spread(by_class: Mapping[str, float]) -> Rates:
    """Spans such as "04-17" to one number per class; a class not named is 0, NA follows class 49 unless named."""
    rates = np.full(len(CLASSES), np.nan)
    for span, value in by_class.items():
        first, _, last = span.partition("-")
        start, stop = CLASSES.index(first), CLASSES.index(last or first)
        if stop < start or not np.isnan(rates[start : stop + 1]).all():
            raise InvalidParameter(f"classes « {span} » : vide ou déjà donnée. Nommez chaque classe une fois.")
        rates[start : stop + 1] = value
    if np.isnan(rates[UNKNOWN]):
        rates[UNKNOWN] = rates[STANDS_FOR_UNKNOWN]
    return np.asarray(np.nan_to_num(rates))


def leaves(node: Any, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every leaf (a table with `value` or `by_class`) below a node, with its dotted path."""
    if not isinstance(node, dict):
        return
    if "value" in node or "by_class" in node:
        yield path, node
        return
    for key, child in node.items():
        yield from leaves(child, f"{path}.{key}")


def check(document: Any, name: str) -> None:
    """Refuse a leaf without `source:` or `assumption:`, an unknown class, a share out of [0, 1]."""
    found = list(leaves(document, name)) or [(name, document)]
    for path, leaf in found:
        if not (leaf.get("source") or leaf.get("assumption")):
            raise InvalidParameter(f"{path} : ni « source: » ni « assumption: ». Dites d'où vient ce nombre.")
        _check_classes(path, leaf)


def _check_classes(path: str, leaf: Mapping[str, Any]) -> None:
    try:
        rates = spread(leaf.get("by_class", {}))
    except ValueError as error:
        raise InvalidParameter(f"{path} : {error}. Classes attendues : {', '.join(CLASSES)}.") from error
    share = "relative" not in str(leaf.get("unit", ""))
    if (rates < 0).any() or (share and (rates > 1).any()):
        raise InvalidParameter(f"{path} : part hors de [0, 1] : {rates.min()} à {rates.max()}.")


def _situations(kind: str, entry: Mapping[str, Any]) -> Situations:
    return Situations(
        kind=kind,
        rates={code: spread(leaf["by_class"]) for code, leaf in entry["codes"].items()},
        starts=(entry["starts"][0], entry["starts"][1]),
        days=entry.get("days"),
        one_of=entry.get("one_of", False),
        of_household=entry.get("of") == "household",
        women_only=entry.get("sex") == "F",
        overlap=(overlap["kind"], overlap["share"]) if (overlap := entry.get("overlap")) else None,
    )
