"""Ready-made campaigns of the programme: phases and delays from the doctrine, ways of contact from `ready_made.yaml`."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import reduce
from importlib import resources
from typing import Any

import yaml

from allant.campaigns.actions import CampaignPlan
from allant.campaigns.exclusions import any_of, exclusions, in_situation
from allant.doctrine import RuleBook
from allant.targeting import define, tables
from allant.targeting.language import Condition

PROGRAMME = "covid19"


def ready_made(book: RuleBook) -> list[CampaignPlan]:
    """Every shipped campaign that opens by what the book knows, by opening day. The targets stand as on that day."""
    text = (resources.files("allant.vaccination") / "ready_made.yaml").read_text("utf-8")
    plans = [plan for entry in yaml.safe_load(text) if (plan := _plan(entry, book)) is not None]
    return sorted(plans, key=lambda plan: (plan.starts_on, plan.slug))


def _plan(entry: Mapping[str, Any], book: RuleBook) -> CampaignPlan | None:
    key = f"covid.booster.opening.{entry['booster_group']}" if "booster_group" in entry else f"covid.priority.{entry['phase']}"
    periods = book.periods(key)
    if not periods:
        return None
    opening, rule = periods[0].starts_on, periods[-1].value
    starts_on = max(entry.get("starts_on", opening), opening)
    concerned = population(_narrowed(rule["criteria"], entry.get("ages")), starts_on)
    living = ~tables().person.died_on.is_known()
    act = booster_due(book, starts_on) if "booster_group" in entry else ~tables().dose.exists()
    excluded = exclusions(book, starts_on, slug=entry["slug"], contact=entry["contact"])
    return CampaignPlan(
        slug=entry["slug"],
        programme=PROGRAMME,
        title=entry["title"],
        objective=entry["objective"],
        objective_share=Decimal(str(entry["objective_share"])) if "objective_share" in entry else None,
        objective_population=define(concerned & living),
        starts_on=starts_on,
        ends_on=entry.get("ends_on"),
        target=define(concerned & act & ~excluded),
        channels=tuple(entry["channels"]),
        template=entry["template"],
        act="dose_summary.booster_on" if "booster_group" in entry else "dose_summary.first_on",
        weekly_capacity=entry.get("weekly_capacity"),
        source=_sourced(entry),
    )


def _sourced(entry: Mapping[str, Any]) -> str:
    assumption = f"hypothèse : {entry['assumption']}" if "assumption" in entry else None
    return " · ".join(filter(None, (entry.get("source"), assumption)))


def _narrowed(criteria: Mapping[str, Any], ages: Sequence[int | None] | None) -> Mapping[str, Any]:
    if ages is None:
        return criteria
    lowest, highest = ages
    upper = [bound for bound in (highest, criteria.get("max_age")) if bound]
    return {**criteria, "min_age": max(lowest or 0, criteria.get("min_age") or 0), "max_age": min(upper, default=None)}


def population(criteria: Mapping[str, Any], on: date) -> Condition:
    """The people of one group of the doctrine on a day: age bounds included, one of the situations, one of the professions.

    Raises ValueError for a group by vaccine alone: whom it means depends on their doses, not on a day.
    """
    t = tables()
    parts: list[Condition] = []
    if criteria.get("min_age"):
        parts.append(t.person.age_on(on) >= criteria["min_age"])
    if criteria.get("max_age"):
        parts.append(t.person.age_on(on) <= criteria["max_age"])
    if criteria.get("situations"):
        parts.append(any_of(in_situation(name, on) for name in criteria["situations"]))
    if criteria.get("professions"):
        bearers = t.situation.where(kind="profession").where(t.situation.code.is_in(criteria["professions"]))
        parts.append(bearers.active_on(on).exists())
    if not parts:
        raise ValueError(f"Groupe sans âge, ni situation, ni profession : {dict(criteria)}.")
    return reduce(lambda left, right: left & right, parts)


def booster_due(book: RuleBook, on: date) -> Condition:
    """Complete since the delay of the day or longer, no booster yet. Calendar months: the rule before 3 December 2021."""
    summary = tables().dose_summary
    complete: Condition = summary.complete_on.months_on(on) >= book.value("covid.booster.delay", on).months
    boosted: Condition = summary.booster_on.is_known()
    return complete & ~boosted
