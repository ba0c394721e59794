"""A group of people as the doctrine writes it, as a condition on a day: what every programme's books share."""

from collections.abc import Mapping
from datetime import date
from functools import reduce
from operator import and_
from typing import Any

from allant.campaigns.exclusions import any_of, in_situation
from allant.targeting import tables
from allant.targeting.language import Condition


def population(criteria: Mapping[str, Any], on: date) -> Condition:
    """The people of one group of the doctrine on a day. All of these must hold, those not named ask nothing:

    `min_age`, `max_age` in whole years, included; one of `situations` (kind, or kind:code); one of `professions`; none of
    `without_situations`; `treating_doctor`, declared or not. Raises ValueError when nothing is asked of the person themself:
    whom a group by vaccine alone means depends on their doses, not on a day.
    """
    parts = [*_positive(criteria, on)]
    if not parts:
        raise ValueError(f"Groupe sans âge, ni situation, ni profession : {dict(criteria)}.")
    if criteria.get("without_situations"):
        parts.append(~any_of(in_situation(name, on) for name in criteria["without_situations"]))
    if criteria.get("treating_doctor") is not None:
        declared = tables().person.has_treating_doctor
        parts.append(declared == criteria["treating_doctor"])
    return reduce(and_, parts)


def narrowed(criteria: Mapping[str, Any], lowest: int | None, highest: int | None) -> dict[str, Any]:
    """The same group between two ages, included; None: no bound of one's own."""
    low = [bound for bound in (lowest, criteria.get("min_age")) if bound is not None]
    high = [bound for bound in (highest, criteria.get("max_age")) if bound is not None]
    return {**criteria, "min_age": max(low, default=None), "max_age": min(high, default=None)}


def _positive(criteria: Mapping[str, Any], on: date) -> list[Condition]:
    t = tables()
    parts: list[Condition] = []
    if criteria.get("min_age") is not None:
        parts.append(t.person.age_on(on) >= criteria["min_age"])
    if criteria.get("max_age") is not None:
        parts.append(t.person.age_on(on) <= criteria["max_age"])
    if criteria.get("situations"):
        parts.append(any_of(in_situation(name, on) for name in criteria["situations"]))
    if criteria.get("professions"):
        bearers = t.situation.where(kind="profession").where(t.situation.code.is_in(criteria["professions"]))
        parts.append(bearers.active_on(on).exists())
    return parts
