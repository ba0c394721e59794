"""Whom a campaign does not contact, whatever its target says (TG-05): the standing exclusions of the doctrine."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import reduce
from operator import or_
from typing import Any

from allant.doctrine import RuleBook
from allant.targeting import tables
from allant.targeting.language import Condition, Rows


def exclusions(book: RuleBook, on: date, *, slug: str, contact: str, schemes_apart: bool = True) -> Condition:
    """Whom this campaign does not contact (TG-05): the standing exclusions of its way of contact, the schemes apart.

    `schemes_apart=False`: it contacts the insured of every scheme.
    """
    grounds = [
        _excluded(ground, on, slug)
        for ground in book.value("targeting.standing_exclusions", on)
        if ground["applies_to"] in ("all", contact)
    ]
    if schemes_apart:
        apart = [row["code"] for row in book.value("targeting.schemes_apart", on)]
        grounds.append(tables().person.scheme.is_in(apart))
    return any_of(grounds)


def _excluded(ground: Mapping[str, Any], on: date, slug: str) -> Condition:
    t = tables()
    if ground.get("situations"):
        return any_of(in_situation(name, on) for name in ground["situations"])
    match ground["code"]:
        case "deceased":
            found: Condition = t.person.died_on.is_known()
        case "rights_closed":
            found = ~t.person.rights_open
        case "already_invited":
            found = t.invitation.where(campaign=slug).exists()
        case unknown:
            raise LookupError(f"Exclusion permanente sans critère : « {unknown} ».")
    return found


def in_situation(name: str, on: date) -> Condition:
    """In this situation on a day: a kind, or `kind:code`."""
    kind, _, code = name.partition(":")
    rows: Rows = tables().situation.where(kind=kind)
    return (rows.where(code=code) if code else rows).active_on(on).exists()


def any_of(conditions: Iterable[Condition]) -> Condition:
    """True when one of them is."""
    return reduce(or_, conditions)
