"""The sender: empties the SMS queue through a centre, a window of parts at a time (AV-10, AV-14).

Order of writes, which makes a crash anywhere harmless (docs/decisions/0016): claimed → `leaving` committed → bytes → answer
written. Receipts and answers of handsets are acknowledged after they are written: an interrupted centre gives them again.
What came is written a window of answers at a time: an answer and its receipt are then one write.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from smpplib import consts

from allant import clock
from allant.doctrine import rules
from allant.outreach import answers, outcomes
from allant.outreach.claiming import claim
from allant.outreach.holds import not_held
from allant.outreach.limits import PARIS
from allant.outreach.models import Channel
from allant.outreach.outcomes import Part
from allant.outreach.sms import budget, receipts
from allant.outreach.sms.preparing import Ready, prepare
from allant.outreach.sms.routes import Route
from allant.outreach.sms.session import LinkLost, Session, Submission
from allant.outreach.sms.units import DELIVERED, RECEIPT

CLAIM = 2_000  # messages taken at once, at most; and not more than leave in two seconds
IDLE = 1.0  # seconds between two looks at an empty queue
HOLDS = 0.5  # seconds between two looks at the emergency stops, for what is claimed already
EARLY = 10.0  # seconds; later, a job joins what still waits
LONGEST_UNWRITTEN = 0.1  # seconds between what the centre says and its being written
QUIET = 0.02  # seconds without a word, after which what came is written
ANSWER_PATIENCE = 30.0  # seconds; a centre that does not answer by then is gone
LONGEST_PAUSE = 30.0
TEMPORARY = {
    consts.SMPP_ESME_RTHROTTLED: "centre SMS saturé",
    consts.SMPP_ESME_RMSGQFUL: "file du centre SMS pleine",
    consts.SMPP_ESME_RSYSERR: "panne du centre SMS",
    consts.SMPP_ESME_RX_T_APPN: "refus temporaire du centre SMS",
}
SATURATED = {consts.SMPP_ESME_RTHROTTLED, consts.SMPP_ESME_RMSGQFUL}
WRONG_NUMBER = {consts.SMPP_ESME_RINVDSTADR, consts.SMPP_ESME_RINVDSTTON, consts.SMPP_ESME_RINVDSTNPI}


log = logging.getLogger("allant.outreach.sms")


@dataclass(slots=True)
class Flight:
    """One part given, its answer awaited."""

    ready: Ready
    part: int
    submission: int
    since: float


class Sender:
    """One connection to one route; several may run anywhere."""

    def __init__(self, route: Route, name: str, now: Callable[[], datetime] = clock.now) -> None:
        self.route, self.name, self.now = route, name, now
        self.handled = 0
        self.idle = IDLE
        self.queue: deque[Ready] = deque()
        self.flying: dict[int, Flight] = {}
        self.session: Session | None = None
        self._refused: dict[int, int] = {}
        "Message → the status of one of its parts that the centre refused."
        self._tokens = 0
        self._early_until = 0.0
        "Until then, receipts that came before their answer are looked at again at each turn."
        self.holds_every, self._holds_read = HOLDS, float("-inf")
        self._heard: list[Any] = []
        self._landed: list[tuple[Flight, Any]] = []
        "What the centre said, not written yet; of that, the answers."
        self._heard_since = 0.0
        self._pause, self._resumes = 0.0, 0.0
        self._looks, self._asked = 0.0, 0.0

    @property
    def busy(self) -> bool:
        """Whether something is under way or waits here."""
        return bool(self.queue or self.flying or self._heard)

    def turn(self, wait: float, *, giving: bool = True) -> bool:
        """Read what came, give what may leave, write what came; whether anything happened. Raises LinkLost.

        The centre works on what it was just given while what it said before is written.
        """
        try:
            if self.session is None:
                self.session = Session(self.route)
            session = self.session
            units = session.receive(0 if giving and self._can_give() else min(wait, QUIET) if self._heard else wait)
            self._note(units)
            if len(self._landed) > self.route.window:
                self._write(session)  # never more than two windows of parts unwritten: in flight, and answered
            gave = giving and self._give(session)
            if not units or not giving:
                self._write(session)
            elif self._is_time():
                self._write(session, but=self._awaiting_receipts())
            self._watch(session)
        except LinkLost:
            self.lost()
            raise
        return bool(gave or units)

    def close(self) -> None:
        """Give back what has not left, say goodbye. What is in flight is in doubt: end the turns first."""
        outcomes.released([ready.message.pk for ready in self.queue])
        self.queue.clear()
        if self.session:
            with suppress(Exception):  # `lost` says what could not be written
                self._write(self.session)
            self.session.unbind()
        self.lost()

    def lost(self) -> None:
        """The connection is gone: what was given and not answered leaves again, or never, as its kind says.

        What was heard before is written; receipts are given again by the centre, and are known then.
        """
        try:
            self._settle(self._heard)
        except Exception:  # as if it had not been heard: the centre gives it again, and what it answered is in doubt
            log.exception("Ce que le centre SMS a dit n'a pas pu être écrit.")
            self.flying |= {-flight.submission: flight for flight, _ in self._landed}
            self._heard, self._landed = [], []
        if self.session:
            self.session.close()
            self.session = None
        outcomes.released([ready.message.pk for ready in self.queue])
        self.queue.clear()
        in_doubt = {flight.ready.message.pk: flight.ready for flight in self.flying.values()}
        self.flying.clear()
        self._refused.clear()
        at = self.now()
        outcomes.uncertain([pk for pk, ready in in_doubt.items() if ready.kind.never_twice], at)
        for ready in in_doubt.values():
            if not ready.kind.never_twice:
                self._again(ready, "liaison perdue avec le centre SMS", at)

    # ── giving ─────────────────────────────────────────────────────────────────────────────────────────────

    def _can_give(self) -> bool:
        return 2 * len(self.flying) <= self.route.window and bool(self.queue) and time.monotonic() >= self._resumes

    def _give(self, session: Session) -> bool:
        now = time.monotonic()
        room = self.route.window - len(self.flying)
        if now < self._resumes or room * 2 < self.route.window:
            return False
        if not self.queue and now >= self._looks:
            at = self.now()
            most = min(CLAIM, max(self.route.window, int(2 * self.route.per_second)))
            self.queue.extend(prepare(claim(Channel.SMS, at, most, self.name), at))
            self._looks = now if self.queue else now + self.idle
        batch = self._batch(room)
        parts = [(ready, part) for ready in batch for part in ready.missing]
        if parts:
            self._submit(session, parts)
        return bool(parts)

    def _batch(self, room: int) -> list[Ready]:
        """What may leave now: within the window and the throughput of the route, and held by no stop placed since the claim."""
        if (now := time.monotonic()) >= self._holds_read + self.holds_every:
            self._holds_read = now
            held = self._held()
            self.queue = deque(ready for ready in self.queue if ready.message.template not in held)
        batch, parts = [], 0
        while self.queue and (parts + len(self.queue[0].missing) <= room or not batch):
            batch.append(self.queue.popleft())
            parts += len(batch[-1].missing)
        if parts > self._tokens:
            # A quarter of a second ahead: one statement for several batches.
            ahead = min(sum(len(ready.missing) for ready in self.queue), int(self.route.per_second / 4))
            self._tokens += budget.take(self.route, parts - self._tokens + ahead)
        while parts > self._tokens:
            self.queue.appendleft(batch.pop())
            parts -= len(self.queue[0].missing)
        self._tokens -= parts
        if self.queue and not batch:
            self._resumes = time.monotonic() + 1 / self.route.per_second
        return batch

    def _held(self) -> set[str]:
        templates = {ready.message.template for ready in self.queue}
        held = templates.difference(not_held(Channel.SMS, templates)) if templates else set()
        outcomes.released([ready.message.pk for ready in self.queue if ready.message.template in held])
        return held

    def _submit(self, session: Session, parts: list[tuple[Ready, int]]) -> None:
        left = outcomes.leaving(
            [Part(ready.message.pk, ready.point, part, len(ready.cut.parts)) for ready, part in parts],
            route=self.route.name, sender=self.name, at=self.now(),
        )  # fmt: skip
        mine = [(ready, part) for ready, part in parts if (ready.message.pk, part) in left]
        now = time.monotonic()
        flights = [Flight(ready, part, left[ready.message.pk, part], now) for ready, part in mine]
        units = [
            Submission(ready.number, ready.cut.body(part), ready.cut.coding, len(ready.cut.parts) > 1,
                       ready.message.pk % receipts.REFERENCES)
            for ready, part in mine
        ]  # fmt: skip
        # In flight before the first byte: a connection lost in the middle leaves them all in doubt.
        self.flying |= {-flight.submission: flight for flight in flights}
        sequences = session.submit(units)
        for sequence, flight in zip(sequences, flights, strict=True):
            self.flying[sequence] = self.flying.pop(-flight.submission)

    # ── what comes back ────────────────────────────────────────────────────────────────────────────────────

    def _note(self, units: list[Any]) -> None:
        """What came, to be written; the window is free for others of what was answered."""
        if units and not self._heard:
            self._heard_since = time.monotonic()
        self._heard += units
        answered = [unit for unit in units if unit.command != DELIVERED]
        self._landed += [(flight, unit) for unit in answered if (flight := self.flying.pop(unit.sequence, None))]

    def _is_time(self) -> bool:
        """Whether what came is to be written now: a window of answers, a refusal, something typed, or a moment's patience."""
        if len(self._landed) >= self.route.window or time.monotonic() - self._heard_since > LONGEST_UNWRITTEN:
            return True
        return any(unit.is_error() if unit.command != DELIVERED else not is_receipt(unit) for unit in self._heard)

    def _awaiting_receipts(self) -> int:
        """How many of the last units are answers whose receipt is about to come: with it, they are one write."""
        after = next((place for place, unit in enumerate(reversed(self._heard)) if unit.command == DELIVERED), len(self._heard))
        return after if after < len(self._heard) else 0

    def _write(self, session: Session, *, but: int = 0) -> None:
        """Write what came, `but` so many of the last units, then acknowledge the deliveries."""
        units = self._heard[: len(self._heard) - but]
        self._settle(units)
        session.acknowledge([unit for unit in units if unit.command == DELIVERED])

    def _settle(self, units: list[Any]) -> None:
        """Write what these first units said, in one transaction; they are heard no more once it is written."""
        theirs = {id(unit) for unit in units}
        landed = [each for each in self._landed if id(each[1]) in theirs]
        early = time.monotonic() < self._early_until
        if not units and not early:
            return
        at = self.now()
        deliveries = [unit for unit in units if unit.command == DELIVERED]
        numbers = {
            flight.submission: (unit.message_id or b"").decode("ascii", "replace")[:65]
            for flight, unit in landed if not unit.is_error()
        }  # fmt: skip
        refused = [(flight, unit.status) for flight, unit in landed if unit.is_error()]
        self._refused |= {flight.ready.message.pk: status for flight, status in refused}
        found = [receipt for unit in deliveries if is_receipt(unit) and (receipt := receipts.read_receipt(unit))]
        with transaction.atomic():
            if early and not receipts.join_early(self.route.name, at):
                self._early_until = 0.0
            done, early = receipts.record(numbers, [flight.submission for flight, _ in refused], found, self.route.name, at)
            self.handled += self._end(landed, theirs, done, at)
            for unit in deliveries:
                if not is_receipt(unit):
                    answers.hear(unit, self.route.name, at=at)
        if early:
            self._early_until = time.monotonic() + EARLY
        self._heard = self._heard[len(units) :]
        self._landed = [each for each in self._landed if id(each[1]) not in theirs]
        if numbers:
            self._pause = 0.0

    def _end(self, landed: list[tuple[Flight, Any]], theirs: set[int], done: set[int], at: datetime) -> int:
        """What becomes of the messages whose last part was answered; returns how many."""
        later = [flight for flight, unit in self._landed if id(unit) not in theirs]
        awaited = {flight.ready.message.pk for flight in (*self.flying.values(), *later)}
        ended = {flight.ready.message.pk: flight.ready for flight, _ in landed if flight.ready.message.pk not in awaited}
        outcomes.sent([pk for pk in ended if pk not in self._refused and pk not in done], at)
        for pk, ready in ended.items():
            if (status := self._refused.pop(pk, None)) is not None:
                self._refusal(ready, status, at)
        return len(ended)

    def _refusal(self, ready: Ready, status: int, at: datetime) -> None:
        if status in SATURATED:
            self._pause = min(LONGEST_PAUSE, 2 * self._pause or 0.5)
            self._resumes = time.monotonic() + self._pause
        if status in TEMPORARY:
            self._again(ready, TEMPORARY[status], at)
            return
        outcomes.failed(ready.message.pk, f"refusé par le centre SMS (0x{status:02X})", at)
        if status in WRONG_NUMBER:
            receipts.invalidate([ready.message.pk], at)

    def _again(self, ready: Ready, reason: str, at: datetime) -> None:
        on = at.astimezone(PARIS).date()
        plan = rules.as_known_on(on).value("outreach.sms_retries", on)
        attempt = ready.message.attempts + 1  # the one that has just failed
        wait = min(plan["most_seconds"], plan["first_seconds"] * plan["factor"] ** (attempt - 1))
        retry_at = at + timedelta(seconds=wait) if attempt < plan["attempts"] else None
        outcomes.failed(ready.message.pk, reason, at, retry_at)

    def _watch(self, session: Session) -> None:
        """Control an idle link; give up one that does not answer."""
        now = time.monotonic()
        silent = now - session.heard
        waiting = self.flying and now - min(flight.since for flight in self.flying.values()) > ANSWER_PATIENCE
        if (waiting and silent > ANSWER_PATIENCE) or silent > self.route.link_seconds + ANSWER_PATIENCE:
            raise LinkLost("Le centre SMS ne répond plus.")
        if silent > self.route.link_seconds and now - self._asked > self.route.link_seconds:
            session.keep_alive()
            self._asked = now


def is_receipt(unit: Any) -> bool:
    """A receipt, not what somebody typed (SMPP 3.4, 5.2.12: message type of esm_class)."""
    return bool((unit.esm_class or 0) & RECEIPT)
