"""AV-30: a caller found by name and birth date, by telephone or by code's form, among a million, on one connection.

    .allant/venv/bin/python bench/inbound_search.py [--people 1000000] [--searches 500]

Makes a data folder and a durable PostgreSQL of its own. Names are drawn from syllables, so that many look alike; birth dates
spread over ninety years; what is searched has a letter changed, its accents dropped, or its words exchanged. The floor of the
same run is a read of one person by key. Aim: 150 ms at p95.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pyarrow as pa

SYLLABLES = ("le", "ma", "ké", "ra", "val", "bé", "du", "pont", "gui", "lo", "rou", "se", "mar", "tin", "lef", "vre",
             "ny", "gau")  # fmt: skip
BLOCK = 100_000


def named(dice: random.Random) -> str:
    """A name of two to four syllables."""
    return "".join(dice.choices(SYLLABLES, k=dice.randint(2, 4))).capitalize()


def load_register(people: int, dice: random.Random) -> list[tuple[str, str, date]]:
    """So many persons with a mobile each (few numbers, so many bear one); a thousand of them, to be searched."""
    from django.db import connection

    from allant.people.actions import load_contact_points, load_persons

    kept = []
    for start in range(1, people + 1, BLOCK):
        ids = list(range(start, min(start + BLOCK, people + 1)))
        rows = [(named(dice), f"{named(dice)} {named(dice)}", date(1920, 1, 1) + timedelta(dice.randrange(32_800))) for _ in ids]
        kept += rows[:: max(1, people // 1_000)]
        family, given, born = zip(*rows, strict=True)
        load_persons(
            pa.table({"person_id": ids, "family_name": family, "given_names": given, "birth_date": pa.array(born, pa.date32())}),
            by="bench",
        )
        mobiles = [f"063998{one % 10_000:04d}" for one in ids]
        load_contact_points(pa.table({"person_id": ids, "kind": ["mobile"] * len(ids), "value": mobiles}), by="bench")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE people_person, people_contactpoint")
    return kept


def misheard(family: str, given: str, dice: random.Random) -> str:
    """What an agent types: words exchanged, accents dropped, a letter changed."""
    at = dice.randrange(1, len(family))
    wrong = family[:at] + dice.choice("aeioustrln") + family[at + 1 :]
    first = given.split()[0]
    return dice.choice((f"{wrong} {first}", f"{first} {family}", family.upper().replace("É", "E"), f"{first} {wrong}"))


def timed(times: int, work: Callable[[], object]) -> dict[str, float]:
    """Milliseconds, the middle and the slow ones."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(1_000 * (time.perf_counter() - start))
    cuts = statistics.quantiles(taken, n=20)
    return {"p50_ms": round(cuts[9], 2), "p95_ms": round(cuts[18], 2), "worst_ms": round(max(taken), 2)}


def run(people: int, searches: int) -> dict[str, object]:
    """Load, search, compare."""
    from allant.pages.inbound.finding import find_caller
    from allant.people.models import Person

    dice = random.Random(30)
    kept = load_register(people, dice)
    found = {"right": 0, "asked": 0}

    def by_name() -> None:
        family, given, born = dice.choice(kept)
        persons = find_caller(f"{misheard(family, given, dice)} {born:%d/%m/%Y}").persons
        found["asked"] += 1
        found["right"] += any((one.family_name, one.given_names) == (family, given) for one in persons[:3])

    def by_phone() -> None:
        find_caller(f"063998{dice.randrange(10_000):04d}")

    floor = timed(searches, lambda: Person.objects.get(pk=dice.randrange(1, people)))
    answer: dict[str, object] = {"people": people, "read_by_key": floor, "by_name": timed(searches, by_name)}
    return answer | {"by_phone": timed(searches, by_phone), "among_the_first_three": found["right"] / found["asked"]}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--searches", type=int, default=500)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="inbound-") as home:
        os.environ |= {"ALLANT_HOME": home, "DJANGO_SETTINGS_MODULE": "allant.site.settings"}
        from allant.site import start

        ready = start.start(migrate=True)
        try:
            print(json.dumps(run(options.people, options.searches), indent=2))
        finally:
            if ready.cluster:
                ready.cluster.stop()


if __name__ == "__main__":
    main()
