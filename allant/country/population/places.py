"""Where households live: communes by population, age structures that differ a little by département, funds, doctors."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from allant.country.population.layout import Layout
from allant.country.population.parameters import Parameters
from allant.country.population.streams import Choice, RaggedChoice, Salt, uniforms
from allant.directory.rpps import key_of
from allant.geography import communes

Ints = NDArray[np.int64]
# Middle of each class, for the tilt.
MIDDLE_AGE = np.array([2, 7, 10.5, 14.5, 21, 27, 34.5, 44.5, 54.5, 62, 67, 72, 77, 86, 44.5])
MIDDLE_OF_ALL = 42.0
BALANCING_ROUNDS = 30


def fund_code(departement: str) -> str:
    """The CPAM of a département, three digits: `351`, `201` and `202` in Corsica, `974` overseas.

    Assumption: one fund a département, numbered 1, though a few départements have several.
    """
    corsica = {"2A": "201", "2B": "202"}
    return corsica.get(departement, departement if len(departement) == 3 else f"{departement}1")


class Places:
    """Inhabited communes sorted by code, and the draw of one for a household."""

    def __init__(self, seed: int, layout: Layout, parameters: Parameters) -> None:
        table = _inhabited(parameters.value("places.left_out"))
        self.seed = seed
        self.codes = table["code"].to_pylist()
        self.communes = table["code"].combine_chunks()
        self.postcodes, self.postcode_of = _dictionary(table["postcode"])
        self.departements, self.departement_of = _dictionary(table["departement"])
        self.epcis, self.epci_of = _dictionary(table["epci"])  # -1 for a commune outside any
        region_names, region_of = _dictionary(table["region"])
        self.regions = region_names
        self.starts = np.append(np.flatnonzero(np.diff(self.departement_of, prepend=-1)), len(self.codes))
        self.region_of_departement = region_of[self.starts[:-1]]
        self.funds = pa.array([fund_code(code) for code in self.departements.to_pylist()])

        self.population = table["population"].to_numpy().astype(float)
        shares = np.add.reduceat(self.population, self.starts[:-1])
        self.shares = shares / shares.sum()
        self._by_class = Choice(_tilted(self.shares, np.array(layout.sizes, float), self._tilts(parameters)))
        self.inside = RaggedChoice(self.population, self.starts)
        self._set_doctors(layout.total, int(parameters.value("places.patients_per_doctor")))

    def _tilts(self, parameters: Parameters) -> NDArray[np.float64]:
        given = parameters.value("places.age_tilt")
        return np.array([given.get(code, 0.0) for code in self.departements.to_pylist()])

    def _set_doctors(self, people: int, patients: int) -> None:
        self.doctors = np.maximum(1, np.round(self.shares * people / patients)).astype(np.int64)
        self.first_doctor = np.concatenate([[0], np.cumsum(self.doctors)[:-1]])
        departement = np.repeat(np.arange(len(self.doctors)), self.doctors)
        self.rpps = pa.array([_rpps(number) for number in range(len(departement))])

    def commune_of(self, household: Ints, head_class: Ints) -> Ints:
        """Index of the commune of each household."""
        departement = self._by_class.draw(head_class, uniforms(self.seed, Salt.DEPARTEMENT, household))
        return self.inside.draw(departement, uniforms(self.seed, Salt.COMMUNE, household))

    def doctor_of(self, household: Ints, departement: Ints) -> Ints:
        """Index in `rpps` of the household's treating doctor, one of the département."""
        u = uniforms(self.seed, Salt.DOCTOR, household)
        return np.asarray(self.first_doctor[departement] + (u * self.doctors[departement]).astype(np.int64))


def _inhabited(left_out: list[str]) -> pa.Table:
    table = communes()
    kept = pc.and_(
        pc.greater(pc.fill_null(table["population"], 0), 0),
        pc.and_(pc.is_valid(table["postcode"]), pc.invert(pc.is_in(table["departement"], pa.array(left_out, pa.string())))),
    )
    return table.filter(kept).sort_by("code").combine_chunks()


def _dictionary(column: pa.ChunkedArray) -> tuple[pa.Array, Ints]:
    encoded = column.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.chunk(0)
    return encoded.dictionary, pc.fill_null(encoded.indices, -1).to_numpy().astype(np.int64)


def _tilted(
    departements: NDArray[np.float64], classes: NDArray[np.float64], tilts: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Weights (class, département) tilted by age, balanced so that both margins stay as given (iterative fitting)."""
    weights = np.exp(tilts[None, :] * (MIDDLE_AGE[:, None] - MIDDLE_OF_ALL) / 40)
    classes = np.maximum(classes, 1e-9) / classes.sum()
    for _ in range(BALANCING_ROUNDS):
        weights *= departements / weights.sum(axis=0)
        weights *= (classes / weights.sum(axis=1))[:, None]
    return weights


def _rpps(number: int) -> str:
    """A fictional RPPS: 99, eight digits, its key. Real numbers begin with 10."""
    body = f"99{number:08d}"
    return body + key_of(body)


