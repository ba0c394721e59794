"""The rule book as known on one day: the only thing rules are asked through."""

from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from allant.doctrine.errors import NotYetInForce, ReviewOverdue, UnknownRule, nearest
from allant.doctrine.model import Period, Rule, Version

Days = npt.NDArray[np.datetime64]
_DTYPES = {"days": "int64", "months": "int64", "years": "int64", "number": "float64", "date": "datetime64[D]", "flag": "bool"}


class RuleBook:
    """Every rule as known on `known_on`.

    `strict` refuses a rule on days after its `review_by`; without it such a rule still answers.
    """

    def __init__(self, rules: MappingProxyType[str, Rule], known_on: date, *, strict: bool = False) -> None:
        self._rules = rules
        self.known_on = known_on
        self.strict = strict
        self._timeline = lru_cache(maxsize=None)(self._compute_timeline)

    def __repr__(self) -> str:
        return f"RuleBook(known_on={self.known_on}, strict={self.strict})"

    def __iter__(self) -> Iterator[str]:
        """Every key of the books, sorted."""
        return iter(sorted(self._rules))

    def rule(self, key: str) -> Rule:
        """The rule of a key. Raises `UnknownRule`, with the nearest key."""
        try:
            return self._rules[key]
        except KeyError:
            raise UnknownRule(f"Règle « {key} » inconnue.{nearest(key, self._rules)}") from None

    def value(self, key: str, on: date) -> Any:
        """The value that applies on a day, typed by its unit (see `allant.doctrine.units`).

        Raises `UnknownRule`, `NotYetInForce`, and `ReviewOverdue` in strict mode.
        """
        return self.version(key, on).value

    def version(self, key: str, on: date) -> Version:
        """The version that applies on a day: its value, source, dates and `rule_id`. Raises as `value`."""
        chosen = None
        for version in self._timeline(key):
            if version.in_force > on:
                break
            chosen = version
        if chosen is None:
            raise NotYetInForce(self._too_early(key, on))
        self._refuse_overdue(chosen, on)
        return chosen

    def values(self, key: str, days: npt.ArrayLike) -> npt.NDArray[Any]:
        """`value` for many days at once: datetime64[D] of any shape gives the values in the same shape.

        Numbers, dates and flags come in their own dtype, other units as objects. Raises as `value`; NaT is refused.
        """
        asked: Days = np.asarray(days, dtype="datetime64[D]")
        if np.isnat(asked).any():
            raise ValueError(f"Règle « {key} » demandée pour une date inconnue (NaT) : écartez ces lignes avant.")
        timeline = self._timeline(key)
        starts = np.array([version.in_force for version in timeline], dtype="datetime64[D]")
        ranks = np.searchsorted(starts, asked, side="right") - 1
        if asked.size and ranks.min() < 0:
            raise NotYetInForce(self._too_early(key, asked.min().item()))
        for rank in np.unique(ranks):
            self._refuse_overdue(timeline[rank], asked[ranks == rank].max().item())
        known = np.empty(len(timeline), dtype=_DTYPES.get(self.rule(key).unit, object))
        for rank, version in enumerate(timeline):
            known[rank] = version.value
        return np.asarray(known[ranks])

    def periods(self, key: str) -> list[Period]:
        """The half-open periods of a rule as known, first to last, announced ones included."""
        timeline = self._timeline(key)
        ends = [later.in_force for _, later in pairwise(timeline)] + [None]
        return [Period(version.in_force, end, version.value, version) for version, end in zip(timeline, ends, strict=False)]

    def announced(self, key: str, on: date) -> list[Version]:
        """The versions known but not yet in force on a day."""
        return [version for version in self._timeline(key) if version.in_force > on]

    def history(self, key: str) -> list[Version]:
        """Every version known, withdrawn and replaced ones included, in the order they became known."""
        rule = self.rule(key)
        versions = rule.versions or tuple(version for member in rule.members for version in self._rules[member].versions)
        known = (version for version in versions if version.known_from <= self.known_on)
        return sorted(known, key=lambda version: (version.known_from, version.in_force, version.key))

    def _compute_timeline(self, key: str) -> tuple[Version, ...]:
        rule = self.rule(key)
        return self._collection(rule) if rule.unit == "collection" else effective(rule.versions, self.known_on)

    def _collection(self, rule: Rule) -> tuple[Version, ...]:
        """One version for each day the list of members or one of their values changes."""
        timelines = {member: self._timeline(member) for member in rule.members}
        days = sorted({version.in_force for timeline in timelines.values() for version in timeline})
        return tuple(self._list(rule, day, timelines) for day in days)

    def _list(self, rule: Rule, day: date, timelines: dict[str, tuple[Version, ...]]) -> Version:
        current = [
            (timeline[0].in_force, rank, [version for version in timeline if version.in_force <= day][-1])
            for rank, timeline in enumerate(timelines.values())
            if timeline and timeline[0].in_force <= day
        ]
        members = sorted(current, key=lambda member: member[:2])
        versions = tuple(version for _, _, version in members)
        items = tuple(self._item(rule, opens_on, version) for opens_on, _, version in members)
        return Version(rule.key, day, max(version.known_from for version in versions), items, members=versions)

    def _item(self, rule: Rule, opens_on: date, version: Version) -> MappingProxyType[str, Any]:
        member = self._rules[version.key]
        content = version.value if member.unit == "record" else {"value": version.value}
        heading = {"code": version.key.removeprefix(rule.key + "."), "label": member.label, "opens_on": opens_on}
        return MappingProxyType({**heading, "rule_id": version.rule_id, **content})

    def _refuse_overdue(self, version: Version, on: date) -> None:
        for part in (version, *version.members):
            if self.strict and part.review_by and on > part.review_by:
                raise ReviewOverdue(
                    f"Règle « {part.key} » demandée pour le {on:%d/%m/%Y}, à revoir avant le {part.review_by:%d/%m/%Y}. "
                    "Confirmez-la ou remplacez-la dans son fichier de doctrine."
                )

    def _too_early(self, key: str, on: date) -> str:
        timeline = self._timeline(key)
        asked = f"Règle « {key} » demandée pour le {on:%d/%m/%Y}"
        known = f"selon ce qui est connu le {self.known_on:%d/%m/%Y}"
        if timeline:
            return f"{asked}, en vigueur à partir du {timeline[0].in_force:%d/%m/%Y} {known}."
        return f"{asked} : aucune version {known}."


def effective(versions: tuple[Version, ...], known_on: date) -> tuple[Version, ...]:
    """The versions that stand on a day: known, not withdrawn, the last known one for each in_force date; sorted."""
    known = [version for version in versions if version.known_from <= known_on]
    withdrawn = {
        (version.in_force, version.known_from)
        for version in known
        for later in known
        if later.withdraws == version.in_force and later.known_from > version.known_from
    }
    standing = {
        version.in_force: version
        for version in sorted(known, key=lambda version: version.known_from)
        if (version.in_force, version.known_from) not in withdrawn
    }
    return tuple(standing[day] for day in sorted(standing))
