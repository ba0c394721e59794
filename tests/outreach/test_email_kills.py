"""AV-14: the sender of e-mails killed (-9) at drawn instants: what never leaves twice, what is never lost, in the Maildir."""

from __future__ import annotations

import mailbox
import random
from collections import Counter
from contextlib import ExitStack
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from allant.outreach.emails.signing import read_message_id
from allant.outreach.models import Message
from allant.outreach.outcomes import UNCERTAIN
from tests import killing
from tests.outreach.people import message, person, template
from tests.simulators.processes import simulator

MESSAGES = 16
KINDS = ("information", "provisional_code")

# One sender after another, as after a crash: the dead one's row says that it stopped. A socket write is told too.
_WORK = """
from django.conf import settings
from allant.outreach import causes, recovery
from allant.outreach.emails.route import from_environment
from allant.outreach.emails.sender import Sender
from allant.outreach.models import Worker
from allant.outreach.workers import Life, new_name
from django.core.mail.backends.smtp import EmailBackend
from tests.killing import tell
from tests.outreach.people import AT

settings.SECRET_KEY = KEY  # each process of the tests makes its own
causes._causes["trial"] = lambda ids: {pk: {} for pk in ids}
real = EmailBackend.send_messages
def send_messages(self, mails):
    tell()
    given = real(self, mails)
    tell()
    return given
EmailBackend.send_messages = send_messages

Worker.objects.filter(stopped_at=None).update(stopped_at=AT)
recovery.recover("email", AT)
name = new_name("email")
life = Life(name, "email", now=lambda: AT)
sender = Sender(from_environment({"ALLANT_SMTP": ADDRESS}), name, now=lambda: AT)
sender.idle = 0.0
while sender.turn(0):
    pass
sender.close()
life.end(sender.handled)
"""


def clear(folder: Path, kind: str) -> None:
    """The state before: everything waits, nothing was kept."""
    for file in (folder / "new").glob("*"):
        file.unlink()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE outreach_submission, outreach_worker CASCADE")
        cursor.execute(
            "UPDATE outreach_message SET status = 'pending', sent_in = '', claimed_at = NULL, attempts = 0, sent_at = NULL, "
            "drop_reason = '', held_reason = '', next_at = NULL, contact_point_id = NULL, template = %s",
            [kind],
        )


def kept(folder: Path) -> Counter[int]:
    """Message → how many mails of it the server kept."""
    box = mailbox.Maildir(str(folder))
    mails = [message_from_bytes(box.get_bytes(name), policy=policy.default) for name in sorted(box.keys())]
    return Counter(number for mail in mails if (number := read_message_id(str(mail["Message-ID"]))) is not None)


def kill_often(tmp_path: Path, seeds: range) -> None:
    """Kill the sender once a seed for each guarantee; one mail server, one database and one forking process serve for all."""
    for kind in KINDS:
        template(kind, channel="email", kind=kind, subject="Essai")
    every = {message(person("email"), channel="email", slug=KINDS[0]).pk for _ in range(MESSAGES)}
    folder = tmp_path / "kept"
    with ExitStack() as running:
        folders = ("--maildir", str(folder), "--bounces", str(tmp_path / "bounces"))
        address = running.enter_context(simulator("mail_server", *folders))
        work = running.enter_context(killing.running(f"ADDRESS, KEY = {address!r}, {settings.SECRET_KEY!r}\n{_WORK}"))
        for kind in KINDS:
            clear(folder, kind)
            writes = len(work.run())
            assert kept(folder) == Counter(every)
            middle = sum(_kill(work, folder, kind, seed, writes, every) for seed in seeds)
            print(f"{kind}: {len(seeds)} kills, {middle} in the middle of work")
            assert 2 * middle >= len(seeds)


def _kill(work: killing.Work, folder: Path, kind: str, seed: int, writes: int, every: set[int]) -> bool:
    """One kill, the work again, and what the mail server kept; whether it fell in the middle of work."""
    clear(folder, kind)
    rng = random.Random(seed)
    instant = killing.Instant(rng.randint(3, writes - 5), rng.uniform(0, 0.005))
    work.kill(instant)
    before = len(kept(folder))
    work.run()
    after = kept(folder)
    uncertain = set(Message.objects.filter(drop_reason=UNCERTAIN).values_list("pk", flat=True))
    print(f"{kind}, seed {seed}: write {instant.write}/{writes} + {instant.delay * 1000:.1f} ms, {before} mails at the kill, "
          f"{sum(after.values())} at the end, {len(uncertain)} uncertain")  # fmt: skip
    assert not Message.objects.filter(status__in=["pending", "sending"]).exists()
    if kind == "information":
        assert set(after.values()) <= {1} and every - after.keys() <= uncertain and len(uncertain) <= 1
    else:
        assert after.keys() == every and sum(after.values()) <= MESSAGES + 1
    return 0 < before < MESSAGES


@pytest.mark.django_db(transaction=True)
def test_av_14_a_killed_sender_of_e_mails_sends_nothing_twice_or_loses_nothing(tmp_path):
    kill_often(tmp_path, range(3))


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.django_db(transaction=True)
def test_av_14_a_sender_of_e_mails_killed_fifty_times_sends_nothing_twice_or_loses_nothing(tmp_path):
    """Twenty-five for each guarantee, at least half of them in the middle of work; `pytest -s` shows the log of every one."""
    kill_often(tmp_path, range(100, 125))
