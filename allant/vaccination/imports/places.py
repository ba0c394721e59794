"""Where the doses of a file were given: kind, postcode and commune checked against the lists, known places found or added."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from allant.directory.actions import PlaceKey, locations_for
from allant.geography import communes, fold
from allant.vaccination.imports.choices import Choices
from allant.vaccination.imports.faults import Faults, Mask, always

NAME_LENGTH = 200
_SEPARATOR = "\x1f"  # cannot stand in a value: control characters are refused


@dataclass(frozen=True)
class PlaceRead:
    """One distinct place of a file: its parts, or the faults found (code of the kind, details)."""

    kind: str
    name: str
    postcode: str
    commune_code: str
    faults: tuple[tuple[str, dict[str, object]], ...] = ()

    @property
    def complete(self) -> bool:
        """Whether it says where, not only what kind of place."""
        return bool(self.commune_code) and not self.faults


@dataclass(frozen=True)
class Places:
    """The distinct places of a file, and which one each row names."""

    distinct: list[PlaceRead]
    of_row: np.ndarray

    def kinds(self) -> pa.Array:
        """The code of the kind of place of each row, '' when none."""
        return pa.array([place.kind for place in self.distinct], pa.string()).take(pa.array(self.of_row))

    def location_ids(self, kept: Mask, default_name: str) -> pa.Array:
        """The id of each row's location, null when the row says none; those missing are added for the rows of `kept`."""
        used = np.zeros(len(self.distinct), dtype=bool)
        used[self.of_row[kept]] = True
        keys = [
            _key(place, default_name) if named and place.complete else None
            for named, place in zip(used.tolist(), self.distinct, strict=True)
        ]
        ids = locations_for({key for key in keys if key})
        return pa.array([ids[key] if key else None for key in keys], pa.int64()).take(pa.array(self.of_row))


def read_places(values: pa.Table, kinds: Choices, faults: Faults) -> Places:
    """Judge the distinct places of a file, and note the faults on the rows that name them."""
    parts = [values[name].combine_chunks() for name in ("lieu", "nom_lieu", "code_postal", "commune")]
    encoded = pc.binary_join_element_wise(*parts, _SEPARATOR).dictionary_encode()
    of_row = encoded.indices.to_numpy(zero_copy_only=False)
    distinct = [_judged(words.split(_SEPARATOR), kinds) for words in encoded.dictionary.to_pylist()]
    for number, place in enumerate(distinct):
        for code, details in place.faults:
            faults.add(of_row == number, code, always(**details))
    return Places(distinct, of_row)


def _judged(parts: list[str], kinds: Choices) -> PlaceRead:
    kind, name, postcode, commune = parts
    faults: list[tuple[str, dict[str, object]]] = []
    code = kinds.code(kind) if kind else ""
    if code is None:
        faults.append(("place_unknown", {"value": kind[:60], "hint": kinds.hint(kind)}))
    if len(name) > NAME_LENGTH:
        faults.append(("place_name_too_long", {"length": len(name)}))
    if (name or postcode or commune) and not kind:
        faults.append(("place_incomplete", {"column": "lieu"}))
    postcode = _five(postcode)
    commune_code, where = _commune(postcode, commune)
    if (name or commune) and not postcode:
        where = [*where, ("place_incomplete", {"column": "code_postal"})]
    return PlaceRead(code or "", " ".join(name.split()), postcode, commune_code, (*faults, *where))


def _five(postcode: str) -> str:
    """A postcode without spaces, with the zero that spreadsheets take away."""
    digits = postcode.replace(" ", "").replace("\u00a0", "")
    return digits.zfill(5) if digits.isdigit() and len(digits) == 4 else digits


def _commune(postcode: str, commune: str) -> tuple[str, list[tuple[str, dict[str, object]]]]:
    if not postcode:
        return "", []
    if not (len(postcode) == 5 and postcode.isascii() and postcode.isdigit()):
        return "", [("postcode_malformed", {"value": postcode[:20]})]
    here = _by_postcode().get(postcode)
    if here is None:
        return "", [("postcode_unknown", {"value": postcode})]
    if not commune:
        alone = list(dict.fromkeys(here.values()))
        return (alone[0], []) if len(alone) == 1 else ("", [("place_incomplete", {"column": "commune"})])
    word = fold(commune)
    if word in here:
        return here[word], []
    return "", [_wrong_commune(commune, postcode, here)]


def _wrong_commune(commune: str, postcode: str, here: dict[str, str]) -> tuple[str, dict[str, object]]:
    near = get_close_matches(fold(commune), [name for name in here if not name[:1].isdigit()], n=1)
    hint = f" Vouliez-vous dire « {_names()[here[near[0]]]} » ?" if near else " Vérifiez le code postal et la commune."
    if fold(commune) in _every_name():
        return "commune_elsewhere", {"value": commune[:60], "postcode": postcode, "hint": hint}
    return "commune_unknown", {"value": commune[:60], "hint": hint}


@cache
def _by_postcode() -> dict[str, dict[str, str]]:
    """Postcode → folded name or code of a commune → its code."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for row in communes().select(("code", "name", "postcodes")).to_pylist():
        for postcode in row["postcodes"] or ():
            found[postcode].update({fold(row["name"]): row["code"], fold(row["code"]): row["code"]})
    return dict(found)


@cache
def _names() -> dict[str, str]:
    return dict(zip(communes()["code"].to_pylist(), communes()["name"].to_pylist(), strict=True))


@cache
def _every_name() -> frozenset[str]:
    return frozenset(fold(word) for pair in _names().items() for word in pair)


def _key(place: PlaceRead, default_name: str) -> PlaceKey:
    return (place.kind, place.name or default_name or _names()[place.commune_code], place.postcode, place.commune_code)

