"""AP-03: the nearest free slots among 2 500 places, on one connection.

    .allant/venv/bin/python bench/ap03_nearest.py [--places 2500] [--days 14] [--searches 200]

Makes a data folder and a durable PostgreSQL of its own: places spread over the communes, a slot each half hour. Searches: free
hours everywhere; a scarce vaccine that one place in fifty gives; wheelchairs; one slot in forty still free. The floor of the same
run is a read of one slot by key. Aim: 100 ms at p95.
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
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

NOW, MONDAY = datetime(2021, 6, 6, 8, tzinfo=UTC), date(2021, 6, 7)


def make_places(places: int, days: int) -> list[int]:
    """So many places of random communes, twenty slots a day; the ids of their slots."""
    from django.db import connection

    from allant.appointments.models import Place
    from allant.directory.models import Location
    from allant.geography import communes

    table, dice = communes(), random.Random(3)
    codes = [row for row in table.to_pylist() if row["latitude"] is not None]
    towns = dice.sample(codes, places)
    locations = Location.objects.bulk_create(
        Location(kind="centre", name=f"Centre {number}", postcode="00000", commune_code=town["code"])
        for number, town in enumerate(towns)
    )
    Place.objects.bulk_create(
        Place(location=location, latitude=town["latitude"], longitude=town["longitude"], accessible=number % 3 == 0)
        for number, (location, town) in enumerate(zip(locations, towns, strict=True))
    )
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO appointments_slot (place_id, service, vaccine, starts_at, minutes)
               SELECT place.id, 'vaccination', CASE WHEN place.id %% 50 = 0 THEN 'spikevax' ELSE 'comirnaty' END, moment, 30
               FROM appointments_place AS place
               CROSS JOIN generate_series(%s::date, %s::date - 1, interval '1 day') AS day
               CROSS JOIN generate_series(day + interval '9 hours', day + interval '18 hours 30 minutes', interval '30 minutes')
                   AS moment""",
            [MONDAY, MONDAY + timedelta(days)],
        )
        cursor.execute(
            """INSERT INTO appointments_share (slot_id, audience, capacity, remaining)
               SELECT id, '', 2, 2 FROM appointments_slot"""
        )
        cursor.execute("ANALYZE appointments_place, appointments_slot, appointments_share")
        cursor.execute("SELECT id FROM appointments_slot ORDER BY id LIMIT 1000")
        return [row[0] for row in cursor.fetchall()]


def timed(times: int, work: Callable[[], object]) -> dict[str, float]:
    """Milliseconds, the middle and the slow ones."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(1_000 * (time.perf_counter() - start))
    cuts = statistics.quantiles(taken, n=20)
    return {"p50_ms": round(cuts[9], 2), "p95_ms": round(cuts[18], 2), "worst_ms": round(max(taken), 2)}


def run(places: int, days: int, searches: int) -> dict[str, object]:
    """The three searches beside the floor."""
    from django.db import connection

    from allant.appointments.models import Slot
    from allant.appointments.querysets import Wish
    from allant.geography import communes, position_of

    ids, dice = make_places(places, days), random.Random(5)
    towns = [row["code"] for row in communes().to_pylist() if row["latitude"] is not None]

    def wish(**values: object) -> Wish:
        latitude, longitude = position_of(dice.choice(towns))
        usual = {
            "service": "vaccination", "latitude": latitude, "longitude": longitude, "not_before": NOW,
            "until": NOW + timedelta(days=28), "audience": "", "today": NOW.date(),
        }  # fmt: skip
        return Wish(**{**usual, **values})  # type: ignore[arg-type]

    def search(**values: object) -> Callable[[], object]:
        return lambda: Slot.objects.nearest(wish(**values), most=32, a_place=4)

    def by_key() -> object:
        return Slot.objects.get(pk=dice.choice(ids))

    found = {
        "floor": timed(searches, by_key),
        "free": timed(searches, search()),
        "scarce vaccine": timed(searches, search(vaccines=("spikevax",))),
        "accessible": timed(searches, search(accessible=True)),
    }
    with connection.cursor() as cursor:
        cursor.execute("UPDATE appointments_share SET remaining = 0 WHERE slot_id % 40 <> 0")
        cursor.execute("VACUUM ANALYZE appointments_share")
    found["nearly full"] = timed(searches, search())
    found["ratios"] = {  # type: ignore[assignment]
        name: round(found[name]["p50_ms"] / found["floor"]["p50_ms"], 1) for name in found if name != "floor"
    }
    return {"places": places, "slots": places * days * 20, **found}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--places", type=int, default=2_500)
    parser.add_argument("--days", type=int, default=14)
    parser.add_argument("--searches", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="nearest-") as home:
        os.environ |= {"ALLANT_HOME": home, "DJANGO_SETTINGS_MODULE": "allant.site.settings"}
        from allant.site import start

        ready = start.start(migrate=True)
        try:
            print(json.dumps(run(options.places, options.days, options.searches), indent=2))
        finally:
            if ready.cluster:
                ready.cluster.stop()


if __name__ == "__main__":
    main()
