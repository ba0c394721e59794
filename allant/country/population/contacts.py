"""Landlines, mobiles, e-mails: fictional ones only.

Telephone numbers come from the ranges the regulator keeps for fiction (01 99 00, 02 61 91, 03 53 01, 04 65 71, 05 36 49,
06 39 98): 60 000 numbers, so several persons share one as soon as the country is larger. Addresses end in `.example`, reserved by
RFC 2606.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from allant.country.population.households import Bools, Ints
from allant.country.population.names import Names
from allant.country.population.parameters import FIRST_ADULT, Parameters
from allant.country.population.streams import Salt, uniforms

LANDLINES = ("019900", "026191", "035301", "046571", "053649")
MOBILE = "063998"
PER_RANGE = 10_000
# First digits of landlines by region code of the INSEE; overseas numbers are drawn from the south-western range.
ZONE_OF_REGION = {
    "11": 0, "24": 1, "28": 1, "52": 1, "53": 1, "27": 2, "32": 2, "44": 2, "84": 3, "93": 3, "94": 3, "75": 4, "76": 4,
}
OVERSEAS_ZONE = 4
KINDS = ("landline", "mobile", "email")
DOMAIN = "@courriel.example"


@dataclass(frozen=True)
class Contacts:
    """Who has what: indices into `NUMBERS` where there is a number."""

    has_landline: Bools
    has_mobile: Bools
    has_email: Bools
    landline: NDArray[np.int32]
    mobile: NDArray[np.int32]


def numbers() -> pa.Array:
    """Every fictional number in E.164: landlines range after range, then mobiles."""
    return pa.array([f"+33{prefix[1:]}{i:04d}" for prefix in (*LANDLINES, MOBILE) for i in range(PER_RANGE)])


class ContactBook:
    """Draws contact data. Children have none: they are reached through their policyholder."""

    def __init__(self, seed: int, parameters: Parameters) -> None:
        self.seed = seed
        self._rates = {kind: parameters.by_class(f"contacts.{kind}") for kind in ("none", *KINDS)}

    def draw(self, classes: Ints, household: Ints, zone: Ints, rng: np.random.Generator) -> Contacts:
        """Contact data of each person; a household has one landline."""
        n = len(classes)
        reachable = (classes >= FIRST_ADULT) & (rng.random(n, np.float32) >= self._rates["none"][classes])
        has = {kind: reachable & (rng.random(n, np.float32) < self._rates[kind][classes]) for kind in KINDS}
        line = (uniforms(self.seed, Salt.LANDLINE, household) * PER_RANGE).astype(np.int32)
        mobile = rng.integers(0, PER_RANGE, n, dtype=np.int32) + len(LANDLINES) * PER_RANGE
        return Contacts(has["landline"], has["mobile"], has["email"], line + (zone * PER_RANGE).astype(np.int32), mobile)


def zones(regions: pa.Array) -> NDArray[np.int64]:
    """Landline zone of each region code."""
    return np.array([ZONE_OF_REGION.get(code, OVERSEAS_ZONE) for code in regions.to_pylist()])


def emails(names: Names, ids: Ints, given: NDArray[np.int32], family: NDArray[np.int32], has: Bools) -> pa.Array:
    """One address of its own for each person who has one, null for the others."""
    rows = np.flatnonzero(has)
    texts = pc.binary_join_element_wise(
        names.given_ascii.take(pa.array(given[rows])), names.family_ascii.take(pa.array(family[rows])),
        pc.binary_join_element_wise(pa.array(ids[rows]).cast(pa.string()), pa.scalar(DOMAIN), ""), ".",
    )
    place = np.cumsum(has) - 1
    return texts.take(pa.array(place, mask=~has))
