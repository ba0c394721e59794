"""Whether messages leave as they should: processes alive, the oldest message due that waits, jobs stalled. For `/sante/`.

Asked every few seconds by supervisors: a few seeks in the indexes of the claim, whatever the number of messages that wait.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Q
from procrastinate.contrib.django.models import ProcrastinateJob

from allant.outreach import holds, recovery
from allant.outreach.kinds import kinds_of_templates
from allant.outreach.limits import PARIS
from allant.outreach.models import Channel, SendingHold
from allant.outreach.workers import BY_WORKERS, jobs_seen, living

PATIENCE = timedelta(minutes=15)
"What a busy process may take to come to a message that may leave again."
STALLED = timedelta(minutes=10)
"As the rescue of jobs (`jobs.rescue_stalled_jobs`): until then it is somebody else's."
JOBS_SILENT = timedelta(minutes=5)
WATCHED = (*BY_WORKERS, Channel.LETTER)
"""Calls wait for agents: their desk shows them."""

_OLDEST = """
SELECT wanted.channel, min(found.planned), min(found.held_until) FROM unnest(%(channels)s::text[], %(templates)s::text[])
    AS wanted(channel, template),
LATERAL (
    (SELECT send_after AS planned, NULL::timestamptz AS held_until FROM outreach_message
     WHERE status = 'pending' AND channel = wanted.channel AND template = wanted.template AND next_at IS NULL
       AND send_after <= %(on)s AND sent_in = '' ORDER BY send_after LIMIT 1)
    UNION ALL
    (SELECT NULL, next_at FROM outreach_message
     WHERE status = 'pending' AND channel = wanted.channel AND template = wanted.template AND next_at <= %(at)s
       AND send_after <= %(on)s AND sent_in = '' ORDER BY next_at LIMIT 1)
) AS found GROUP BY wanted.channel"""


@dataclass(frozen=True, slots=True)
class Flow:
    """One channel: processes alive and silent; of what is due, the oldest day planned and the oldest end of a delay."""

    channel: str
    alive: int
    silent: int
    planned: date | None
    held_until: datetime | None
    late: bool


@dataclass(frozen=True, slots=True)
class Jobs:
    """The periodic jobs: their last sign of life, how many were left in the middle by a dead process, how many failed."""

    seen: datetime | None
    stalled: int
    failed: int
    late: bool


@dataclass(frozen=True, slots=True)
class State:
    """All of it. `in_dead_hands`: messages that a dead sender took and nobody took back. `stops`: emergency stops that stand."""

    flows: tuple[Flow, ...]
    jobs: Jobs
    in_dead_hands: int
    stops: int

    @property
    def late(self) -> bool:
        """Whether somebody should look."""
        return self.jobs.late or self.in_dead_hands > 0 or any(flow.late for flow in self.flows)


def state(at: datetime) -> State:
    """How it goes at `at` (aware); what an emergency stop holds is not late."""
    stops = holds.standing()
    oldest = _oldest(at, stops)
    workers = Counter((worker.channel, silent) for worker, silent in living(at))
    flows = [
        _flow(str(channel), workers[channel, False], workers[channel, True], *oldest.get(channel, (None, None)), at=at)
        for channel in WATCHED
    ]
    return State(tuple(flows), _jobs(at), recovery.held_by_the_dead(at), len(stops))


def _oldest(at: datetime, stops: Sequence[SendingHold]) -> dict[str, tuple[date | None, datetime | None]]:
    free = [(channel, slug) for slug, channel in kinds_of_templates() if channel in WATCHED]
    free = [(channel, slug) for channel, slug in free if not holds.stopped(stops, channel, slug)]
    values: dict[str, Any] = {"channels": [channel for channel, _ in free], "templates": [slug for _, slug in free]}
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST, {**values, "at": at, "on": at.astimezone(PARIS).date()})
        return {channel: (planned, held_until) for channel, planned, held_until in cursor.fetchall()}


def _flow(channel: str, alive: int, silent: int, planned: date | None, held_until: datetime | None, *, at: datetime) -> Flow:
    # Letters are written once a day; others have their day, and whatever the hours said is written as a delay.
    days = timedelta(1 if channel == Channel.LETTER else 0)
    late = planned is not None and planned < at.astimezone(PARIS).date() - days
    if channel != Channel.LETTER:
        late = late or (held_until is not None and held_until < at - PATIENCE)
        late = late or (not alive and (planned is not None or held_until is not None))
    return Flow(channel, alive, silent, planned, held_until, late)


def _jobs(at: datetime) -> Jobs:
    seen = jobs_seen(at)
    left = Q(worker=None) | Q(worker__last_heartbeat__lt=at - STALLED)
    stalled = ProcrastinateJob.objects.filter(left, status="doing").count()
    failed = ProcrastinateJob.objects.filter(status="failed").count()
    return Jobs(seen, stalled, failed, late=stalled > 0 or seen is None or seen < at - JOBS_SILENT)
