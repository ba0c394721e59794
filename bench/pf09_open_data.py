"""PF-09: the national open-data files of a whole campaign beside one raw DuckDB aggregate over the same Parquet.

    python bench/pf09_open_data.py COUNTRY_DIR [--runs 3] [--memory 4GB] [--on 2021-11-21]

Raw: doses joined to persons, class by a CASE on the birth date, eight conditional counts by day, class and vaccine, fetched.
Ours: the same doses to the four national files on disk (`--territories`: with the file by week and département under secrecy).
Prints medians of wall seconds and CPU-seconds, and their ratio. Target: at most 1.5.
"""

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import django
import duckdb
from django.conf import settings

RAW = """
SELECT d.occurred_on, {age_class} AS age_class, d.vaccine,
    count(*) FILTER (WHERE dose_number = 1), count(*) FILTER (WHERE dose_number = 2),
    count(*) FILTER (WHERE dose_number = 3), count(*) FILTER (WHERE dose_number = 4),
    count(*) FILTER (WHERE series = 'primary' AND dose_number = series_doses), count(*) FILTER (WHERE series = 'booster'),
    count(*) FILTER (WHERE series = 'second_booster'), count(*) FILTER (WHERE series = 'third_booster')
FROM read_parquet('{country}/dose/*.parquet') d JOIN read_parquet('{country}/person/*.parquet') p USING (person_id)
WHERE d.occurred_on <= DATE '{on}' GROUP BY ALL
"""


def main() -> None:
    """Measure and print."""
    arguments = _arguments()
    settings.configure()
    django.setup()
    tasks = {"raw aggregate": lambda: _raw(arguments), "open-data files": lambda: _ours(arguments)}
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in tasks}
    for _ in range(arguments.runs):
        for name, task in tasks.items():  # in turn, so that a busy moment of the machine touches both
            taken[name].append(_timed(task))
    medians = {name: [statistics.median(column) for column in zip(*runs, strict=True)] for name, runs in taken.items()}
    for name, (wall, cpu) in medians.items():
        print(f"{name:16} {wall:8.2f} s wall {cpu:8.2f} s CPU")
    (raw_wall, raw_cpu), (our_wall, our_cpu) = medians.values()
    print(f"ratio            {our_wall / raw_wall:8.2f}        {our_cpu / raw_cpu:8.2f}      (target 1.5)")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("country", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--memory", default="4GB")
    parser.add_argument("--on", type=date.fromisoformat, default=date(2021, 11, 21))
    parser.add_argument("--territories", action="store_true")
    return parser.parse_args()


def _timed(task: Callable[[], object]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), _cpu()
    task()
    return time.perf_counter() - wall, _cpu() - cpu


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _raw(arguments: argparse.Namespace) -> None:
    parameters = _parameters()
    classes = parameters.age_classes(arguments.on)
    young = " ".join(
        f"WHEN birth_date > DATE '{day}' THEN '{code}'" for code, day in zip(classes.codes, classes.cut_offs(), strict=False)
    )
    age_class = f"CASE {young} WHEN birth_date IS NOT NULL THEN '{classes.codes[-1]}' END"
    with duckdb.connect() as connection:
        connection.execute(f"SET memory_limit = '{arguments.memory}'; SET preserve_insertion_order = false")
        connection.execute(RAW.format(age_class=age_class, country=arguments.country, on=arguments.on)).fetchall()


def _ours(arguments: argparse.Namespace) -> None:
    from allant.figures.publish import publish
    from allant.figures.sources import ParquetSource

    source = ParquetSource(arguments.country, memory_limit=arguments.memory)
    with tempfile.TemporaryDirectory() as folder:
        publish(source, _parameters(), arguments.on, Path(folder), arguments.on, territories=arguments.territories)


def _parameters():  # type: ignore[no-untyped-def]
    from allant.doctrine import rules
    from allant.figures.parameters import Parameters

    return Parameters(rules.as_known_on(date(2021, 12, 31)))


if __name__ == "__main__":
    main()
