"""Who is person number n: classes one after the other, cut in chunks of fixed size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from allant.country.population.parameters import CLASSES

CHUNK = 500_000
FEWEST, MOST = 100, 99_000_000
# Ages that make the classes are those reached on 31 December of this year (doctrine: figures.class_reference_date).
REFERENCE_YEAR = 2021


class InvalidSize(ValueError):
    """A number of people out of range; the message is in French."""


# Birth years of each class: the age reached in 2021, which is the age on 31 December 2021. Class 80 and NA are apart.
LAST_AGE = [int(code) for code in CLASSES[:-2]]
FIRST_AGE = [0, *[age + 1 for age in LAST_AGE[:-1]]]


@dataclass(frozen=True)
class Layout:
    """Sizes of the classes, unknown birth dates last. Ids run from 1, contiguous by class in the order of `CLASSES`."""

    sizes: tuple[int, ...]

    @property
    def total(self) -> int:
        """All persons."""
        return sum(self.sizes)

    @property
    def starts(self) -> NDArray[np.int64]:
        """First id of each class."""
        return np.concatenate([[1], 1 + np.cumsum(self.sizes)[:-1]]).astype(np.int64)

    @property
    def chunks(self) -> int:
        """Number of chunks."""
        return -(-self.total // CHUNK)

    def ids(self, chunk: int) -> NDArray[np.int64]:
        """Ids of one chunk."""
        return np.arange(chunk * CHUNK + 1, min((chunk + 1) * CHUNK, self.total) + 1, dtype=np.int64)

    def class_of(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Index in `CLASSES` of each person. Empty classes have the start of the next one, and are passed over."""
        return np.asarray(np.searchsorted(self.starts, ids, side="right") - 1, dtype=np.int64)

    def first_chunks(self) -> NDArray[np.int64]:
        """The chunk where each class begins."""
        return np.asarray((self.starts - 1) // CHUNK, dtype=np.int64)

    def parts(self) -> NDArray[np.int64]:
        """Over how many chunks each class runs."""
        last = (self.starts + np.array(self.sizes) - 2) // CHUNK
        return np.asarray(np.maximum(last - self.first_chunks() + 1, 1), dtype=np.int64)


def layout(people: int, population: Mapping[str, int], unknown_share: float) -> Layout:
    """Share `people` among the age classes by largest remainder, then add persons of unknown birth date.

    `population` gives the inhabitants of each official class. Raises `InvalidSize`.
    """
    if not FEWEST <= people <= MOST:
        raise InvalidSize(f"Population demandée : {people}. Attendu : un nombre de {FEWEST} à {MOST}.")
    expected = set(CLASSES[:-1])
    if set(population) != expected:
        raise InvalidSize(f"Classes d'âge reçues : {', '.join(sorted(population))}. Attendu : {', '.join(sorted(expected))}.")
    return Layout((*largest_remainder(people, [population[code] for code in CLASSES[:-1]]), round(people * unknown_share)))


def largest_remainder(total: int, weights: list[int]) -> list[int]:
    """Whole numbers in proportion to `weights` whose sum is `total`; on equal remainders the first class wins."""
    whole = sum(weights)
    quotas = [divmod(total * weight, whole) for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: -quotas[i][1])
    missing = total - sum(quota for quota, _ in quotas)
    extra = set(by_remainder[:missing])
    return [quota + (i in extra) for i, (quota, _) in enumerate(quotas)]
