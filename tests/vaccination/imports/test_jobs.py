"""VC-61: the lines kept for correction are erased by the jobs' process, without anybody."""

import pytest
from procrastinate.contrib.django import app

from allant.vaccination import jobs

pytestmark = pytest.mark.django_db


def test_the_erasure_of_refused_lines_is_a_job_of_every_day():
    periodic = {each.task.name: each.cron for each in app.periodic_registry.periodic_tasks.values()}
    assert periodic["allant.vaccination.jobs.forget_refused_lines"] == "37 3 * * *"
    assert jobs.forget_refused_lines(timestamp=0) == 0
