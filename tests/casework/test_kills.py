"""A sweep killed (-9) at logged, seeded instants and run again: the same cases, the same events, none lost, none twice."""

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.db import connection

from allant.casework.models import Case, CaseEvent
from allant.casework.opening import open_cases
from tests import killing
from tests.casework import toys
from tests.casework.conftest import AT
from tests.people.builders import load

WORK = """
from datetime import UTC, date, datetime
from pathlib import Path
from allant.casework.sweep import sweep
from tests.casework import toys
from tests.casework.test_kills import writes
book = toys.rules_in(Path("{folder}")).as_known_on(date(2022, 1, 10))
with toys.registered(*toys.TOYS, effects={{"write": writes}}):
    sweep(date(2022, 1, 10), by="test", book=book, at=datetime(2022, 1, 10, tzinfo=UTC), size=8)
"""
SELECT = """SELECT 1 + n %% 3 AS person_id, n::text AS key, '2021-11-20'::date + n %% 30 AS opened_on, '{}'::jsonb AS data
            FROM generate_series(1, %s) AS n"""


def writes(moved):
    """An effect with rows of its own: one a case and event, so that doing it twice would show."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO outreach_worker (name, channel, started_at, seen_at) SELECT 'effect-' || c.key || '-' || number,
            'test', 
            """
            "now(), now() FROM casework_caseevent AS e JOIN casework_case AS c ON c.id = case_id WHERE e.id = ANY(%s)",
            [moved.event_ids],
        )


def content():
    """What the sweep makes: its events, the cases it moved, what the effects wrote. Nothing before it begins."""
    events = CaseEvent.objects.exclude(name="opened").values_list("case__key", "number", "name", "to_state", "on", "cause")
    cases = Case.objects.filter(steps__gt=1).values_list("key", "state", "rule_id", "deadline", "due_on", "steps")
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM outreach_worker WHERE name LIKE 'effect-%' ORDER BY name")
        effects = cursor.fetchall()
    return {"events": sorted(events), "cases": sorted(cases, key=str), "effects": effects}


def clean():
    """Back to the cases as they were opened."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE casework_case, casework_caseevent, casework_sweep, casework_sweepchunk, outreach_worker CASCADE")
    opened()


def opened(count=90):
    """Loans of a month around a change of rule: some due before it, some retimed by it, some lost since."""
    with TemporaryDirectory() as folder:
        book = toys.rules_in(Path(folder)).as_known_on(date(2022, 1, 10))
        open_cases(process=toys.LOAN, select=SELECT, parameters=[count], by="test", at=AT, book=book)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE casework_case")


def trials(tmp_path, seeds):
    load(3)
    opened()
    killing.trials(WORK.format(folder=tmp_path), seeds=seeds, content=content, clean=clean)
    assert CaseEvent.objects.filter(name="retimed").exists() and CaseEvent.objects.filter(name="declare_lost").exists()


@pytest.mark.django_db(transaction=True)
def test_a_killed_sweep_goes_on(tmp_path, toy_processes):
    trials(tmp_path, range(3))


@pytest.mark.long
@pytest.mark.timeout(7200)
@pytest.mark.django_db(transaction=True)
def test_a_sweep_killed_fifty_times_goes_on(tmp_path, toy_processes):
    trials(tmp_path, range(100, 150))
