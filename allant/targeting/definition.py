"""The definition of a target: criteria that hold of some people, never of someone about whom nothing is known."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from allant.facts import MANY, PERSON, FactTable, Registry
from allant.facts import registry as installed

from . import codec
from .errors import InvalidTarget
from .model import ActiveOn, Column, Criterion, Events, Node, name
from .truth import truth


@dataclass(frozen=True, repr=False)
class Definition:
    """Who is meant. Raises InvalidTarget when the criteria would hold of a person about whom nothing is known."""

    criteria: Criterion

    def __post_init__(self) -> None:
        if not isinstance(self.criteria, Criterion):
            raise InvalidTarget(f"Une cible se définit par un critère ; vu : {self.criteria!r}.")
        _refuse_rows(self.criteria)
        if truth(self.criteria, {}) is True:
            raise InvalidTarget(
                "Cette cible retiendrait une personne dont on ne sait rien : elle n'exclut que des faits absents. "
                "Ajoutez un critère qui demande un fait connu, par exemple "
                "t.person.age_on(date(2021, 3, 31)) >= 18 ou t.person.departement.is_known()."
            )

    def __repr__(self) -> str:
        return f"Definition({json.dumps(codec.encode(self.criteria), ensure_ascii=False)})"

    def to_json(self) -> dict[str, Any]:
        """As plain data, versioned, to be stored with a campaign or edited by a page."""
        return {"version": codec.VERSION, "criteria": codec.encode(self.criteria)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | str, registry: Registry = installed) -> "Definition":
        """Read what `to_json` wrote, or its text. Raises InvalidTarget that names the place of the mistake."""
        return cls(codec.decode(data, registry))

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 of the canonical JSON: equal definitions have equal hashes."""
        canonical = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()

    @cached_property
    def tables(self) -> dict[str, FactTable]:
        """The tables it reads, beside `person`, by name."""
        found = (node.table for node in self.criteria.walk() if isinstance(node, Column | Events | ActiveOn))
        return {table.name: table for table in found if table.name != PERSON}


def _refuse_rows(node: Node) -> None:
    """A column of many rows has no one value for a person: only Events may hold it."""
    if isinstance(node, Events):
        return
    if isinstance(node, ActiveOn) or (isinstance(node, Column) and node.table.rows == MANY):
        seen = name(node) if isinstance(node, Column) else f"{node.table.name}.active_on(…)"
        raise InvalidTarget(
            f"« {seen} » parle d'une ligne, et une personne peut en avoir plusieurs. Écrivez par exemple "
            f"t.{node.table.name}.where(…).exists(), .count() >= 2 ou .last(…)."
        )
    for child in node.children():
        _refuse_rows(child)
