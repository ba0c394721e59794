"""Capacities of the weeks after the replay, at the size of the country, so that the planner has something to share out."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from importlib import resources
from typing import Any

import yaml
from django.db.models import Count

from allant import clock
from allant.campaigns.planner.bounds import monday
from allant.campaigns.planner.capacities import RESERVE, Capacity, entered, save_capacities
from allant.geography import departements
from allant.people.models import Person

PROGRAMME = "covid19"


def write_capacities(last_day: date, *, by: str) -> int:
    """Enter them for the weeks after a day, unless some are entered already; how many."""
    if entered(PROGRAMME):
        return 0
    shares = yaml.safe_load((resources.files("allant.country") / "capacities.yaml").read_text("utf-8"))
    return save_capacities(PROGRAMME, _capacities(monday(last_day) + timedelta(7), shares), by=by, at=clock.now())


def _capacities(first: date, shares: Mapping[str, Any]) -> Iterator[Capacity]:
    people = dict(Person.objects.exclude(departement_code=None).values_list("departement_code").annotate(Count("pk")))
    reserve = round(shares["reserve"] * shares["doses"] * sum(people.values()))
    for week in (first + timedelta(7 * rank) for rank in range(shares["weeks"])):
        yield Capacity(RESERVE, week, reserve, reserve)
        for code, place in departements().items():
            if code in people:
                crowded = place.population >= shares["crowded_from"]
                slots = shares["slots_where_crowded" if crowded else "slots"]
                yield Capacity(code, week, round(shares["doses"] * people[code]), round(slots * people[code]))
