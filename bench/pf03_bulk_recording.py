"""PF-03: bulk recording against COPY of the same rows into the same indexed table. Aim: at least 1/5 of COPY.

    .allant/venv/bin/python bench/pf03_bulk_recording.py [--rows 100000] [--rounds 3]

Works on a database of its own in the tests' cluster, dropped at the end. Each round records two doses of as many persons,
then copies the same rows with every column given; both go through the same indexes, constraints and triggers. CPU-seconds
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
import numpy as np
import psycopg
import pyarrow as pa

TODAY = date(2022, 1, 1)


def doses(persons: int, first_id: int) -> pa.Table:
    """First and second doses of Comirnaty, over 100 days, 28 days apart; one in a hundred seconds comes too early."""
    ids = np.repeat(np.arange(first_id, first_id + persons), 2)
    rank = np.tile([1, 2], persons)
    late = np.where(rank == 2, np.where(ids % 100 == 0, 7, 28), 0)
    return pa.table(
        {
            "source_key": pa.array([f"pf03:{person}:{number}" for person, number in zip(ids, rank, strict=True)]),
            "person_id": ids,
            "occurred_on": np.datetime64("2021-03-01") + (ids % 100 + late).astype("timedelta64[D]"),
            "vaccine": pa.array(["comirnaty"] * len(ids)),
            "dose_number": rank.astype(np.int32),
            "series": pa.array(["primary"] * len(ids)),
            "series_doses": np.full(len(ids), 2, np.int32),
        }
    )


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


def plain_copy(rows: pa.Table) -> None:
    """COPY of the same rows, complete, into the same table."""
    from django.db import connection

    from allant.bulk import copy_in

    constants = {"disease": "covid19", "recorded_by": "bench", "source": "csv"}
    full = rows
    for name, value in constants.items():
        full = full.append_column(name, pa.array([value] * len(rows)))
    full = full.append_column("recorded_at", pa.array([0] * len(rows), pa.timestamp("us", "UTC")))
    for name in ("dose_number", "series_doses"):
        full = full.set_column(full.column_names.index(name), name, full[name].cast(pa.int16()))
    copy_in("immunizations_dose", full)
    connection.check_constraints()


def one_round(persons: int, number: int) -> dict[str, tuple[float, float]]:
    """New persons, their doses recorded; other new persons, the same doses copied."""
    from django.db import connection, transaction

    from allant.immunizations.actions import record_doses_in_bulk
    from tests.people.builders import load

    first, second = (2 * number * persons + 1), ((2 * number + 1) * persons + 1)
    for start in (first, second):
        load(persons, first_id=start)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE people_person")
    recorded, copied = doses(persons, first), doses(persons, second)

    def record() -> None:
        report = record_doses_in_bulk(
            recorded, source="csv", by="bench", forced_reason="bench", batch_key=f"pf03:{number}", today=TODAY
        )
        assert report.recorded == len(recorded), report

    def copy() -> None:
        with transaction.atomic():
            plain_copy(copied)

    return {"record": measured(record), "copy": measured(copy)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    settings.CLUSTER.start()
    name = f"bench_pf03_{os.getpid()}"
    settings.CLUSTER.ensure_database(name)
    connection.settings_dict["NAME"] = name
    try:
        call_command("migrate", verbosity=0)
        rounds = [one_round(options.rows // 2, number) for number in range(options.rounds)]
    finally:
        connection.close()
        with psycopg.connect(settings.CLUSTER.dsn("postgres"), autocommit=True) as admin:
            admin.execute(f"DROP DATABASE {name}")
    print(json.dumps(summary(rounds, options.rows), indent=2))


def summary(rounds: list[dict[str, tuple[float, float]]], rows: int) -> dict[str, float]:
    """Medians and ratios; a ratio of 0.2 is the aim."""
    wall = {side: statistics.median(times[side][0] for times in rounds) for side in ("record", "copy")}
    cpu = {side: statistics.median(times[side][1] for times in rounds) for side in ("record", "copy")}
    return {
        "rows": rows,
        "rounds": len(rounds),
        "record_rows_per_cpu_second": round(rows / cpu["record"]),
        "copy_rows_per_cpu_second": round(rows / cpu["copy"]),
        "cpu_ratio": round(cpu["copy"] / cpu["record"], 3),
        "record_rows_per_second": round(rows / wall["record"]),
        "copy_rows_per_second": round(rows / wall["copy"]),
        "wall_ratio": round(wall["copy"] / wall["record"], 3),
    }


if __name__ == "__main__":
    main()
