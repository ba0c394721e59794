"""Periodic jobs of vaccination, run by procrastinate (`allant worker --channel jobs`). Harmless twice."""

from __future__ import annotations

from procrastinate.contrib.django import app

from allant import clock
from allant.doctrine import rules
from allant.vaccination.imports.report import forget_old


@app.periodic(cron="37 3 * * *")
@app.task(queue="vaccination", queueing_lock="vaccination.refused_lines")
def forget_refused_lines(timestamp: int) -> int:
    """Lines kept for correction longer than the doctrine allows; how many were erased."""
    today = clock.today()
    return forget_old(today=today, book=rules.as_known_on(today))
