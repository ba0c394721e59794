"""NIR, NIA and NNP (ID-02, ID-03): 13 characters, unique in the country, consistent with sex, birth and place.

A NIR order number runs from 001 to 999 among persons of one sex, month and place of birth. As a birth year lives in one age
class, each chunk of a class owns a slice of these numbers, and no chunk needs to know another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from allant.country.population.ages import NONE, Births
from allant.country.population.households import Bools, Ints, Members
from allant.country.population.layout import REFERENCE_YEAR, Layout
from allant.country.population.parameters import UNKNOWN, Parameters
from allant.country.population.places import Places
from allant.country.population.streams import Choice

KINDS = ("NIR", "NIA", "NNP")
NIR, NIA, NNP = range(3)
LENGTH = 13
# Where civil registration is by arrondissement: commune, first code, number of arrondissements (code officiel géographique).
ARRONDISSEMENTS = (("13055", 13201, 16), ("69123", 69381, 9), ("75056", 75101, 20))
# Two digits of year are shared by children of 2012-2021 and centenarians: 001-899 for the former, 900-999 for the latter.
CENTENARIAN_FROM = 900
MONTH_UNKNOWN = 20


@dataclass(frozen=True)
class Matricules:
    """Values as fixed text, kinds as codes of `KINDS`, and who was born abroad."""

    values: pa.Array
    kinds: NDArray[np.int8]
    abroad: Bools


class BirthPlaces:
    """Five-character birth places: communes, arrondissements of the three cities, then countries."""

    def __init__(self, places: Places, parameters: Parameters) -> None:
        countries = parameters.value("matricules.countries_of_birth")
        self.places = places
        extra = [str(first + i) for _, first, count in ARRONDISSEMENTS for i in range(count)]
        codes = [*places.codes, *extra, *(f"99{country}" for country in countries)]
        self.text = np.array(codes, dtype="S5").view(np.uint8).reshape(-1, 5)
        self._communes = len(places.codes)
        self._first_country = self._communes + len(extra)
        self._country = Choice(np.array([list(countries.values())], dtype=float))
        self._departement = Choice(places.shares[None, :])
        self._same = float(parameters.value("matricules.born_in_departement"))

    def draw(self, departement: Ints, abroad: Bools, rng: np.random.Generator) -> Ints:
        """Index in `text` of each person's birth place, given the département of residence."""
        n = len(departement)
        elsewhere = rng.random(n) >= self._same
        departement = np.where(elsewhere, self._departement.draw(0, rng.random(n)), departement)
        place = self.places.inside.draw(departement, rng.random(n))
        self._split_cities(place, rng.random(n))
        place[abroad] = self._first_country + self._country.draw(0, rng.random(int(abroad.sum())))
        return place

    def anywhere(self, count: int, rng: np.random.Generator) -> Ints:
        """Communes at random, whatever their size: where a place has no order number left."""
        return rng.integers(0, self._communes, count)

    def _split_cities(self, place: Ints, u: NDArray[np.float64]) -> None:
        first = self._communes
        for code, _, count in ARRONDISSEMENTS:
            here = np.flatnonzero(place == self.places.codes.index(code))
            place[here] = first + (u[here] * count).astype(np.int64)
            first += count


