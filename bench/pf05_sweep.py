"""PF-05: a sweep of the cases due, beside one hand-written UPDATE and INSERT, and what the stock costs.

    .allant/venv/bin/python bench/pf05_sweep.py [--stock 2000000] [--due 200000]

Makes a data folder and a durable PostgreSQL of its own. A stock of cases of a small process (three states, two deadlines, a
pause), one part of them due. In turns, three times each on fresh copies of the same due cases: the engine (`casework.sweep`),
and the floor: one transaction with `UPDATE … RETURNING` into the events, its dates written by hand as literals. Then the engine
alone with the same number due among a tenth of the stock. Aim: floor / engine ≥ 0.7, and a cost that follows the due cases.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

OPENED, ON, AT = date(2022, 3, 1), date(2022, 6, 1), datetime(2022, 6, 1, 2, tzinfo=UTC)
FAR = date(2022, 5, 20)  # opened too late to be due
RULES = """
bench.follow_up:
  label: Suivi
  unit: record
  fields: {reminder: delay, closing: delay, non_working_day: text, paused_in: texts, restarted_by: texts, open_cases: text}
  versions:
    - in_force: 2022-01-01
      known_from: 2022-01-01
      value: {reminder: {months: 3}, closing: {months: 9}, non_working_day: next, paused_in: [held], restarted_by: [],
              open_cases: keep}
      assumption: banc d'essai
"""
FLOOR = """
WITH moved AS (
    UPDATE casework_case SET state = 'reminded', entered_on = due_on, deadline = 'closing',
           due_on = (clock_from + interval '9 months')::date, steps = steps + 1
    WHERE due_on <= %s RETURNING id, steps, entered_on
)
INSERT INTO casework_caseevent (case_id, number, name, from_state, to_state, "on", at, by, cause)
SELECT id, steps, 'remind', 'waiting', 'reminded', entered_on, %s, 'floor', 'reminder' FROM moved"""


def declared():
    """The process, registered."""
    from allant.casework.process import Deadline, Process, Signal, State, Transition
    from allant.casework.registry import register

    process = Process(
        "bench", "Banc d'essai", "bench.follow_up",
        states=(State("waiting", "Attend"), State("held", "En examen"), State("reminded", "Relancé"), State("over", "Fin", True)),
        deadlines=(Deadline("reminder", "Relance", "reminder"), Deadline("closing", "Fin", "closing")),
        signals=(Signal("came", "Pièce"), Signal("back", "Rejet")),
        transitions=(
            Transition("remind", "Relance", ("waiting",), "reminded", on="reminder"),
            Transition("close", "Fin", ("reminded",), "over", on="closing"),
            Transition("examine", "Examen", ("waiting", "reminded"), "held", on="came"),
            Transition("reject", "Rejet", ("held",), "waiting", on="back"),
        ),
    )  # fmt: skip
    register(process)
    return process


def stock(process, book, first: int, count: int, days: int, opened: date) -> None:
    """`count` cases opened over so many days before `opened`."""
    from allant.casework.opening import open_cases

    select = """SELECT 1 + n %% 1000 AS person_id, 'n' || n AS key, %s::date - (n %% %s)::int AS opened_on, '{}'::jsonb AS data
                FROM generate_series(%s, %s) AS n"""
    for start in range(first, first + count, 500_000):
        end = min(start + 500_000, first + count) - 1
        open_cases(process=process, select=select, parameters=[opened, days, start, end], by="bench", at=AT, book=book)


def settle() -> None:
    """As after a night: statistics known, pages clean, nothing left to write."""
    from django.db import connection

    with connection.cursor() as cursor:
        for table in ("casework_case", "casework_caseevent"):
            cursor.execute(f"VACUUM (ANALYZE) {table}")
        cursor.execute("CHECKPOINT")


def again() -> None:
    """The due cases as they were before."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE casework_caseevent DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM casework_caseevent WHERE name = 'remind'")
        cursor.execute("ALTER TABLE casework_caseevent ENABLE TRIGGER USER")
        cursor.execute(
            """UPDATE casework_case SET state = 'waiting', deadline = 'reminder', due_on = entered_on, entered_on = opened_on,
            steps = 1 
            """
            "WHERE state = 'reminded'"
        )
    settle()


def engine(book, size: int) -> tuple[float, int]:
    """Seconds, and cases moved."""
    from allant.casework.sweep import sweep

    start = time.perf_counter()
    moved = sweep(ON, by="bench", book=book, at=AT, size=size, scope="bench").moved
    return time.perf_counter() - start, moved


def floor() -> tuple[float, int]:
    """The same by hand."""
    from django.db import connection, transaction

    start = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(FLOOR, [ON, AT])
        moved = cursor.rowcount
    return time.perf_counter() - start, moved


def run(options: argparse.Namespace, folder: Path) -> dict[str, object]:
    """Everything, in one server."""
    from django.db import connection

    from allant.doctrine import Rules
    from tests.people.builders import load

    (folder / "bench.yaml").write_text(RULES, "utf-8")
    book, process = Rules(folder).as_known_on(ON), declared()
    load(1000)
    due, small = options.due, max(options.stock // 10 - options.due, 0)
    stock(process, book, 1, due, 30, OPENED)
    stock(process, book, due + 1, small, 60, FAR + timedelta(60))
    settle()
    little, moved = engine(book, options.size)
    assert moved == due, (moved, due)
    again()
    stock(process, book, due + small + 1, options.stock - due - small, 60, FAR + timedelta(60))
    again()
    floors, engines = [], []
    for _ in range(options.times):
        for timed, call in ((floors, floor), (engines, lambda: engine(book, options.size))):
            seconds, moved = call()
            assert moved == due, (moved, due)
            timed.append(seconds)
            again()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM casework_case")
        (cases,) = cursor.fetchone()
    best, by_hand = statistics.median(engines), statistics.median(floors)
    return {
        "cases": cases, "due": due, "chunk": options.size, "engine_seconds": [round(each, 2) for each in engines],
        "floor_seconds": [round(each, 2) for each in floors], "floor_over_engine": round(by_hand / best, 2),
        "due_cases_a_second": round(due / best), "seconds_among_a_tenth": round(little, 2),
        "whole_over_a_tenth": round(best / little, 2),
    }  # fmt: skip


def main() -> None:
    """Run, print JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stock", type=int, default=2_000_000)
    parser.add_argument("--due", type=int, default=200_000)
    parser.add_argument("--size", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="allant-bench-") as home:
        os.environ |= {"ALLANT_HOME": home, "DJANGO_SETTINGS_MODULE": "allant.site.settings"}
        os.environ.pop("ALLANT_TODAY", None)
        from allant.site import start

        ready = start.start(migrate=True)
        try:
            books = Path(home) / "books"
            books.mkdir()
            print(json.dumps(run(options, books), indent=2))
        finally:
            if ready.cluster:
                ready.cluster.stop()


if __name__ == "__main__":
    main()
