"""A kept plan as its page, its file and the command tell it: by group, by week, by département."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from allant.campaigns.models import Campaign, InvitationPlan, PlannedShare
from allant.campaigns.planner.allotment import Counts, week_done
from allant.campaigns.planner.capacities import RESERVE


@dataclass(frozen=True)
class GroupLine:
    """One group: persons who wait when the plan begins, are invited in it, and still wait after it.

    `done_in`: the week in which the last one is invited; None when the plan ends before, or when nobody waits.
    """

    campaign: Campaign
    opens_on: date
    before: int
    invited: int
    after: int
    done_in: date | None


@dataclass(frozen=True)
class WeekLine:
    """One week: acts that can be done, those that second acts take, persons to invite by group (slug), the queue of open groups.

    `limits`: how many départements each limit (`allotment.DOSES`…) holds back.
    """

    week: date
    doses: int
    slots: int
    reserve: int
    owed: int
    invited: int
    by_group: Mapping[str, int]
    queue: int
    limits: Mapping[int, int]


@dataclass(frozen=True)
class PlaceLine:
    """One département over the whole plan; code '' for people whose département is not known."""

    code: str
    before: int
    invited: int
    after: int
    done_in: date | None


class Plan:
    """The numbers of a kept plan, of the whole country or of one département, read once.

    `invited` and `waiting`: persons by week, group and département.
    """

    def __init__(self, plan: InvitationPlan, departement: str | None = None) -> None:
        self.row = plan
        self.weeks = tuple(plan.first_week + timedelta(7 * rank) for rank in range(plan.weeks))
        self.slugs: list[str] = plan.rules["groups"]
        every: list[str] = plan.rules["departements"]
        self.places = [code for code in every if departement is None or code == departement]
        self._at = [every.index(code) for code in self.places]
        found = {each.slug: each for each in Campaign.objects.filter(slug__in=self.slugs)}
        self.campaigns = [found[slug] for slug in self.slugs]
        self.openings = [date.fromisoformat(plan.rules["openings"][slug]) for slug in self.slugs]
        self.invited, self.waiting = self._numbers()

    def _numbers(self) -> tuple[Counts, Counts]:
        shape = (len(self.weeks), len(self.slugs), len(self.places))
        invited, waiting = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
        weeks = {week: at for at, week in enumerate(self.weeks)}
        groups = {campaign.pk: at for at, campaign in enumerate(self.campaigns)}
        places = {code: at for at, code in enumerate(self.places)}
        rows = PlannedShare.objects.filter(plan=self.row, departement_code__in=self.places).order_by()
        for week, group, code, some, left in rows.values_list("week", "campaign_id", "departement_code", "invited", "waiting"):
            cell = weeks[week], groups[group], places[code]
            invited[cell], waiting[cell] = some, left
        return invited, waiting

    def groups(self) -> list[GroupLine]:
        """In order of priority."""
        return [self._group(at) for at in range(len(self.slugs))]

    def _group(self, at: int) -> GroupLine:
        before, invited, after = self._totals(self.invited[:, at], self.waiting[:, at])
        done_in = week_done(self.weeks, self.openings[at], self.waiting[:, at]) if before else None
        return GroupLine(self.campaigns[at], self.openings[at], before, invited, after, done_in)

    def by_week(self) -> list[WeekLine]:
        """In order."""
        doses, slots, reserve = self._capacities()
        return [
            WeekLine(
                week, doses[week], slots[week], reserve[week], sum(self.row.rules["owed"][at][place] for place in self._at),
                int(self.invited[at].sum()), self._by_group(at), self._queue(at, week),
                self._limits(at),
            )
            for at, week in enumerate(self.weeks)
        ]  # fmt: skip

    def by_place(self) -> list[PlaceLine]:
        """Every département where somebody waits, in the order of the codes."""
        return [
            PlaceLine(code, *totals, week_done(self.weeks, self.weeks[0], self.waiting[:, :, at]))
            for at, code in enumerate(self.places)
            if (totals := self._totals(self.invited[:, :, at], self.waiting[:, :, at]))[0]
        ]

    def _totals(self, invited: Counts, waiting: Counts) -> tuple[int, int, int]:
        after = int(waiting[-1].sum())
        return int(invited.sum()) + after, int(invited.sum()), after

    def _by_group(self, week: int) -> dict[str, int]:
        return {slug: int(persons) for slug, persons in zip(self.slugs, self.invited[week].sum(axis=-1), strict=True) if persons}

    def _queue(self, at: int, week: date) -> int:
        """Who still waits after the week, of the groups open by its end."""
        opened = [rank for rank, opens_on in enumerate(self.openings) if opens_on < week + timedelta(7)]
        return int(self.waiting[at, opened].sum())

    def _limits(self, week: int) -> Mapping[int, int]:
        places = [at for code, at in zip(self.places, self._at, strict=True) if code]
        return Counter(int(self.row.rules["limits"][week][at]) for at in places)

    def _capacities(self) -> tuple[Counter[date], Counter[date], Counter[date]]:
        doses, slots, reserve = Counter[date](), Counter[date](), Counter[date]()
        for code, week, some_doses, some_slots in self.row.rules["capacities"]:
            day = date.fromisoformat(week)
            if code == RESERVE:
                reserve[day] += min(some_doses, some_slots)
            elif code in self.places:
                doses[day] += some_doses
                slots[day] += some_slots
        return doses, slots, reserve


def plans_of(programme: str, count: int) -> Sequence[InvitationPlan]:
    """The last plans computed."""
    return list(InvitationPlan.objects.filter(programme=programme)[:count])
