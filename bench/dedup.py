"""Duplicates among a million identities (ID-09): seconds, CPU, memory, ceiling of the keys, precision and recall.

    .allant/venv/bin/python bench/dedup.py [--people 1000000] [--seed 31] [--keep records.parquet]

Makes a synthetic country with second records and twins (not the seed the weights were learnt on), then in turn: records prepared,
keys, scores with the shipped weights. The floor, measured in the same run: one hash join of the records on birth date, counted.
Aim: recall ≥ 0.97 at precision ≥ 0.999, in minutes.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

FLOOR = "SELECT count(*) FROM made AS a JOIN made AS b ON a.birth_date = b.birth_date AND a.id < b.id"


def main() -> None:
    """Run and print."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--people", type=int, default=1_000_000)
    asked.add_argument("--seed", type=int, default=31)
    asked.add_argument("--keep", type=Path, help="made records: read when there, written otherwise")
    told = asked.parse_args()

    import duckdb
    import pyarrow.parquet as pq

    from allant.country.linkage_training import made_records, measure
    from allant.linkage import load_model

    clock = Watch()
    if told.keep and told.keep.exists():
        records = pq.read_table(told.keep)
    else:
        records = made_records(told.people, told.seed)
        if told.keep:
            pq.write_table(records, told.keep)
    clock.say(f"{len(records)} records made")
    with duckdb.connect() as duck:
        duck.register("made", records)
        duck.execute(FLOOR).fetchone()
        floor = clock.say("floor: join on the birth date")
        found = measure(duck, records, load_model(), say=print)
        cost = clock.say("prepared, blocked and scored")
    print(f"{cost / max(floor, 0.01):.1f} x the floor in CPU; {found.compared} pairs compared")
    print(f"true pairs {found.true}; ceiling {found.ceiling:.4f}; recall {found.recall:.4f}; precision {found.precision:.5f}")
    print(f"wrong pairs {found.wrong}; memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB at most")


class Watch:
    """Wall and CPU seconds since it was last asked."""

    def __init__(self) -> None:
        self.wall, self.cpu = time.monotonic(), time.process_time()

    def say(self, what: str) -> float:
        """Print both; gives the CPU-seconds."""
        wall, cpu = time.monotonic() - self.wall, time.process_time() - self.cpu
        print(f"{what}: {wall:.1f} s, {cpu:.1f} CPU-s", flush=True)
        self.wall, self.cpu = time.monotonic(), time.process_time()
        return cpu


if __name__ == "__main__":
    main()
