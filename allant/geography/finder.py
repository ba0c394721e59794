"""Find a commune as one types: by postcode or by name, from the second character on (VC-13)."""

import re
import unicodedata
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache

from allant.geography.communes import communes

MIN_CHARACTERS = 2

_ABBREVIATIONS = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}
_ARTICLES = re.compile(r"^(?:le|la|les|l) ")
_CODE = re.compile(r"\d[\dAB]\d{3}")
_LABELLED = re.compile(r"(.+) \((\d[\dAB]\d{3})\)")
_POSTCODE_AND_NAME = re.compile(r"(\d{5})\s*,?\s+(\D.*)")
_LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Place:
    """A commune with one of its postcodes."""

    code: str
    name: str
    postcode: str
    departement: str
    population: int


def fold(text: str) -> str:
    """Text as it is compared: no accent, no case, words separated by one space, « St » written « saint »."""
    plain = text.lower().replace("œ", "oe").replace("æ", "ae").replace("\u2019", " ")
    plain = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", " ", plain).split()
    return " ".join(_ABBREVIATIONS.get(word, word) for word in words)


@cache
def _places() -> tuple[Place, ...]:
    """One place for each pair of commune and postcode, the first postcode of a commune first."""
    columns = ("code", "name", "postcodes", "departement", "population")
    return tuple(
        Place(row["code"], row["name"], postcode, row["departement"], row["population"] or 0)
        for row in communes().select(columns).to_pylist()
        for postcode in row["postcodes"]
    )


@cache
def _places_of() -> dict[str, tuple[Place, ...]]:
    """The places of each commune code, of each postcode, and of each folded name."""
    found: dict[str, dict[Place, None]] = {}
    for place in _places():
        name = fold(place.name)
        for key in (place.code, place.postcode, name, _ARTICLES.sub("", name)):
            found.setdefault(key, {})[place] = None
    return {key: tuple(places) for key, places in found.items()}


def communes_meant(text: str) -> list[list[Place]]:
    """What a whole line may mean, each reading as the communes it names, once each: none, one, or several to choose among.

    A commune code is its commune, a postcode all its communes, a name one commune; « 93200 Saint-Denis » and the label
    « Saint-Denis (93066) » are plain. Five digits that are both a code and a postcode, and namesakes, are several readings.
    """
    if labelled := _LABELLED.fullmatch(text.strip()):
        by_code = [place for place in _meant(labelled[2]) if place.code == labelled[2] and fold(place.name) == fold(labelled[1])]
        return [by_code[:1]] if by_code else []
    if both := _POSTCODE_AND_NAME.fullmatch(text.strip()):
        return [[place] for place in _meant(both[1]) if place.postcode == both[1] and place in _meant(fold(both[2]))]
    key = text.strip().upper() if _CODE.fullmatch(text.strip().upper()) else fold(text)
    found = _meant(key)
    by_code, by_postcode = ([place for place in found if getattr(place, how) == key] for how in ("code", "postcode"))
    if by_code or by_postcode:
        readings = [by_code[:1], by_postcode]
        return [each for at, each in enumerate(readings) if each and each not in readings[:at]]
    once = {place.code: place for place in reversed(found)}
    return [[place] for place in sorted(once.values(), key=lambda place: -place.population)]


def _meant(key: str) -> tuple[Place, ...]:
    return _places_of().get(key, ())


@cache
def _index() -> list[tuple[str, int]]:
    """(postcode or folded name, row of `_places`), sorted; « Le Havre » stands at « havre » too."""
    index: list[tuple[str, int]] = []
    for row, place in enumerate(_places()):
        name = fold(place.name)
        index.append((place.postcode, row))
        index.extend((key, row) for key in {name, _ARTICLES.sub("", name)})
    return sorted(index)


def find(text: str, limit: int = 20) -> list[Place]:
    """Places whose postcode or name begins with `text`: exact matches first, then the most populated.

    Fewer than two characters give nothing: the list would help nobody.
    """
    wanted = fold(text)
    if len(wanted) < MIN_CHARACTERS:
        return []
    index = _index()
    matches = index[bisect_left(index, (wanted,)) : bisect_left(index, (wanted + _LAST,))]
    exact = {row for key, row in matches if key == wanted}
    places = _places()
    ranked = sorted({row for _, row in matches}, key=lambda row: (row not in exact, -places[row].population, row))
    return [places[row] for row in ranked[:limit]]
