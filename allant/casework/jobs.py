"""The nightly sweep, run by procrastinate (`allant worker --channel jobs`). Harmless twice."""

from __future__ import annotations

from procrastinate.contrib.django import app

from allant import clock
from allant.casework.sweep import sweep
from allant.doctrine import rules

QUEUE = "casework"


@app.periodic(cron="35 1 * * *")
@app.task(queue=QUEUE, queueing_lock="casework.sweep")
def make_deadlines(timestamp: int) -> int:
    """What took effect by today."""
    today = clock.today()
    return sweep(today, by="allant worker", book=rules.as_known_on(today)).moved
