"""Situations of persons: a table of (person, kind, code, period), sorted by person."""

from __future__ import annotations

import datetime
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from allant.country.population.households import Bools, Ints, Members
from allant.country.population.parameters import Parameters, Situations
from allant.country.population.streams import Salt, uniforms

EPOCH = datetime.date(1970, 1, 1)
NO_END = np.iinfo(np.int32).max


def day_number(day: datetime.date) -> int:
    """Days since 1970."""
    return (day - EPOCH).days


class Drawn(NamedTuple):
    """Situations of a chunk, sorted by row: rows into the chunk, code indices, day numbers (`NO_END` for an open end)."""

    rows: Ints
    codes: NDArray[np.int32]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]


class SituationDraw:
    """Draws the situations of a chunk."""

    def __init__(self, seed: int, parameters: Parameters) -> None:
        self.seed = seed
        self.kinds = parameters.situations()
        self.kind_names = pa.array([kind.kind for kind in self.kinds])
        codes = [(i, code) for i, kind in enumerate(self.kinds) for code in kind.rates]
        self._codes_of = [[n for n, (owner, _) in enumerate(codes) if owner == i] for i in range(len(self.kinds))]
        texts = sorted({code for _, code in codes})
        self.code_names = pa.array(texts)
        self._text_of_code = np.array([texts.index(code) for _, code in codes], dtype=np.int32)
        self._kind_of_code = np.array([owner for owner, _ in codes], dtype=np.int32)

    def draw(self, members: Members, classes: Ints, born: NDArray[np.int32], rng: np.random.Generator) -> Drawn:
        """All situations of the persons of a chunk; a period never starts before birth."""
        found: list[tuple[Ints, NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]] = []
        for rank, kind in enumerate(self.kinds):
            for code, rows in self._bearers(rank, kind, members, classes, rng):
                starts, ends = _period(kind, len(rows), rng)
                starts = np.maximum(starts, born[rows])
                found.append((rows, np.full(len(rows), code, np.int32), starts, ends))
        rows, codes, starts, ends = (np.concatenate(column) for column in zip(*found, strict=True))
        by_person = np.argsort(rows, kind="stable")
        return Drawn(rows[by_person], codes[by_person], starts[by_person], ends[by_person])

    def _bearers(
        self, rank: int, kind: Situations, members: Members, classes: Ints, rng: np.random.Generator
    ) -> list[tuple[int, Ints]]:
        """(code index, rows) for each code of one kind."""
        n = len(classes)
        of = members.head_class if kind.of_household else classes
        salt = Salt.HOUSEHOLD_SITUATION + (self._rank_of(kind.overlap[0]) if kind.overlap else rank)

        def fresh() -> NDArray[np.floating]:
            return uniforms(self.seed, salt, members.household) if kind.of_household else rng.random(n, np.float32)

        u, passed = fresh(), np.zeros(len(next(iter(kind.rates.values()))))
        bearers = []
        for position, (code, rates) in enumerate(zip(self._codes_of[rank], kind.rates.values(), strict=True)):
            if position and not kind.one_of:
                u = fresh()
            hit = (u >= passed[of]) & (u < (passed + rates)[of])
            if kind.overlap:  # low draws bear the other kind too, high ones do not
                hit = (u < kind.overlap[1] * rates[of]) | (u >= 1 - (1 - kind.overlap[1]) * rates[of])
            if kind.one_of:
                passed = passed + rates
            bearers.append((code, np.flatnonzero(hit & members.woman if kind.women_only else hit)))
        return bearers

    def _rank_of(self, kind: str) -> int:
        return [each.kind for each in self.kinds].index(kind)

    def bearing(self, drawn: Drawn, kind: str, n: int) -> Bools:
        """Which of the n persons bear a situation of this kind."""
        rank = self.kind_names.to_pylist().index(kind)
        mask = np.zeros(n, dtype=bool)
        mask[drawn.rows[self._kind_of_code[drawn.codes] == rank]] = True
        return mask

    def table(self, drawn: Drawn, ids: Ints) -> pa.Table:
        """Columns of the contract."""
        ends = np.where(drawn.ends == NO_END, 0, drawn.ends)
        return pa.table(
            {
                "person_id": pa.array(ids[drawn.rows]),
                "kind": pa.DictionaryArray.from_arrays(self._kind_of_code[drawn.codes], self.kind_names),
                "code": pa.DictionaryArray.from_arrays(self._text_of_code[drawn.codes], self.code_names),
                "starts_on": pa.array(drawn.starts, pa.int32()).cast(pa.date32()),
                "ends_on": pa.array(ends, pa.int32(), mask=drawn.ends == NO_END).cast(pa.date32()),
            }
        )


def _period(kind: Situations, count: int, rng: np.random.Generator) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    first, last = (day_number(day) for day in kind.starts)
    starts = rng.integers(first, last + 1, count, dtype=np.int32)
    return starts, starts + np.int32(kind.days) if kind.days else np.full(count, NO_END, np.int32)