class Register:
    """Allots the matricules of one chunk."""

    def __init__(self, layout: Layout, places: Places, parameters: Parameters) -> None:
        self._birth_places = BirthPlaces(places, parameters)
        self._abroad = parameters.by_class("matricules.born_abroad")
        self._nia, self._nnp = (float(parameters.value(f"matricules.{name}")) for name in ("nia", "nnp"))
        self._first_chunks, self._parts = layout.first_chunks(), layout.parts()
        fund_digits = "".join(places.funds.to_pylist()).encode()
        self._funds = np.frombuffer(fund_digits, dtype=np.uint8).reshape(-1, 3)

    def allot(
        self, ids: Ints, classes: Ints, chunk: int, members: Members, births: Births, departement: Ints, ame: Bools,
        rng: np.random.Generator,
    ) -> Matricules:
        """Matricules of the persons of one chunk; an AME beneficiary is born abroad and bears an NNP."""
        n = len(ids)
        abroad = (rng.random(n) < self._abroad[classes]) | ame
        u = rng.random(n)
        kinds = np.where(abroad & (u < self._nia), NIA, NIR)
        kinds = np.where(abroad & (u >= 1 - self._nnp), NNP, kinds)
        kinds = np.where(ame | (births.precision == NONE) | (classes == UNKNOWN), NNP, kinds).astype(np.int8)

        place = self._birth_places.draw(departement, abroad, rng)
        text = np.empty((n, LENGTH), dtype=np.uint8)
        self._write_nir(text, classes, chunk, members, births, place, rng)
        self._write_nnp(text, np.flatnonzero(kinds == NNP), ids, members, departement, rng)
        return Matricules(_fixed_text(text), kinds, abroad)

    def _write_nir(
        self, text: NDArray[np.uint8], classes: Ints, chunk: int, members: Members, births: Births, place: Ints,
        rng: np.random.Generator,
    ) -> None:
        year = REFERENCE_YEAR - members.age
        month = np.where(births.month == 0, MONTH_UNKNOWN, births.month)
        first, width = self._slices(classes, chunk, year)
        cohort = ((year % 100) * 100 + month) * 2 + members.woman
        ranks = _ranks(cohort, place, width, self._birth_places, rng)
        order = first + (ranks + cohort * 7 + place * 31) % width
        text[:, 0] = ord("1") + members.woman
        _write_digits(text, 1, 2, year % 100)
        _write_digits(text, 3, 2, month)
        text[:, 5:10] = self._birth_places.text[place]
        _write_digits(text, 10, 3, order)

    def _slices(self, classes: Ints, chunk: int, year: Ints) -> tuple[Ints, Ints]:
        """First order number and how many, for this chunk."""
        centenarian = year <= REFERENCE_YEAR - 100
        child = year > REFERENCE_YEAR - 10
        low = np.where(centenarian, CENTENARIAN_FROM, 1)
        high = np.where(child, CENTENARIAN_FROM, 1000)
        width = (high - low) // self._parts[classes]
        return low + (chunk - self._first_chunks[classes]) * width, width

    def _write_nnp(
        self, text: NDArray[np.uint8], rows: Ints, ids: Ints, members: Members, departement: Ints, rng: np.random.Generator
    ) -> None:
        """7 or 8, sex, fund, then the person's own number as order: unique by construction."""
        nnp = np.empty((len(rows), LENGTH), dtype=np.uint8)
        nnp[:, 0] = ord("7") + (rng.random(len(rows)) < 0.5)
        nnp[:, 1] = ord("1") + members.woman[rows]
        nnp[:, 2:5] = self._funds[departement[rows]]
        _write_digits(nnp, 5, 8, ids[rows])
        text[rows] = nnp


def _ranks(cohort: Ints, place: Ints, width: Ints, birth_places: BirthPlaces, rng: np.random.Generator) -> Ints:
    """Rank of each person among those of one cohort and place; whoever finds no number left is born elsewhere."""
    while True:
        key = cohort * (1 << 20) + place
        by_key = np.argsort(key, kind="stable")
        ordered = key[by_key]
        first = np.flatnonzero(np.diff(ordered, prepend=-1))
        ranks = np.empty_like(by_key)
        ranks[by_key] = np.arange(len(key)) - np.repeat(first, np.diff(np.append(first, len(key))))
        crowded = np.flatnonzero(ranks >= width)
        if not len(crowded):
            return ranks
        place[crowded] = birth_places.anywhere(len(crowded), rng)


def _write_digits(text: NDArray[np.uint8], start: int, count: int, numbers: Ints) -> None:
    rest = numbers.astype(np.uint32)
    for column in range(start + count - 1, start - 1, -1):
        quotient = rest // np.uint32(10)
        text[:, column] = rest - quotient * np.uint32(10) + ord("0")
        rest = quotient


def _fixed_text(text: NDArray[np.uint8]) -> pa.Array:
    """Rows of ASCII bytes as an Arrow text array, without a copy."""
    offsets = np.arange(0, text.size + 1, text.shape[1], dtype=np.int32)
    return pa.StringArray.from_buffers(len(text), pa.py_buffer(offsets), pa.py_buffer(text))
