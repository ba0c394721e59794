"""Plans as rows: computed and kept, then adopted; an adopted one bounds the waves of its weeks."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from django.db import transaction

from allant.campaigns.models import InvitationPlan, PlannedShare
from allant.campaigns.planner.allotment import ACT, Allotment, allot
from allant.campaigns.planner.capacities import entered
from allant.campaigns.planner.posing import CannotPlan, Posed, pose
from allant.doctrine import RuleBook


@transaction.atomic
def compute_plan(
    programme: str, *, first_week: date, weeks: int, as_of: date, book: RuleBook, by: str, at: datetime, job: int | None = None
) -> InvitationPlan:
    """Plan and keep what was found, not adopted yet. `job`: the one that does it; run again, it gives the same plan.

    Raises CannotPlan.
    """
    if job is not None and (plan := plan_of_job(job)) is not None:
        return plan
    posed = pose(programme, first_week=first_week, weeks=weeks, as_of=as_of, book=book)
    found = allot(posed.problem)
    followed = posed.rules | _followed(found) | ({} if job is None else {"job": job})
    plan = InvitationPlan.objects.create(
        programme=programme, as_of=as_of, first_week=first_week, weeks=weeks, rules=followed,
        computed_at=at, computed_by=by,
    )  # fmt: skip
    PlannedShare.objects.bulk_create(_shares(plan, posed, found), batch_size=5_000)
    return plan


def plan_of_job(job: int) -> InvitationPlan | None:
    """The plan that a job computed; None while it has not."""
    return InvitationPlan.objects.filter(rules__job=job).first()


@transaction.atomic
def adopt_plan(plan: InvitationPlan, *, by: str, at: datetime, on: date) -> InvitationPlan:
    """From now on it bounds the waves of its weeks, in place of the former one; adopted twice, it stays as it was.

    Raises CannotPlan when all its weeks are over.
    """
    locked = InvitationPlan.objects.select_for_update().get(pk=plan.pk)
    if locked.adopted_at is None:
        if on >= locked.first_week + timedelta(7 * locked.weeks):
            raise CannotPlan("Toutes les semaines de ce plan sont passées : calculez-en un nouveau.")
        locked.adopted_at, locked.adopted_by = at, by
        locked.save(update_fields=["adopted_at", "adopted_by"])
    return locked


def capacities_changed(plan: InvitationPlan) -> bool:
    """Whether other capacities are entered now for its weeks than those it followed."""
    weeks = [plan.first_week + timedelta(7 * rank) for rank in range(plan.weeks)]
    now = [[each.departement, each.week.isoformat(), each.doses, each.slots] for each in entered(plan.programme, weeks)]
    followed: list[Any] = plan.rules["capacities"]
    return now != followed


def _followed(found: Allotment) -> dict[str, Any]:
    """By week and département: what limits (one figure each), and the whole acts of its capacity that second acts take."""
    owed = -(-found.owed // ACT)
    return {"limits": ["".join(map(str, week)) for week in found.limits], "owed": [week.tolist() for week in owed]}


def _shares(plan: InvitationPlan, posed: Posed, found: Allotment) -> Iterator[PlannedShare]:
    """Where nobody is invited and nobody waits, nothing is written."""
    problem = posed.problem
    for week, group, place in zip(*np.nonzero(found.invited + found.waiting), strict=True):
        yield PlannedShare(
            plan=plan, campaign=posed.campaigns[group], week=problem.weeks[week], departement_code=problem.departements[place],
            invited=int(found.invited[week, group, place]), waiting=int(found.waiting[week, group, place]),
        )  # fmt: skip
