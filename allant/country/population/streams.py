"""Randomness that does not depend on who computes it, nor in which order.

Two sources. `uniforms` is a hash of (seed, salt, key): any chunk can compute the attributes of a household whose head lives in
another chunk. `generator` is a Philox stream per (seed, chunk, subject), for what concerns one person alone.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15


class Salt(IntEnum):
    """What a hashed draw decides. Numbers are part of the format: never reuse one."""

    COUPLE = 1
    HEAD_SEX = 2
    SAME_SEX = 3
    AGE = 4
    AGE_GAP = 5
    PARENT_CLASS = 6
    PARENT = 7
    PARENT_AGAIN = 8
    LONE_PARENT = 9
    SHARED_NAME = 10
    FAMILY_NAME = 11
    DEPARTEMENT = 12
    COMMUNE = 13
    SCHEME = 14
    DOCTOR = 15
    LANDLINE = 16
    PARENT_FALLBACK = 17
    SPOUSE_DEPENDANT = 18
    DOCTOR_NAME = 19
    # household situations take HOUSEHOLD_SITUATION + their rank in the file
    HOUSEHOLD_SITUATION = 100


class Subject(IntEnum):
    """Which Philox stream of a chunk. Numbers are part of the format."""

    PERSON = 0
    MATRICULE = 1
    CONTACT = 2
    SITUATION = 3
    INFECTION = 4


def _finalise(value: int) -> int:
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & MASK
    return value ^ (value >> 31)


def uniforms(seed: int, salt: int, keys: NDArray[np.integer]) -> NDArray[np.float64]:
    """A uniform number in [0, 1) per key: SplitMix64 of the key, shifted by the seed and the salt."""
    z = keys.astype(np.uint64)
    z *= np.uint64(GOLDEN)
    z += np.uint64(_finalise((_finalise((seed + 1) * GOLDEN & MASK) + salt * GOLDEN) & MASK))
    spare = z >> np.uint64(30)
    z ^= spare
    z *= np.uint64(0xBF58476D1CE4E5B9)
    np.right_shift(z, np.uint64(27), out=spare)
    z ^= spare
    z *= np.uint64(0x94D049BB133111EB)
    np.right_shift(z, np.uint64(31), out=spare)
    z ^= spare
    z >>= np.uint64(11)
    return np.asarray(z * 2.0**-53, dtype=np.float64)


def generator(seed: int, chunk: int, subject: Subject) -> np.random.Generator:
    """The stream of one subject in one chunk."""
    return np.random.Generator(np.random.Philox(key=np.array([seed, chunk * 64 + subject], dtype=np.uint64)))


class Choice:
    """Draws an option according to weights that depend on a row: one binary search for all draws.

    `weights` has shape (rows, options); a row of zeros may not be drawn from.
    """

    def __init__(self, weights: NDArray[np.float64]) -> None:
        totals = weights.sum(axis=1, keepdims=True)
        shares = np.divide(np.cumsum(weights, axis=1), totals, out=np.ones_like(weights), where=totals > 0)
        self.options = weights.shape[1]
        self._edges = (shares + np.arange(len(weights))[:, None]).ravel()

    def draw(self, rows: NDArray[np.integer] | int, u: NDArray[np.float64]) -> NDArray[np.int64]:
        """Index of the option for each uniform `u`, of the same length as `rows`."""
        # a hair under 1, lest row + u round up to the next row
        found = np.searchsorted(self._edges, rows + u * (1 - 1e-12), side="right")
        return np.asarray(found - np.asarray(rows) * self.options, dtype=np.int64)


class RaggedChoice:
    """As `Choice`, options being contiguous runs of one list: run r is `[starts[r], starts[r + 1])`."""

    def __init__(self, weights: NDArray[np.float64], starts: NDArray[np.int64]) -> None:
        runs = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
        ends = np.concatenate([[0.0], np.cumsum(weights)])
        before, total = ends[starts[:-1]], np.diff(ends[starts])
        self._edges = runs + (ends[1:] - before[runs]) / total[runs]

    def draw(self, runs: NDArray[np.integer], u: NDArray[np.float64]) -> NDArray[np.int64]:
        """Index in the whole list."""
        return np.asarray(np.searchsorted(self._edges, runs + u * (1 - 1e-12), side="right"), dtype=np.int64)
