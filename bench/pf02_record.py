"""PF-02 without HTTP: CPU of `record_dose` beside a one-row JSON view of Django and the same rows inserted bare.

    .allant/venv/bin/python bench/pf02_record.py [--doses 3000] [--rounds 3]

Works on a database of its own in the tests' cluster, dropped at the end. In each round, one after the other and one by one:
doses recorded with all checks (lot, volume watch, plan prepared), each in its own transaction; the same rows inserted by psycopg
with a prepared statement, no check; a person's row answered as JSON through Django's WSGI handler and all middleware. CPU-seconds
are those of the two sides together: this process and its server session. Medians, in JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django
import psycopg

TODAY = date(2021, 5, 1)
LOT = "DEMO-COM-01"
ACTS_AN_ACCOUNT = 100  # under the threshold of the volume watch, as an ordinary session
INSERT = """
INSERT INTO immunizations_dose (person_id, disease, occurred_on, vaccine, dose_number, series, series_doses, lot, site,
    place_kind, recorded_at, recorded_by, source, source_key)
VALUES (%s, 'covid19', %s, 'comirnaty', 1, 'primary', 2, %s, 'deltoide_gauche', 'centre', now(), %s, 'teleservice', %s)
"""


def measured(work: Callable[[], object]) -> tuple[float, float]:
    """Wall seconds and CPU-seconds of this process and of its PostgreSQL session."""
    from django.db import connection

    session = connection.connection.info.backend_pid
    wall, own, server = time.perf_counter(), time.process_time(), _cpu_of(session)
    work()
    return time.perf_counter() - wall, time.process_time() - own + _cpu_of(session) - server


def _cpu_of(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def record(first: int, count: int) -> None:
    """First doses of as many persons, as the téléservice records them."""
    from allant.immunizations.actions import Act, record_dose
    from allant.people.models import Person

    act = Act(
        occurred_on=date(2021, 3, 1), vaccine="comirnaty", dose_number=1, series="primary", series_doses=2, lot=LOT,
        site="deltoide_gauche", place_kind="centre",
    )  # fmt: skip
    for number in range(first, first + count):
        record_dose(
            person=Person(pk=number),
            act=act,
            source="teleservice",
            source_key=f"pf02:{number}",
            by=f"ps:{number // ACTS_AN_ACCOUNT}",
            today=TODAY,
        )


def insert(first: int, count: int) -> None:
    """The same rows, without a check."""
    from django.db import connection

    bare = connection.connection
    bare.prepare_threshold = 0
    cursor = psycopg.Cursor(bare)
    for number in range(first, first + count):
        values = [number, date(2021, 3, 1), LOT, f"ps:{number // ACTS_AN_ACCOUNT}", f"pf02:{number}"]
        with bare.transaction():
            cursor.execute(INSERT, values, prepare=True)
    bare.prepare_threshold = None


def answer(first: int, count: int) -> None:
    """One row as JSON, through the handler."""
    from django.core.handlers.wsgi import WSGIHandler
    from django.test import RequestFactory

    handler, requests = WSGIHandler(), RequestFactory(headers={"host": "localhost"})
    for number in range(first, first + count):
        environ = requests.get(f"/{number}").environ
        content = b"".join(handler(environ, lambda status, headers: None))
        assert content.startswith(b'{"id"'), content


def one_round(count: int, number: int) -> dict[str, tuple[float, float]]:
    """New persons for each of the two recordings."""
    from tests.people.builders import load

    first = 2 * number * count + 1
    load(2 * count, first_id=first)
    return {
        "record": measured(lambda: record(first, count)),
        "insert": measured(lambda: insert(first + count, count)),
        "json_view": measured(lambda: answer(first, count)),
    }


def urls() -> list[object]:
    """The one address of the bench."""
    from django.http import HttpRequest, JsonResponse
    from django.urls import path

    from allant.accounts.access import public
    from allant.people.models import Person

    @public
    def person(request: HttpRequest, number: int) -> JsonResponse:
        return JsonResponse(Person.objects.values("id", "family_name", "given_names", "postcode").get(pk=number))

    return [path("<int:number>", person)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--doses", type=int, default=3_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    settings.CLUSTER.start()
    name = f"bench_pf02_{os.getpid()}"
    settings.CLUSTER.ensure_database(name)
    connection.settings_dict |= {"NAME": name, "CONN_MAX_AGE": None}
    settings.ALLOWED_HOSTS = ["localhost"]
    try:
        call_command("migrate", verbosity=0)
        rounds = measure(options)
    finally:
        connection.close()
        with psycopg.connect(settings.CLUSTER.dsn("postgres"), autocommit=True) as admin:
            admin.execute(f"DROP DATABASE {name}")
    print(json.dumps(summary(rounds, options.doses), indent=2))


def measure(options: argparse.Namespace) -> list[dict[str, tuple[float, float]]]:
    """The rounds, after one that warms up."""
    from types import ModuleType

    from django.conf import settings

    from allant.immunizations.actions import load_shipped_lots

    module = ModuleType("pf02_urls")
    module.urlpatterns = urls()  # type: ignore[attr-defined]
    sys.modules[module.__name__] = module
    settings.ROOT_URLCONF = module.__name__
    load_shipped_lots(by="bench")
    one_round(options.doses // 10, 0)
    return [one_round(options.doses, number) for number in range(1, options.rounds + 1)]


def summary(rounds: list[dict[str, tuple[float, float]]], count: int) -> dict[str, float]:
    """Medians of milliseconds of CPU, and ratios."""
    cpu = {side: statistics.median(times[side][1] for times in rounds) / count * 1000 for side in rounds[0]}
    wall = {side: statistics.median(times[side][0] for times in rounds) / count * 1000 for side in rounds[0]}
    return {
        "doses": count,
        "rounds": len(rounds),
        **{f"{side}_cpu_ms": round(spent, 3) for side, spent in cpu.items()},
        "record_over_json_view": round(cpu["record"] / cpu["json_view"], 2),
        "record_over_insert": round(cpu["record"] / cpu["insert"], 2),
        **{f"{side}_wall_ms": round(spent, 3) for side, spent in wall.items()},
    }


if __name__ == "__main__":
    main()
