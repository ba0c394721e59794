"""The rounds with SNGI, SANDIA and the bodies, run by procrastinate (`allant worker --channel jobs`). Harmless twice."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from procrastinate.contrib.django import app

from allant import clock
from allant.doctrine import rules
from allant.identification.exchange import do_round

QUEUE = "identification"


@app.periodic(cron="*/5 * * * *")
@app.task(queue=QUEUE, queueing_lock="identification.exchange")
def exchange(timestamp: int) -> dict[str, Any]:
    """Send what waits, take what came."""
    now = clock.now()
    return asdict(do_round(at=now, on=now.date(), book=rules.as_known_on(now.date())))
