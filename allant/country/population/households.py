"""Households by arithmetic: who lives with whom follows from a person's number alone.

Inside an adult class persons 2k and 2k + 1 may be a couple; the first is the head, and the household bears the head's number.
A child draws the head of a pair as policyholder (ouvrant droit). All draws are hashes, so a chunk never reads another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from allant.country.population.ages import Ages
from allant.country.population.layout import Layout
from allant.country.population.parameters import CLASSES, FIRST_ADULT, UNKNOWN, Parameters
from allant.country.population.streams import Choice, Salt, uniforms

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Members:
    """Household facts of each person: `policyholder` is 0 for persons with rights of their own."""

    household: Ints
    head_class: Ints
    policyholder: Ints
    shares_name: Bools
    woman: Bools
    age: Ints


class Households:
    """Draws the household of any person."""

    def __init__(self, seed: int, layout: Layout, ages: Ages, parameters: Parameters) -> None:
        self.seed, self.layout, self.ages = seed, layout, ages
        self._sizes = np.array(layout.sizes)
        self._starts = layout.starts
        self._couples = parameters.by_class("households.couples")
        self._couples[UNKNOWN] = 0.0
        self._women = parameters.by_class("people.women")
        # Couples hold as many women as men: the others make up the share of the class.
        self._lone_women = np.clip((self._women - self._couples / 2) / (1 - self._couples), 0, 1)
        self._gap = int(parameters.value("households.age_gap"))
        self._share = {name: float(parameters.value(f"households.{name}")) for name in SCALARS}
        parents = parameters.value("households.parents")
        fallback = parameters.value("households.parent_fallback")
        children = CLASSES[:FIRST_ADULT]
        self._parents = Choice(np.array([[parents[child].get(code, 0.0) for code in CLASSES] for child in children]))
        self._fallback = np.array([CLASSES.index(fallback[child]) for child in children])

    def members(self, ids: Ints, classes: Ints) -> Members:
        """Households of these persons."""
        child = classes < FIRST_ADULT
        household, head_class, couple = self._adults(ids, classes)
        partner = couple & (ids != household)
        age = self._ages(ids, household, classes, couple)
        parents, parent_classes = self._heads(ids[child], classes[child], age[child])
        household[child], head_class[child] = parents, parent_classes
        shared = uniforms(self.seed, Salt.SHARED_NAME, household) < self._share["shared_name"]
        attached = uniforms(self.seed, Salt.SPOUSE_DEPENDANT, ids) < self._share["spouse_dependant"]
        return Members(
            household=household,
            head_class=head_class,
            policyholder=np.where(child | (partner & attached), household, 0),
            shares_name=~partner | shared,
            woman=self._sexes(ids, household, classes, couple, partner),
            age=age,
        )

    def _adults(self, ids: Ints, classes: Ints) -> tuple[Ints, Ints, Bools]:
        position = ids - self._starts[classes]
        head = ids - position % 2
        complete = position - position % 2 + 1 < self._sizes[classes]
        couple = complete & (uniforms(self.seed, Salt.COUPLE, head) < self._couples[classes])
        return np.where(couple, head, ids), classes.copy(), couple

    def _own_age(self, ids: Ints, classes: Ints) -> Ints:
        return self.ages.draw(classes, uniforms(self.seed, Salt.AGE, ids))

    def _ages(self, ids: Ints, household: Ints, classes: Ints, couple: Bools) -> Ints:
        """Partners are of close ages: the head's plus a gap, reflected at the edges of the class."""
        age = self._own_age(np.where(couple, household, ids), classes)
        gap = (uniforms(self.seed, Salt.AGE_GAP, household) * (2 * self._gap + 1)).astype(np.int64) - self._gap
        gap = np.where(couple & (ids != household), gap, 0)
        first, last = self.ages.first[classes], self.ages.last[classes]
        for sign in (1, -1):
            candidate = age + sign * gap
            inside = (candidate >= first) & (candidate <= last)
            age, gap = np.where(inside, candidate, age), np.where(inside, 0, gap)
        return age

    def _sexes(self, ids: Ints, household: Ints, classes: Ints, couple: Bools, partner: Bools) -> Bools:
        u = uniforms(self.seed, Salt.HEAD_SEX, np.where(couple, household, ids))
        same = uniforms(self.seed, Salt.SAME_SEX, household) < self._share["same_sex"]
        return (u < np.where(couple, 0.5, self._lone_women[classes])) ^ (partner & ~same)

    def _heads(self, ids: Ints, classes: Ints, age: Ints) -> tuple[Ints, Ints]:
        """Policyholder of each child: drawn twice at most, then in a class that is always old enough."""
        chosen = self._parents.draw(classes, uniforms(self.seed, Salt.PARENT_CLASS, ids))
        head = self._head_in(chosen, ids, Salt.PARENT)
        lone = ~self._adults(head, chosen)[2]
        redraw = lone & (uniforms(self.seed, Salt.LONE_PARENT, ids) >= self._share["single_parent_kept"])
        head = np.where(redraw, self._head_in(chosen, ids, Salt.PARENT_AGAIN), head)
        too_young = self._own_age(head, chosen) - age < self._share["parent_gap"]
        chosen = np.where(too_young, self._fallback[classes], chosen)
        return np.where(too_young, self._head_in(chosen, ids, Salt.PARENT_FALLBACK), head), chosen

    def _head_in(self, classes: Ints, ids: Ints, salt: Salt) -> Ints:
        pairs = np.maximum(self._sizes[classes] // 2, 1)
        return np.asarray(self._starts[classes] + 2 * (uniforms(self.seed, salt, ids) * pairs).astype(np.int64))


SCALARS = ("same_sex", "shared_name", "spouse_dependant", "parent_gap", "single_parent_kept")
