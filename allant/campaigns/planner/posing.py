"""From the register, the capacities and the doctrine to the problem that the planner shares out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np

from allant.campaigns.models import Campaign, Wave
from allant.campaigns.planner import openings, waiting
from allant.campaigns.planner.allotment import ACT, Counts, Group, Problem
from allant.campaigns.planner.bounds import monday
from allant.campaigns.planner.capacities import RESERVE, by_cell, entered
from allant.doctrine import RuleBook
from allant.geography import departements

MOST_WEEKS = 26
FARTHEST = timedelta(731)
UNKNOWN = ""
"""The place of people whose département is not known: no capacity of its own, the reserve only."""


class CannotPlan(ValueError):
    """What was asked cannot be planned; the message says why and what to do, in French."""


@dataclass(frozen=True)
class Posed:
    """The problem, the campaigns of its groups in the same order, and what it followed, as JSON (`InvitationPlan.rules`)."""

    problem: Problem
    campaigns: Sequence[Campaign]
    rules: dict[str, Any] = field(repr=False)


def pose(programme: str, *, first_week: date, weeks: int, as_of: date, book: RuleBook) -> Posed:
    """What is to be shared out in `weeks` weeks from a Monday, by what is in the register and in the doctrine on `as_of`.

    Raises CannotPlan.
    """
    days = _weeks(first_week, weeks, as_of)
    capacities = entered(programme, days)
    if not capacities:
        raise CannotPlan("Aucune capacité n'est saisie pour ces semaines : saisissez d'abord les doses et les créneaux.")
    dated = _campaigns(programme, days, book)
    places = (*departements(), UNKNOWN)
    groups = tuple(_group(campaign, opens_on, as_of, book) for campaign, opens_on in dated)
    campaigns = [campaign for campaign, _ in dated]
    cells = by_cell(capacities)
    grid = np.array(
        [[(cell.doses, cell.slots) if code and (cell := cells.get((code, day))) else (0, 0) for code in places] for day in days],
        dtype=np.int64,
    )
    reserve = [min(cell.doses, cell.slots) if (cell := cells.get((RESERVE, day))) else 0 for day in days]
    problem = Problem(
        weeks=days, departements=places, groups=groups,
        waiting=waiting.still_to_invite([(campaign, max(as_of, opens_on)) for campaign, opens_on in dated], places),
        doses=grid[:, :, 0], slots=grid[:, :, 1], reserve=np.array(reserve, dtype=np.int64),
        promised=_promised(campaigns, groups, days, places),
    )  # fmt: skip
    return Posed(problem, campaigns, _rules(problem, dated, book.version("targeting.planning", as_of).rule_id, capacities))


def _weeks(first_week: date, weeks: int, as_of: date) -> tuple[date, ...]:
    if first_week.weekday():
        raise CannotPlan(f"Le {first_week:%d/%m/%Y} n'est pas un lundi : indiquez le {monday(first_week):%d/%m/%Y}.")
    if first_week < monday(as_of):
        earliest = f"partez au plus tôt de celle du {monday(as_of):%d/%m/%Y}"
        raise CannotPlan(f"La semaine du {first_week:%d/%m/%Y} est passée : {earliest}.")
    if first_week > as_of + FARTHEST:
        raise CannotPlan(f"Le {first_week:%d/%m/%Y} est trop lointain : partez d'une semaine des deux prochaines années.")
    if not 1 <= weeks <= MOST_WEEKS:
        raise CannotPlan(f"{weeks} semaines demandées, de 1 à {MOST_WEEKS} attendues.")
    return tuple(first_week + timedelta(7 * rank) for rank in range(weeks))


def _campaigns(programme: str, days: Sequence[date], book: RuleBook) -> list[tuple[Campaign, date]]:
    """Those that may invite in the horizon, in order of priority, with their opening day.

    A campaign that asks for no act takes no dose; one that tells an illness is the medical service's own, and told nowhere else.
    """
    after = days[-1] + timedelta(7)
    found = Campaign.objects.filter(programme=programme, stopped_at=None, starts_on__lt=after, medical=False).exclude(act="")
    alive = [each for each in found if each.ends_on is None or each.ends_on > days[0]]
    return [(each, opens_on) for each, opens_on in openings.in_order(programme, alive, book) if opens_on < after]


def _group(campaign: Campaign, opens_on: date, as_of: date, book: RuleBook) -> Group:
    rows = {row["act"]: row for row in book.value("targeting.planning", as_of)}
    row = rows.get(campaign.act, rows["other"])
    weeks = max(1, round(row["after"] / 7))
    return Group(
        campaign.slug, opens_on, campaign.ends_on, round(ACT * row["uptake"]), round(ACT * row["follow_up"]), weeks,
    )  # fmt: skip


def _promised(campaigns: Sequence[Campaign], groups: Sequence[Group], days: Sequence[date], places: Sequence[str]) -> Counts:
    """Thousandths of acts: the second ones of acts done before, then those of people invited in the first week already."""
    promised = np.zeros((len(days), len(places)), dtype=np.int64)
    by_act = {campaign.act: (campaign, group) for campaign, group in zip(campaigns, groups, strict=True) if group.follow_up}
    for campaign, group in by_act.values():
        due = waiting.second_acts_due(campaign, days, timedelta(7 * group.after), places)
        promised += due * group.follow_up
    already = waiting.invited_in(campaigns, days[0], places)
    for group, persons in zip(groups, already, strict=True):
        promised[0] += persons * group.uptake
        if group.after < len(days):
            promised[group.after] += persons * group.uptake * group.follow_up // ACT
    return promised


def _rules(problem: Problem, dated: Sequence[tuple[Campaign, date]], rule_id: str, capacities: Sequence[Any]) -> dict[str, Any]:
    last = Wave.objects.order_by("-pk").values_list("pk", flat=True).first()
    return {
        "doctrine": rule_id,
        "groups": [group.name for group in problem.groups],
        "openings": {campaign.slug: opens_on.isoformat() for campaign, opens_on in dated},
        "uptake": {group.name: group.uptake / ACT for group in problem.groups},
        "capacities": [[each.departement, each.week.isoformat(), each.doses, each.slots] for each in capacities],
        "departements": list(problem.departements),
        "last_wave": last or 0,
    }
