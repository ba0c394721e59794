"""AV-14: the sender killed (-9) at logged, seeded instants. What never leaves twice, what is never lost: counted on handsets."""

import random
import time
from collections import Counter
from pathlib import Path

import pytest
from django.db import connection

from allant.outreach.models import Message, Submission, Worker
from allant.outreach.outcomes import UNCERTAIN
from tests import killing
from tests.outreach import centre as centres

MESSAGES = 40
BUDGET = 270  # seconds of kills, each guarantee, in the long form: it ends whatever the machine, and says how far it came
FEWEST = 8
KINDS = {"information": "never_twice", "provisional_code": "never_lost"}

# One sender after another, as after a crash: the dead one's lease is not waited for, its row says that it stopped.
_WORK = """
import time
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
sender = Sender(route_of({route!r}), name, now=lambda: AT)
sender.idle = 0
quiet = 0
while quiet < 3:
    happened = sender.turn(0.03)
    quiet = 0 if happened or sender.busy else quiet + 1
sender.close()
life.end(sender.handled)
"""


def clear() -> None:
    """The state before: everything waits, nothing was given."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE outreach_submission, outreach_deliveryevent, outreach_earlyreceipt, outreach_worker CASCADE")
        cursor.execute(
            "UPDATE outreach_message SET status = 'pending', sent_in = '', claimed_at = NULL, attempts = 0, sent_at = NULL, "
            "drop_reason = '', held_reason = '', next_at = NULL, contact_point_id = NULL"
        )


def kills(tmp_path: Path, kind: str, seeds: range, budget: float = float("inf")) -> list[str]:
    """Kill the sender once a seed, as long as `budget` lasts (seconds); the log.

    Each time a second sender ends the work, and handsets are counted.
    """
    centres.template(kind=kind, body="Bonjour {name} " + "x" * 160)
    centres.waiting(centres.people(MESSAGES))
    log = []
    with centres.running(tmp_path) as centre:
        route = f"{centre.address.replace('smpp://', 'smpp://allant:secret@')}/?source=38000&per_second=100000&window=16"
        with killing.running(_WORK.replace("{route!r}", repr(route))) as work:
            writes = work.run()
            assert Counter(each["number"] for each in centre.taken()) == {centres.number(n): 2 for n in range(1, MESSAGES + 1)}
            interrupted, until = 0, time.monotonic() + budget
            for seed in seeds:
                if time.monotonic() > until:
                    break
                clear()
                centre.clear()
                instant = drawn(len(writes), seed)
                work.kill(instant)
                before = len(centre.taken())
                interrupted += in_the_middle()
                doubtful = Submission.objects.filter(answered_at=None).values("message").distinct().count()
                work.run()
                check(centre, KINDS[kind])
                uncertain = Message.objects.filter(drop_reason=UNCERTAIN).count()
                log.append(f"seed {seed}: write {instant.write}/{len(writes)}, {before} parts on handsets, {doubtful} in doubt, "
                           f"{uncertain} uncertain, {len(centre.taken())} at the end")  # fmt: skip
                print(log[-1])
    assert len(log) >= min(FEWEST, len(seeds)) and 2 * interrupted >= len(log), log
    return log


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
        assert len(again) <= 16  # no more than a window
    assert not Worker.objects.filter(stopped_at=None).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", KINDS)
def test_av_14_a_killed_sender_sends_nothing_twice_or_loses_nothing(tmp_path, kind):
    kills(tmp_path, kind, range(3))


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", KINDS)
def test_av_14_a_sender_killed_fifty_times_sends_nothing_twice_or_loses_nothing(tmp_path, kind):
    """Twenty-five for each guarantee; on a busy machine, as many as ten minutes in all allow."""
    log = kills(tmp_path, kind, range(100, 125), BUDGET)
    print(f"{KINDS[kind]}: {len(log)} kills of 25")
