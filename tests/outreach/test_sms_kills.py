"""AV-14: the sender killed (-9) at logged, seeded instants. What never leaves twice, what is never lost: counted on handsets."""

import random
from collections import Counter
from pathlib import Path

import pytest
from django.db import connection

from allant.outreach.models import Message, Submission, Worker
from allant.outreach.outcomes import UNCERTAIN
from tests import killing
from tests.outreach import centre as centres

MESSAGES = 24  # of two parts each: three windows
WINDOW = 16
KINDS = {"information": "never_twice", "provisional_code": "never_lost"}

# One sender after another, as after a crash: the dead one's lease is not waited for, its row says that it stopped.
_WORK = """
from django.db import connection
from allant.outreach import causes, recovery
from allant.outreach.models import Worker
from allant.outreach.sms.sender import Sender
from allant.outreach.sms.session import Session
from allant.outreach.workers import Life, new_name
from tests.killing import tell
from tests.outreach.centre import AT
from tests.outreach.conftest import variables_of_tests
from allant.outreach.sms.routes import route_of

real = Session.submit
def submit(self, parts):
    tell()
    given = real(self, parts)
    tell()
    return given
Session.submit = submit

Worker.objects.filter(stopped_at=None).update(stopped_at=AT)
recovery.recover("sms", AT)
name = new_name("sms")
life = Life(name, "sms", now=lambda: AT)
sender = Sender(route_of(ROUTE), name, now=lambda: AT)
sender.idle = 0
quiet = 0
while quiet < 3:
    happened = sender.turn(0.02)
    quiet = 0 if happened or sender.busy else quiet + 1
sender.close()
life.end(sender.handled)
"""


def clear(kind: str) -> None:
    """The state before: everything waits, nothing was given."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE outreach_submission, outreach_deliveryevent, outreach_earlyreceipt, outreach_worker CASCADE")
        cursor.execute(
            "UPDATE outreach_message SET status = 'pending', sent_in = '', claimed_at = NULL, attempts = 0, sent_at = NULL, "
            "drop_reason = '', held_reason = '', next_at = NULL, contact_point_id = NULL, template = %s",
            [kind],
        )


def kill_often(tmp_path: Path, seeds: range) -> None:
    """Kill the sender once a seed for each guarantee; each time a second sender ends the work, and handsets are counted.

    One centre, one database and one process that forks the senders serve for all.
    """
    for kind in KINDS:
        centres.template(kind, kind=kind, body="Bonjour {name} " + "x" * 160)
    centres.waiting(centres.people(MESSAGES), slug=next(iter(KINDS)))
    with centres.running(tmp_path) as centre:
        route = f"{centre.address.replace('smpp://', 'smpp://allant:secret@')}/?source=38000&per_second=100000&window={WINDOW}"
        with killing.running(f"ROUTE = {route!r}\n{_WORK}") as work:
            for kind, guarantee in KINDS.items():
                writes = _whole(work, centre, kind)
                middle = sum(_kill(work, centre, kind, guarantee, seed, writes) for seed in seeds)
                print(f"{guarantee}: {len(seeds)} kills, {middle} in the middle of work")
                assert 2 * middle >= len(seeds)


def _whole(work: killing.Work, centre: centres.Centre, kind: str) -> int:
    """The writes of the work without a kill: every handset has its two parts once."""
    clear(kind)
    centre.clear()
    writes = work.run()
    assert Counter(each["number"] for each in centre.taken()) == {centres.number(n): 2 for n in range(1, MESSAGES + 1)}
    return len(writes)


def _kill(work: killing.Work, centre: centres.Centre, kind: str, guarantee: str, seed: int, writes: int) -> bool:
    """One kill and what it left; whether it fell in the middle of work."""
    clear(kind)
    centre.clear()
    instant = drawn(writes, seed)
    work.kill(instant)
    before, middle = len(centre.taken()), in_the_middle()
    doubtful = Submission.objects.filter(answered_at=None).values("message").distinct().count()
    work.run()
    uncertain = Message.objects.filter(drop_reason=UNCERTAIN).count()
    print(f"{guarantee}, seed {seed}: write {instant.write}/{writes} + {instant.delay * 1000:.1f} ms, {before} parts given, "
          f"{doubtful} in doubt, {uncertain} uncertain, {len(centre.taken())} at the end")  # fmt: skip
    check(centre, guarantee)
    return middle


def in_the_middle() -> bool:
    """Something was about to leave or had left, and some messages had not come to their end."""
    return Submission.objects.exists() and Message.objects.filter(status__in=["pending", "sending"]).exists()


def drawn(writes: int, seed: int) -> killing.Instant:
    """Uniform over the writes and submissions, then up to five milliseconds later: time itself would mostly fall on the start."""
    rng = random.Random(seed)
    return killing.Instant(rng.randint(2, writes - 4), rng.uniform(0, 0.005))


def check(centre: centres.Centre, guarantee: str) -> None:
    """Never twice: no handset has a part twice. Never lost: every handset has every part."""
    taken = Counter((each["number"], each["part"]) for each in centre.taken())
    assert not Message.objects.filter(status__in=["pending", "sending"]).exists()
    if guarantee == "never_twice":
        assert set(taken.values()) <= {1}
        whole = {rank for rank in range(1, MESSAGES + 1) if taken.keys() >= {(centres.number(rank), part) for part in (1, 2)}}
        missing = set(range(1, MESSAGES + 1)) - whole
        assert missing <= set(Message.objects.filter(drop_reason=UNCERTAIN).values_list("person_id", flat=True))
    else:
        assert taken.keys() == {(centres.number(number), part) for number in range(1, MESSAGES + 1) for part in (1, 2)}
        again = {number for (number, _), times in taken.items() if times > 1}
        assert len(again) <= WINDOW
    assert not Worker.objects.filter(stopped_at=None).exists()


@pytest.mark.django_db(transaction=True)
def test_av_14_a_killed_sender_sends_nothing_twice_or_loses_nothing(tmp_path):
    kill_often(tmp_path, range(3))


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.django_db(transaction=True)
def test_av_14_a_sender_killed_fifty_times_sends_nothing_twice_or_loses_nothing(tmp_path):
    """Twenty-five for each guarantee, at least half of them in the middle of work; `pytest -s` shows the log of every one."""
    kill_often(tmp_path, range(100, 125))
