"""Another process on the tests' database: `python -m tests.immunizations.other_process DATABASE dose|batch|tables KEY`."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

TWO_DOSES = """
a1 1  2021-03-01 comirnaty 1 primary 2
a2 1  2021-04-01 comirnaty 2 primary 2
b1 2  2021-03-01 comirnaty 1 primary 2
c1 99 2021-03-01 comirnaty 1 primary 2
"""


def start(dsn: str, action: str, key: str) -> subprocess.Popen[str]:
    """Start the other process."""
    database = psycopg.conninfo.conninfo_to_dict(dsn)["dbname"]
    command = [sys.executable, "-m", "tests.immunizations.other_process", str(database), action, key]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@contextmanager
def blocked_at(dsn: str, lock: str) -> Iterator[Callable[[int], None]]:
    """Hold a lock; the function given waits until so many sessions wait for it."""
    with psycopg.connect(dsn) as holder, psycopg.connect(dsn, autocommit=True) as observer:
        holder.execute(lock)

        def wait_for(waiting: int) -> None:
            deadline = time.monotonic() + 60
            query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            while observer.execute(query).fetchone() != (waiting,):
                assert time.monotonic() < deadline, f"{waiting} sessions should be waiting for: {lock}"
                time.sleep(0.05)

        yield wait_for
        holder.rollback()


def main(database: str, action: str, key: str) -> None:
    """Record the dose, or the batch, under this key; print what came of it."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django

    django.setup()
    from django.db import connection

    connection.settings_dict["NAME"] = database
    from allant.immunizations import bulk
    from allant.immunizations.actions import record_dose, record_doses_in_bulk
    from allant.people.models import Person
    from tests.immunizations.builders import TODAY, act, rows

    if action == "dose":
        person = Person.objects.get(pk=1)
        dose = record_dose(person=person, act=act(), source="teleservice", source_key=key, by="ps:1", today=TODAY)
        print(json.dumps({"dose": dose.pk}))
    else:
        bulk.FEW = 0 if action == "tables" else bulk.FEW  # a small batch, recorded as a large one
        report = record_doses_in_bulk(rows(TWO_DOSES), source="csv", by="test", batch_key=key, today=TODAY)
        print(json.dumps({"recorded": report.recorded, "already_there": report.already_there, "refused": report.refused}))


if __name__ == "__main__":
    main(*sys.argv[1:])
