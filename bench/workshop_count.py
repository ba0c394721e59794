"""TG-03: how long the workshop takes to count a target and split it, on the register of this data folder.

    ALLANT_HOME=FOLDER .allant/venv/bin/python bench/workshop_count.py [--runs 5] [--on 2021-11-21] [--plan]

FOLDER is one that `allant demo --no-serve` made. Aim: two seconds on the demonstration. `--plan` prints PostgreSQL's plans.
On the nation: bench/pf01_targets.py --editor.
"""

import argparse
import os
import statistics
import sys
import time
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "allant.site.settings")

import django
from pf01_targets import WORKSHOP, edited

CHANNELS = ("sms", "letter")


def main() -> None:
    """Count each target of PF-01 as the page does."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--on", type=date.fromisoformat, default=date(2021, 11, 21))
    parser.add_argument("--plan", action="store_true")
    options = parser.parse_args()
    django.setup()
    from django.conf import settings

    from allant.campaigns.workshop.preview import preview
    from allant.people.models import Person
    from allant.site.database import prepare

    prepare(settings.ALLANT_HOME)
    print(f"{Person.objects.count()} persons")
    for question in WORKSHOP:
        definition = edited(question, options)
        taken = []
        for _ in range(options.runs):
            start = time.perf_counter()
            seen = preview(definition, options.on, CHANNELS)
            taken.append(time.perf_counter() - start)
        print(f"{question}: {seen.count} persons, {statistics.median(taken):.2f} s, at worst {max(taken):.2f} s")
        if options.plan:
            _plan(definition, options)


def _plan(definition, options: argparse.Namespace) -> None:
    from django.db import connection

    from allant.campaigns.workshop.preview import preview

    def explained(execute, sql, *others):
        execute(f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) {sql}", *others)
        print("\n".join(line for (line,) in others[-1]["cursor"].fetchall()))
        return execute(sql, *others)

    with connection.execute_wrapper(explained):
        preview(definition, options.on, CHANNELS)


if __name__ == "__main__":
    main()
