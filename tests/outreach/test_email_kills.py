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

MESSAGES = 24
LONG = [pytest.mark.long, pytest.mark.timeout(1_800)]

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


def clear(folder: Path) -> None:
    """The state before: everything waits, nothing was kept."""
    for file in (folder / "new").glob("*"):
        file.unlink()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE outreach_submission, outreach_worker CASCADE")
        cursor.execute(
            "UPDATE outreach_message SET status = 'pending', sent_in = '', claimed_at = NULL, attempts = 0, sent_at = NULL, "
            "drop_reason = '', held_reason = '', next_at = NULL, contact_point_id = NULL"
        )


def kept(folder: Path) -> Counter[int]:
    """Message → how many mails of it the server kept."""
    box = mailbox.Maildir(str(folder))
    mails = [message_from_bytes(box.get_bytes(name), policy=policy.default) for name in sorted(box.keys())]
    return Counter(number for mail in mails if (number := read_message_id(str(mail["Message-ID"]))) is not None)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("kind", "trials"), [
    ("information", 3), ("provisional_code", 3),
    pytest.param("information", 50, marks=LONG), pytest.param("provisional_code", 50, marks=LONG),
])  # fmt: skip
def test_av_14_a_killed_sender_of_e_mails_sends_nothing_twice_or_loses_nothing(tmp_path, kind, trials):
    template(channel="email", kind=kind, subject="Essai")
    every = {message(person("email"), channel="email").pk for _ in range(MESSAGES)}
    folder, interrupted = tmp_path / "kept", 0
    with ExitStack() as running:
        folders = ("--maildir", str(folder), "--bounces", str(tmp_path / "bounces"))
        address = running.enter_context(simulator("mail_server", *folders))
        work = running.enter_context(killing.running(f"ADDRESS, KEY = {address!r}, {settings.SECRET_KEY!r}\n{_WORK}"))
        writes = work.run()
        assert kept(folder) == Counter(every)
        for seed in range(trials):
            clear(folder)
            rng = random.Random(seed)
            work.kill(killing.Instant(rng.randint(3, len(writes) - 5), rng.uniform(0, 0.005)))
            before = len(kept(folder))
            interrupted += 0 < before < MESSAGES
            work.run()
            after = kept(folder)
            uncertain = set(Message.objects.filter(drop_reason=UNCERTAIN).values_list("pk", flat=True))
            print(f"seed {seed}: {before} mails at the kill, {sum(after.values())} at the end, {len(uncertain)} uncertain")
            assert not Message.objects.filter(status__in=["pending", "sending"]).exists()
            if kind == "information":
                assert set(after.values()) <= {1} and every - after.keys() <= uncertain and len(uncertain) <= 1
            else:
                assert after.keys() == every and sum(after.values()) <= MESSAGES + 1
    assert 2 * interrupted >= trials
