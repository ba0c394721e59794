"""A plan asked of the jobs: its request, and where it stands while somebody waits for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from django.db import transaction
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import AlreadyEnqueued

from allant.campaigns.jobs import compute_invitation_plan
from allant.campaigns.planner.plans import plan_of_job

State = Literal["waiting", "forgotten", "running", "done", "failed"]
FORGOTTEN = timedelta(minutes=2)
"""A request that no process took for so long: none runs, or all are busy."""
_TASK = compute_invitation_plan.name


@dataclass(frozen=True)
class Asked:
    """Where a request stands: `plan` once it is done."""

    state: State
    since: datetime | None = None
    plan: int | None = None


def ask(*, programme: str, first_week: date, weeks: int, as_of: date, by: str, at: datetime) -> int:
    """Ask for a plan; the same one asked again while it waits is the first request. Its number."""
    lock = f"plan {programme} {first_week} {weeks} {as_of}"
    try:
        with transaction.atomic():  # a refusal leaves the transaction of who asks usable
            return compute_invitation_plan.configure(queueing_lock=lock).defer(
                programme=programme, first_week=first_week.isoformat(), weeks=weeks, as_of=as_of.isoformat(), by=by,
                asked_at=at.isoformat(),
            )  # fmt: skip
    except AlreadyEnqueued:
        waiting = ProcrastinateJob.objects.filter(task_name=_TASK, queueing_lock=lock, status="todo")
        return int(waiting.values_list("id", flat=True).get())


def where(request: int, at: datetime) -> Asked | None:
    """None when there is no such request, or when it was cancelled."""
    if (plan := plan_of_job(request)) is not None:
        return Asked("done", plan=plan.pk)
    job = ProcrastinateJob.objects.filter(pk=request, task_name=_TASK).first()
    if job is None:
        return None
    since = datetime.fromisoformat(job.args["asked_at"])
    match job.status:
        case "todo":
            return Asked("forgotten" if at - since > FORGOTTEN else "waiting", since)
        case "doing":
            return Asked("running", since)
        case "failed":
            return Asked("failed", since)
    return None
