"""Sending processes: each empties one channel until it is told to stop, and says that it is alive."""

from __future__ import annotations

import logging
import os
import socket
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from threading import Event
from typing import Protocol

from django.db.models import Count, Max, Min, Q, Sum
from procrastinate.contrib.django.models import ProcrastinateWorker

from allant import clock
from allant.doctrine import rules
from allant.outreach import recovery
from allant.outreach.limits import PARIS
from allant.outreach.models import Channel, Message, Submission, Worker

BEAT = 5.0  # seconds between two signs of life
SETTLING = 20.0  # seconds given to what is in flight when a worker is told to stop
LONGEST_PAUSE = 30.0  # seconds between two attempts to reach a carrier
QUIET_TURNS = 3
TURN = 0.2  # seconds
log = logging.getLogger("allant.outreach")


class Sender(Protocol):
    """What empties one channel."""

    handled: int
    flying: object
    "What was given and not answered; false when there is none."

    @property
    def busy(self) -> bool:
        """Whether something is under way."""

    def turn(self, wait: float, *, giving: bool = True) -> bool:
        """Do what can be done now, waiting at most so long; whether anything happened. Raises ConnectionError: no carrier."""

    def close(self) -> None:
        """Give back what has not left."""


def new_name(channel: str) -> str:
    """A name that no other process has."""
    return f"{channel}-{socket.gethostname()[:40]}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


class Life:
    """A worker's row: it beats while the worker lives, and says when it stops."""

    def __init__(self, name: str, channel: str, now: Callable[[], datetime] = clock.now) -> None:
        self._now = now
        at = now()
        self.row = Worker.objects.create(name=name, channel=channel, started_at=at, seen_at=at)
        self._beaten = time.monotonic()

    def beat(self, handled: int) -> bool:
        """Say that it is alive, when the time has come; whether it was said."""
        if time.monotonic() - self._beaten < BEAT:
            return False
        self._beaten = time.monotonic()
        Worker.objects.filter(pk=self.row.pk).update(seen_at=self._now(), handled=handled)
        return True

    def end(self, handled: int) -> None:
        """Say that it stopped: what it still holds may be taken back at once."""
        at = self._now()
        Worker.objects.filter(pk=self.row.pk).update(seen_at=at, stopped_at=at, handled=handled)


def run(sender: Sender, life: Life, stop: Event, *, once: bool = False) -> int:
    """Empty a channel until `stop`, or until nothing is left to do (`once`); returns the messages handled.

    A lost carrier is sought again, less and less often; told to stop, it gives nothing more and waits for what is in flight.
    Raises ConnectionError when the carrier cannot be reached, `once` only.
    """
    channel = life.row.channel
    recovery.recover(channel, clock.now())
    try:
        _turns(sender, life, stop, once=once)
        until = time.monotonic() + SETTLING
        while sender.flying and time.monotonic() < until:
            sender.turn(TURN, giving=False)
    except ConnectionError:
        if once:
            raise
    finally:
        sender.close()
        life.end(sender.handled)
    return sender.handled


def _turns(sender: Sender, life: Life, stop: Event, *, once: bool) -> None:
    pause, quiet = 0.0, 0
    while not stop.is_set() and not (once and quiet >= QUIET_TURNS):
        try:
            happened = sender.turn(TURN)
            pause = 0.0
        except ConnectionError as error:
            if once:
                raise
            log.warning("%s", error)
            pause = min(LONGEST_PAUSE, 2 * pause or 0.5)
            happened = False
            stop.wait(pause)
        quiet = 0 if happened or sender.busy else quiet + 1
        if life.beat(sender.handled):
            recovery.recover(life.row.channel, clock.now())


BY_WORKERS = (Channel.SMS, Channel.EMAIL, Channel.ACCOUNT)
"""Channels that a process empties; letters are written by a job of the day, calls taken by agents."""


@dataclass(frozen=True, slots=True)
class Lag:
    """What is due on a channel and has not left: how many, since which day the oldest, how many a sender holds.

    `unattended`: something is due, and no living process empties this channel.
    """

    channel: str
    due: int
    oldest: date | None
    sending: int
    unattended: bool = False


def lags(at: datetime) -> list[Lag]:
    """What waits on each channel and could leave now; what is held until later is not late."""
    due = Q(status="pending", sent_in="", send_after__lte=at.astimezone(PARIS).date()) & (Q(next_at=None) | Q(next_at__lte=at))
    by_channel = Message.objects.filter(status__in=("pending", "sending")).values("channel").order_by("channel")
    counted = by_channel.annotate(
        due=Count("pk", filter=due), oldest=Min("send_after", filter=due), sending=Count("pk", filter=Q(status="sending"))
    )
    alone = set(BY_WORKERS) - {worker.channel for worker, silent in living(at) if not silent}
    return [Lag(**row, unattended=bool(row["due"]) and row["channel"] in alone) for row in counted]


def jobs_seen(at: datetime) -> datetime | None:
    """When a process of the periodic jobs last said it was alive; None when none did for a day."""
    seen = ProcrastinateWorker.objects.filter(last_heartbeat__gte=at - timedelta(days=1)).aggregate(last=Max("last_heartbeat"))
    last: datetime | None = seen["last"]
    return last


def living(at: datetime) -> list[tuple[Worker, bool]]:
    """The workers that did not stop, each with whether it has been silent too long: a dead one is shown for a day."""
    on = at.astimezone(PARIS).date()
    lease = timedelta(seconds=rules.as_known_on(on).value("outreach.sms_lease", on)["seconds"])
    workers = Worker.objects.filter(stopped_at=None, seen_at__gte=at - timedelta(days=1)).order_by("channel", "name")
    return [(worker, worker.seen_at < at - lease) for worker in workers]


def throughput(at: datetime, minutes: int = 5) -> float:
    """Parts given to carriers, a second, over the last minutes."""
    since = at - timedelta(minutes=minutes)
    return Submission.objects.filter(submitted_at__gt=since, submitted_at__lte=at).count() / (60 * minutes)


def handled_today(at: datetime) -> int:
    """Messages handled by the workers that started on this day."""
    started = Worker.objects.filter(started_at__gte=at.replace(hour=0, minute=0, second=0, microsecond=0))
    return int(started.aggregate(total=Sum("handled"))["total"] or 0)
