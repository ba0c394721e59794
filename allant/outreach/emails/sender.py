"""The sender of e-mails: one SMTP connection, one mail at a time, so that at most one is ever in doubt (AV-11, AV-14).

claimed → `leaving` committed → DATA → answer written. When the connection is lost in between, the mail may have left: its kind
says whether it is left so or given again, under the same Message-ID (docs/decisions/0016).
"""

from __future__ import annotations

import logging
import smtplib
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.mail import get_connection
from django.core.mail.message import BadHeaderError
from django.db import transaction

from allant import clock
from allant.doctrine import rules
from allant.outreach import outcomes
from allant.outreach.claiming import claim
from allant.outreach.emails.preparing import Ready, prepare
from allant.outreach.emails.route import TIMEOUT, Route
from allant.outreach.holds import not_held
from allant.outreach.limits import PARIS
from allant.outreach.models import Channel, Submission
from allant.outreach.outcomes import Part
from allant.people.models import ContactPoint

CLAIM = 50
IDLE = 1.0  # seconds between two looks at an empty queue
UNKNOWN_ADDRESS = frozenset({550, 551, 553})
"Refusals of a recipient that say it does not exist (RFC 5321, 4.2.3)."
QUIET = 2.0  # seconds after which a connection is asked whether it stands
CLOSING = 421
BACKEND = "django.core.mail.backends.smtp.EmailBackend"
log = logging.getLogger("allant.outreach.emails")


class LinkLost(ConnectionError):
    """The mail server does not answer; the message says so in French."""


class Sender:
    """One connection to one mail server; several may run anywhere."""

    flying: object = ()
    "Nothing stays in flight between two turns."

    def __init__(self, route: Route, name: str, now: Callable[[], datetime] = clock.now) -> None:
        self.route, self.name, self.now = route, name, now
        self.handled = 0
        self.idle = IDLE
        self.queue: deque[Ready] = deque()
        self._backend: Any = None
        self._looks, self._used = 0.0, 0.0

    @property
    def busy(self) -> bool:
        """Whether something waits here."""
        return bool(self.queue)

    def turn(self, wait: float, *, giving: bool = True) -> bool:
        """Send one mail, or wait at most so long; whether one was given. Raises LinkLost."""
        if not giving or not self._fill():
            time.sleep(min(wait, self.idle))
            return False
        self._connect()
        self._send(self.queue.popleft())
        return True

    def close(self) -> None:
        """Give back what has not left, say goodbye."""
        outcomes.released([ready.message.pk for ready in self.queue])
        self.queue.clear()
        if self._backend is not None:
            self._backend.close()
            self._backend = None

    def _fill(self) -> bool:
        held = self._held()
        self.queue = deque(ready for ready in self.queue if ready.message.template not in held)
        if not self.queue and time.monotonic() >= self._looks:
            at = self.now()
            self.queue.extend(prepare(claim(Channel.EMAIL, at, CLAIM, self.name), at, self.route))
            self._looks = 0.0 if self.queue else time.monotonic() + self.idle
        return bool(self.queue)

    def _held(self) -> set[str]:
        """What a stop placed since the claim holds: given back."""
        templates = {ready.message.template for ready in self.queue}
        held = templates.difference(not_held(Channel.EMAIL, templates)) if templates else set()
        outcomes.released([ready.message.pk for ready in self.queue if ready.message.template in held])
        return held

    def _connect(self) -> None:
        if self._backend is not None and self._alive():
            return
        route = self.route
        backend = get_connection(
            BACKEND, host=route.host, port=route.port, username=route.username, password=route.password,
            use_tls=route.starttls, use_ssl=route.tls, timeout=TIMEOUT,
        )  # fmt: skip
        try:
            backend.open()
        except (OSError, smtplib.SMTPException):
            outcomes.released([ready.message.pk for ready in self.queue])
            self.queue.clear()
            raise LinkLost("Le serveur de courriel ne répond pas.") from None
        self._backend = backend

    def _alive(self) -> bool:
        """Whether the server still listens: asked after a pause, lest a mail be in doubt for a connection closed before."""
        if time.monotonic() - self._used < QUIET:
            return True
        try:
            return bool(self._backend.connection.noop()[0] == 250)
        except (OSError, smtplib.SMTPException):
            return False

    def _send(self, ready: Ready) -> None:
        part = Part(ready.message.pk, ready.point)
        left = outcomes.leaving([part], route=self.route.name, sender=self.name, at=self.now())
        if not left:
            return  # taken back meanwhile
        (submission,) = left.values()
        try:
            self._backend.send_messages([ready.mail])
            self._used = time.monotonic()
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            if isinstance(error, smtplib.SMTPResponseException | smtplib.SMTPRecipientsRefused):
                self._refused(ready, submission, error)
            else:
                self._lost(ready, submission)
        except BadHeaderError:
            self._ended(submission, "header")
            outcomes.failed(ready.message.pk, "en-tête de courriel refusé", self.now())
        else:
            with transaction.atomic():  # answered and not sent would be taken for certainly not left
                self._ended(submission, "")
                outcomes.sent([ready.message.pk], self.now())
            self.handled += 1

    def _ended(self, submission: int, state: str) -> None:
        Submission.objects.filter(pk=submission).update(answered_at=self.now(), final_state=state[:20])

    def _refused(self, ready: Ready, submission: int, error: smtplib.SMTPException) -> None:
        """The server answered no: later (4xx) or never (5xx)."""
        code = _code(error)
        self._ended(submission, str(code))
        at = self.now()
        if code == CLOSING:
            self._backend = None
        if 400 <= code < 500:
            self._again(ready, f"refus temporaire du serveur de courriel ({code})", at)
            return
        outcomes.failed(ready.message.pk, f"refusé par le serveur de courriel ({code})", at)
        if isinstance(error, smtplib.SMTPRecipientsRefused) and code in UNKNOWN_ADDRESS:
            on = at.astimezone(PARIS).date()
            ContactPoint.objects.filter(pk=ready.point, invalid_since=None).update(invalid_since=on)

    def _lost(self, ready: Ready, submission: int) -> None:
        """No answer: whether it left is unknown, and its kind decides."""
        at = self.now()
        if ready.kind.never_twice:
            outcomes.uncertain([ready.message.pk], at)
        else:
            self._ended(submission, "perdu")
            self._again(ready, "liaison perdue avec le serveur de courriel", at)
        self._backend = None
        outcomes.released([other.message.pk for other in self.queue])
        self.queue.clear()
        raise LinkLost("Le serveur de courriel a coupé la liaison.")

    def _again(self, ready: Ready, reason: str, at: datetime) -> None:
        on = at.astimezone(PARIS).date()
        plan = rules.as_known_on(on).value("outreach.email_retries", on)
        attempt = ready.message.attempts + 1
        wait = min(plan["most_seconds"], plan["first_seconds"] * plan["factor"] ** (attempt - 1))
        retry_at = at + timedelta(seconds=wait) if attempt < plan["attempts"] else None
        outcomes.failed(ready.message.pk, reason, at, retry_at)


def _code(error: smtplib.SMTPException) -> int:
    """The code of the refusal; of the first recipient when each has its own."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes: Sequence[int] = [code for code, _ in error.recipients.values()]
        return codes[0]
    return int(getattr(error, "smtp_code", 500))
