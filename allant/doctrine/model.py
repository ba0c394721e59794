"""Rules and their versions, as read from the books."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from allant.doctrine.units import Shape


@dataclass(frozen=True, slots=True)
class Version:
    """A value of a rule: from when it applies, from when it is known, on what ground."""

    key: str
    in_force: date
    known_from: date
    value: Any
    source: str | None = None
    assumption: str | None = None
    review_by: date | None = None
    withdraws: date | None = None
    members: tuple["Version", ...] = ()

    @property
    def rule_id(self) -> str:
        """What a decision stores to be re-examined later: `covid.booster.delay@2021-11-27/2021-11-27`."""
        return f"{self.key}@{self.in_force}/{self.known_from}"

    @property
    def ground(self) -> str:
        """Source and assumption in one line of French; a collection rests on each of its members."""
        assumption = f"hypothèse : {self.assumption}" if self.assumption else None
        return " ; ".join(part for part in (self.source, assumption) if part) or "voir chaque élément"


@dataclass(frozen=True, slots=True)
class Rule:
    """A key of the books with every version ever known, sorted by (in_force, known_from)."""

    key: str
    label: str
    shape: Shape
    versions: tuple[Version, ...]
    file: str
    line: int
    members: tuple[str, ...] = ()

    @property
    def unit(self) -> str:
        """The unit of its values."""
        return self.shape.unit


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of days with one value; half-open, `ends_on` None while nothing known follows."""

    starts_on: date
    ends_on: date | None
    value: Any
    version: Version = field(repr=False)
