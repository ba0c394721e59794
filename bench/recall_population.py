"""RP-04: everybody's booster dates, and who moves when the rules change, as one DuckDB pass over Parquet.

    python bench/recall_population.py COUNTRY_DIR [--before 2021-12-24] [--after 2021-12-28] [--memory 4GB] [--runs 3]

The country is one that `allant country make` and `allant replay national` wrote, or a snapshot; `--make N` writes N people with
made-up doses first. Floor: the same reading and joining, which only counts the rows, in the same run. Prints CPU-seconds first.
"""

import argparse
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import django
import duckdb


def main() -> None:
    """Measure the count of rows, the moves, the dates written."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("country", type=Path)
    parser.add_argument("--before", type=date.fromisoformat, default=date(2021, 12, 24))
    parser.add_argument("--after", type=date.fromisoformat, default=date(2021, 12, 28))
    parser.add_argument("--memory", default="4GB")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--make", type=int, default=0)
    arguments = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "allant.site.settings")
    django.setup()
    if arguments.make:
        make(arguments.country, arguments.make)
    from allant.doctrine import rules
    from allant.recall.moves import moves_in_snapshot, write_dates
    from allant.recall.population import in_snapshot, people_sql
    from allant.recall.posed import posed

    before, after = rules.as_known_on(arguments.before), rules.as_known_on(arguments.after)
    people = people_sql(in_snapshot(arguments.country), arguments.after, [posed(after, arguments.after)])
    target = Path(tempfile.mkdtemp()) / "dates.parquet"

    def floor() -> object:
        with duckdb.connect(config={"memory_limit": arguments.memory}) as connection:
            counted = "SELECT count(*), max(last_on), max(infected_on), max(birth_date), max(situations)"
            return connection.execute(f"{counted} FROM {people}").fetchone()

    tasks: dict[str, Callable[[], object]] = {
        "floor": floor,
        "moves": lambda: moves_in_snapshot(arguments.country, before, after, arguments.after, memory=arguments.memory),
        "dates": lambda: write_dates(arguments.country, target, after, arguments.after, memory=arguments.memory),
    }
    taken: dict[str, list[float]] = {name: [] for name in tasks}
    answers = {}
    for _ in range(arguments.runs):
        for name, task in tasks.items():
            began, wall = time.process_time(), time.perf_counter()
            answers[name] = task()
            taken[name].append(time.process_time() - began)
            print(f"{name}: {taken[name][-1]:.2f} CPU-s, {time.perf_counter() - wall:.2f} s")
    medians = {name: statistics.median(seconds) for name, seconds in taken.items()}
    for name in ("moves", "dates"):
        print(f"{name}: {medians[name] / medians['floor']:.2f} x the floor in CPU")
    print(answers["moves"])
    print(f"{answers['dates']} persons dated; peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB")


def make(folder: Path, people: int) -> None:
    """A country of made-up people, four in five complete, one in ten boosted, one in twelve infected."""
    born = "DATE '1925-01-01' + CAST(hash(n) % 32000 AS integer)"
    last = "DATE '2021-05-01' + CAST(hash(n + 7) % 210 AS integer)"
    vaccine = "CASE WHEN hash(n + 3) % 60 = 0 THEN 'janssen' ELSE 'comirnaty' END"
    tables = {
        "person": f"SELECT n AS person_id, {born} AS birth_date, CAST(NULL AS date) AS died_on FROM range({people}) AS m (n)",
        "dose_summary": f"""SELECT n AS person_id, {last} AS complete_on, {last} AS last_on, {vaccine} AS last_vaccine,
            CASE WHEN hash(n + 5) % 10 = 0 THEN {last} + 150 END AS booster_on
            FROM range({people}) AS m (n) WHERE hash(n) % 5 > 0""",
        "infection": f"""SELECT n AS person_id, DATE '2020-03-01' + CAST(hash(n + 9) % 640 AS integer) AS occurred_on
            FROM range({people}) AS m (n) WHERE hash(n + 1) % 12 = 0""",
        "situation": f"""SELECT n AS person_id, 'ald' AS kind, '' AS code, DATE '2015-01-01' AS starts_on,
            CAST(NULL AS date) AS ends_on
            FROM range({people}) AS m (n) WHERE hash(n + 2) % 6 = 0""",
    }
    for name, query in tables.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        duckdb.sql(f"COPY ({query}) TO '{folder / name}/part-0.parquet' (FORMAT parquet)")


if __name__ == "__main__":
    main()
