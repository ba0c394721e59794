"""Family and given names, as dictionaries and indices into them."""

from __future__ import annotations

import unicodedata

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from allant.country.population.layout import REFERENCE_YEAR
from allant.country.population.parameters import Parameters
from allant.country.population.streams import Choice, Salt, uniforms

Ints = NDArray[np.int64]
FAMILY_FLATNESS, GIVEN_FLATNESS = 12, 4


class Names:
    """The lists, and the draw of names. Family names are drawn by household, given names by sex and birth year."""

    def __init__(self, seed: int, parameters: Parameters) -> None:
        lists = parameters.names()
        self.seed = seed
        # the list is cut at spaces: a particle is tied to its name by a hyphen there
        family = [name.replace("Da-", "Da ").replace("Dos-", "Dos ").replace("Le-", "Le ") for name in lists["family"].split()]
        self.family = pa.array(family)
        self._family = Choice(1.0 / (np.arange(len(family)) + FAMILY_FLATNESS)[None, :])
        periods = lists["given"]
        self._last_years = np.array([period["until"] for period in periods[:-1]])
        by_row = [period[sex].split() for period in periods for sex in ("F", "M")]
        distinct = sorted({name for names in by_row for name in names})
        self.given = pa.array(distinct)
        rank = {name: i for i, name in enumerate(distinct)}
        weights = np.zeros((len(by_row), len(distinct)))
        for row, names in enumerate(by_row):
            for i, name in enumerate(names):
                weights[row, rank[name]] = 1.0 / (i + GIVEN_FLATNESS)
        self._given = Choice(weights)
        self.family_ascii, self.given_ascii = (pa.array([ascii_form(name) for name in names]) for names in (family, distinct))

    def family_of(self, keys: Ints) -> NDArray[np.int32]:
        """Index of the family name of each household (or person, for one who keeps another name)."""
        return self._family.draw(0, uniforms(self.seed, Salt.FAMILY_NAME, keys)).astype(np.int32)

    def given_of(self, woman: NDArray[np.bool_], ages: Ints, u: NDArray[np.float64]) -> NDArray[np.int32]:
        """Index of the given name of each person."""
        period = np.searchsorted(self._last_years, REFERENCE_YEAR - ages)
        return self._given.draw(2 * period + ~woman, u).astype(np.int32)


def ascii_form(name: str) -> str:
    """A name as it stands in an address: `Lefèvre` → `lefevre`, `Le Gall` → `le-gall`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return plain.lower().replace(" ", "-").replace("'", "")
