"""TG-09, PF-06: what a wave costs as its target grows: 100 000 people, a million, ten millions.

    .allant/venv/bin/python bench/targets_by_size.py [--sizes 100000 1000000 10000000]

One register grows from size to size, in a database of its own in the tests' cluster, dropped at the end; at each size a
campaign of its own invites everybody: definition, list, codes, outbox. CPU-seconds are those of this process and of its server
session; codes are rendered for the whole wave, as when its messages leave. Cost grows with the target when the last column stays
the same. JSON, a line a size.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import django
import psycopg
from pf06_wave import OPENING, measured, prepare

LOADED_AT_ONCE = 500_000


def grow(already: int, people: int) -> None:
    """Persons of 80 from one number to another, one in two with a mobile."""
    import numpy as np
    import pyarrow as pa
    from django.db import connection

    from allant.people.actions import load_contact_points
    from tests.people.builders import load

    for first in range(already + 1, people + 1, LOADED_AT_ONCE):
        size = min(LOADED_AT_ONCE, people + 1 - first)
        load(size, first, born=OPENING.replace(year=1941))
        mobiles = np.arange(first, first + size, 2)
        value = [f"+336399{number % 10**5:05d}" for number in mobiles]
        load_contact_points(pa.table({"person_id": mobiles, "kind": ["mobile"] * len(mobiles), "value": value}), by="bench")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE people_person, people_contactpoint")
        cursor.execute("CHECKPOINT")


def table(sizes: Sequence[int]) -> None:
    """A wave at each size."""
    already = 0
    for number, people in enumerate(sizes):
        loading = measured(lambda start=already, end=people: grow(start, end))
        already = people
        spent = prepare(number, people)
        wall, cpu = (sum(column) for column in zip(*spent.values(), strict=True))
        line = {
            "people": people,
            "loading_cpu_s": round(loading[1], 1),
            **{f"{name}_cpu_s": round(own, 2) for name, (_, own) in spent.items()},
            "wall_s": round(wall, 1),
            "cpu_s_per_million": round(cpu * 10**6 / people, 2),
        }
        print(json.dumps(line), flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10**5, 10**6, 10**7])
    options = parser.parse_args()
    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    settings.CLUSTER.start()
    name = f"bench_sizes_{os.getpid()}"
    settings.CLUSTER.ensure_database(name)
    connection.settings_dict["NAME"] = name
    try:
        call_command("migrate", verbosity=0)
        table(sorted(options.sizes))
    finally:
        connection.close()
        with psycopg.connect(settings.CLUSTER.dsn("postgres"), autocommit=True) as admin:
            admin.execute(f"DROP DATABASE {name}")


if __name__ == "__main__":
    main()
