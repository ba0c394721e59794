"""Periodic jobs of outreach, run by procrastinate (`allant worker --channel jobs`). None is a message: they have their queue.

Each is harmless twice: two machines may run the same one.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from procrastinate.contrib.django import app

from allant import clock
from allant.outreach import answers, recovery, stop_choices
from allant.outreach.dialogues import actions as dialogues
from allant.outreach.emails import bounces
from allant.outreach.emails.route import bounces_folder
from allant.outreach.letters import batches
from allant.outreach.models import Channel, EarlyReceipt
from allant.outreach.sms import receipts

QUEUE = "outreach"
BY = "allant worker"
SENT_BY_WORKERS = (Channel.SMS, Channel.EMAIL)
"""Files of letters take up their own, and what goes to accounts is never half taken."""
KEPT = timedelta(days=30)
"Receipts that were never joined: nobody asks for them later."


@app.periodic(cron="* * * * *")
@app.task(queue=QUEUE, queueing_lock="outreach.leases")
def take_back_leases(timestamp: int) -> dict[str, dict[str, int]]:
    """What dead senders held is given back, sent again, or left as it is."""
    return {channel: recovery.recover(channel, clock.now()) for channel in SENT_BY_WORKERS}


@app.periodic(cron="* * * * *")
@app.task(queue=QUEUE, queueing_lock="outreach.silences")
def go_on_from_silences(timestamp: int) -> int:
    """Dialogues whose delay is over."""
    return dialogues.silences(clock.now())


@app.periodic(cron="* * * * *")
@app.task(queue=QUEUE, queueing_lock="outreach.receipts")
def join_receipts(timestamp: int) -> int:
    """Receipts that came before the answer they belong to, or whose answer a crash swallowed."""
    routes = EarlyReceipt.objects.filter(joined_at=None).values_list("route", flat=True).distinct()
    return sum(receipts.join_late(route, clock.now()) for route in list(routes))


@app.periodic(cron="* * * * *")
@app.task(queue=QUEUE, queueing_lock="outreach.long_answers")
def take_incomplete_answers(timestamp: int) -> int:
    """Long answers whose other parts never came."""
    return answers.take_incomplete(clock.now())


@app.periodic(cron="27 4 * * *")
@app.task(queue=QUEUE, queueing_lock="outreach.unchosen_stops")
def close_unchosen_stops(timestamp: int) -> int:
    """The STOPs of shared numbers that nobody decided in time hold for everybody."""
    return stop_choices.close_unchosen(clock.now())


@app.periodic(cron="7 5 * * *")
@app.task(queue=QUEUE, queueing_lock="outreach.letters")
def write_letters(timestamp: int) -> int:
    """The files of the day for the printer; how many. None when somebody is writing them already."""
    try:
        return len(batches.write_letters(at=clock.now(), by=BY, directory=Path(settings.ALLANT_HOME) / "letters"))
    except batches.Busy:
        return 0


@app.periodic(cron="* * * * *")
@app.task(queue=QUEUE, queueing_lock="outreach.bounces")
def read_bounces(timestamp: int) -> int:
    """Mails that came back, from the mailbox of the installation when it has one; how many were ours."""
    folder = bounces_folder()
    return bounces.read_maildir(folder, clock.now())[0] if folder else 0


@app.periodic(cron="17 3 * * *")
@app.task(queue=QUEUE, queueing_lock="outreach.old_receipts")
def forget_old_receipts(timestamp: int) -> int:
    """Receipts joined, or too old to be."""
    return EarlyReceipt.objects.filter(received_at__lt=clock.now() - KEPT).delete()[0]


@app.periodic(cron="*/10 * * * *")
@app.task(queue=QUEUE, queueing_lock="outreach.stalled", pass_context=True)
async def rescue_stalled_jobs(context: Any, timestamp: int) -> int:
    """Jobs whose worker died in the middle are run again."""
    stalled = list(await context.app.job_manager.get_stalled_jobs(seconds_since_heartbeat=600))
    for job in stalled:
        await context.app.job_manager.retry_job(job)
    return len(stalled)
