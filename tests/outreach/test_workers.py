"""AV-14: workers: leases, clean stop, the command; jobs; what the page of sendings shows of them."""

import os
import signal
import time
from datetime import timedelta
from threading import Event

import pytest
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from allant.outreach import jobs, workers
from allant.outreach.claiming import claim
from allant.outreach.models import Message, Submission, Worker
from allant.outreach.outcomes import UNCERTAIN, Part, leaving
from allant.outreach.recovery import recover
from allant.outreach.worker_commands import worker
from tests import another_process
from tests.jobs import run_all
from tests.outreach.centre import AT, people, sender, template, waiting

pytestmark = pytest.mark.django_db


def claimed(name: str = "mort", seen=AT) -> list[Message]:
    """Messages of each kind in the hands of a worker: not left, left, answered."""
    template("info")
    template("code", kind="provisional_code")
    waiting(people(2), "info")
    waiting(people(2, first=3), "code")
    Worker.objects.create(name=name, channel="sms", started_at=AT, seen_at=seen)
    messages = claim("sms", AT, 10, name)
    leaving([Part(message.pk) for message in messages if message.person_id in (2, 4)], route="principale", sender=name, at=AT)
    return messages


def states() -> dict[int, tuple[str, str]]:
    return {pk: (status, reason) for pk, status, reason in Message.objects.values_list("person_id", "status", "drop_reason")}


def test_av_14_what_a_dead_worker_held_is_settled_by_what_is_known_and_by_kind():
    assert len(claimed()) == 4
    assert recover("sms", AT + timedelta(seconds=59)) == {"released": 0, "uncertain": 0, "again": 0}
    assert recover("sms", AT + timedelta(seconds=61)) == {"released": 2, "uncertain": 1, "again": 1}
    assert states() == {1: ("pending", ""), 2: ("failed", UNCERTAIN), 3: ("pending", ""), 4: ("pending", "")}
    assert recover("sms", AT + timedelta(hours=1)) == {"released": 0, "uncertain": 0, "again": 0}


def test_av_14_a_worker_that_lives_keeps_what_it_holds_and_one_that_stopped_does_not():
    claimed(seen=AT + timedelta(hours=1))
    assert recover("sms", AT + timedelta(hours=1)) == {"released": 0, "uncertain": 0, "again": 0}
    Worker.objects.update(stopped_at=AT)
    assert recover("sms", AT + timedelta(hours=1))["released"] == 2


def test_av_14_a_worker_whose_lease_was_taken_gives_nothing_more():
    messages = claimed()
    recover("sms", AT + timedelta(minutes=5))
    before = Submission.objects.count()
    assert leaving([Part(message.pk) for message in messages], route="principale", sender="mort", at=AT) == {}
    assert Submission.objects.count() == before


def test_av_14_run_once_empties_the_queue_and_says_that_it_stopped(centre):
    template()
    waiting(people(20))
    sending = sender(centre.route())
    life = workers.Life(sending.name, "sms", now=lambda: AT)
    assert workers.run(sending, life, Event(), once=True) == 20
    row = Worker.objects.get()
    assert (row.name, row.handled, row.stopped_at) == (sending.name, 20, AT)
    assert Message.objects.filter(status="delivered").count() == 20


def test_av_14_without_a_centre_once_fails_and_otherwise_waits(centre):
    centre.set(refuse_binds_next=2)
    sending = sender(centre.route())
    with pytest.raises(ConnectionError, match="Centre SMS"):
        workers.run(sending, workers.Life(sending.name, "sms"), Event(), once=True)
    template()
    waiting(people(1))
    again = sender(centre.route())

    class UntilSent(Event):
        def is_set(self) -> bool:
            return bool(Message.objects.filter(status="delivered"))

    workers.run(again, workers.Life(again.name, "sms"), UntilSent())
    assert Message.objects.get().status == "delivered"


def test_av_14_lag_and_silent_workers_are_seen():
    claimed()
    Message.objects.filter(person_id=1).update(status="pending", sent_in="")
    (lag,) = workers.lags(AT)
    assert (lag.channel, lag.due, lag.oldest, lag.sending) == ("sms", 1, AT.date(), 3)
    assert [(row.name, silent) for row, silent in workers.living(AT)] == [("mort", False)]
    assert [silent for _, silent in workers.living(AT + timedelta(minutes=2))] == [True]
    assert workers.throughput(AT, minutes=1) == pytest.approx(2 / 60)


def test_av_14_the_command_says_what_is_wrong(settings, capsys):
    settings.ALLANT_SMS_ROUTE = ""
    for channel, code, sentence in (("sms", 1, "ALLANT_SMS_ROUTE"), ("pigeon", 2, "Canal inconnu")):
        with pytest.raises(Exception) as refused:
            worker(channel=channel, once=True)
        assert refused.value.exit_code == code
        assert sentence in capsys.readouterr().err


@pytest.mark.django_db(transaction=True)
def test_av_14_a_worker_told_to_stop_ends_what_it_began(centre):
    """SIGTERM in the middle: nothing is in doubt, the rest is given back."""
    template(kind="provisional_code")  # leaves at any hour
    waiting(people(60))
    centre.set(answer_delay=150)
    route = f"{centre.address.replace('smpp://', 'smpp://allant:secret@')}/?source=38000&window=10&per_second=1000"
    work = f"""
import tests.outreach.conftest
from datetime import date
from django.conf import settings
settings.ALLANT_SMS_ROUTE = {route!r}
settings.ALLANT_TODAY = date(2021, 1, 18)
from allant.outreach.worker_commands import worker
worker(channel="sms", once=False)
"""
    with another_process.running(work) as process:
        until = time.monotonic() + 60
        while len(centre.taken()) < 20 and time.monotonic() < until:
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(60) == 0
    taken = len(centre.taken())
    assert 20 <= taken < 60
    assert Message.objects.filter(status__in=["sent", "delivered"]).count() == taken
    assert Message.objects.filter(status="pending", sent_in="").count() == 60 - taken
    assert Worker.objects.get().stopped_at is not None


@pytest.mark.django_db(transaction=True)
def test_av_14_the_jobs_run(settings, tmp_path):
    settings.ALLANT_HOME = tmp_path
    claimed(seen=AT)
    jobs.take_back_leases.defer(timestamp=0)
    jobs.go_on_from_silences.defer(timestamp=0)
    jobs.join_receipts.defer(timestamp=0)
    jobs.forget_old_receipts.defer(timestamp=0)
    jobs.rescue_stalled_jobs.defer(timestamp=0)
    jobs.take_incomplete_answers.defer(timestamp=0)
    jobs.read_bounces.defer(timestamp=0)
    jobs.write_letters.defer(timestamp=0)
    run_all(app, jobs.QUEUE)
    ended = dict(ProcrastinateJob.objects.filter(task_name__startswith="allant.outreach").values_list("task_name", "status"))
    assert len(ended) >= 8 and set(ended.values()) == {"succeeded"}, ended
    assert Message.objects.filter(status="sending").count() == 0  # the worker of 2021 has been silent for years
