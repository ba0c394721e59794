"""PF-01: two targets over a whole country through the population language, beside DuckDB SQL written by hand.

    python bench/pf01_targets.py COUNTRY_DIR [--runs 5] [--memory 4GB] [--on 2021-11-21] [--editor]

The country is one that `allant country make` and `allant country national` wrote (tables person and dose_summary).
Prints medians of wall seconds and CPU-seconds, their ratio and the peak memory. Aim: CPU at most 1.1 x and 6 s, 4 GiB.
With --editor the same targets, and the one of issue 4, are built as the workshop builds them, and what a manager waits for, the
count with its five splits, is measured beside (no floor: by hand only the count).
"""

import argparse
import resource
import statistics
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import django
import duckdb

if TYPE_CHECKING:
    from allant.targeting import Definition

BY_HAND = {
    "75+, not vaccinated, mobile": """
        SELECT count(*) FROM read_parquet('{country}/person/*.parquet') p
        ANTI JOIN read_parquet('{country}/dose_summary/*.parquet') s USING (person_id)
        WHERE birth_date <= DATE '{on}' - INTERVAL 75 YEAR AND has_mobile""",
    "booster due": """
        SELECT count(*) FROM read_parquet('{country}/person/*.parquet') p
        JOIN read_parquet('{country}/dose_summary/*.parquet') s USING (person_id)
        WHERE birth_date <= DATE '{on}' - INTERVAL 65 YEAR
            AND complete_on <= DATE '{on}' - INTERVAL 6 MONTH AND booster_on IS NULL""",
}

BY_HAND_IN_EDITOR = {
    **BY_HAND,
    "75+, not vaccinated, no institution, landline, Ain": """
        SELECT count(*) FROM read_parquet('{country}/person/*.parquet') p
        ANTI JOIN read_parquet('{country}/dose_summary/*.parquet') s USING (person_id)
        ANTI JOIN (FROM read_parquet('{country}/situation/*.parquet') WHERE kind = 'institution'
                   AND (starts_on IS NULL OR starts_on <= DATE '{on}') AND (ends_on IS NULL OR ends_on > DATE '{on}')) i
            USING (person_id)
        WHERE birth_date <= DATE '{on}' - INTERVAL 75 YEAR AND has_landline AND departement = '01'""",
}
WORKSHOP = {
    "75+, not vaccinated, mobile": (("age", {"lowest": 75, "highest": None}), ("not vaccinated", {}), ("mobile", {})),
    "booster due": (("age", {"lowest": 65, "highest": None}), ("booster_due", {"months": 6})),
    "75+, not vaccinated, no institution, landline, Ain": (
        ("age", {"lowest": 75, "highest": None}), ("not vaccinated", {}), ("not situation", {"values": ["institution"]}),
        ("landline", {}), ("departement", {"values": ["01"]}),
    ),
}  # fmt: skip


def main() -> None:
    """Measure each question by hand and in the language, in turn; counts must agree."""
    arguments = _arguments()
    django.setup()
    for question, sql in (BY_HAND_IN_EDITOR if arguments.editor else BY_HAND).items():
        tasks = {
            "by hand": lambda sql=sql: _by_hand(sql, arguments),
            "language": lambda question=question: _language(question, arguments),
        }
        if arguments.editor:
            tasks["language"] = lambda question=question: _counted(edited(question, arguments), arguments)
            tasks["with splits"] = lambda question=question: _with_splits(edited(question, arguments), arguments)
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in tasks}
        answers = set()
        for _ in range(arguments.runs):
            for name, task in tasks.items():  # in turn, so that a busy moment of the machine touches both
                seconds, answer = _timed(task)
                taken[name].append(seconds)
                answers.add(answer)
        if len(answers) != 1:
            raise SystemExit(f"{question}: the answers differ: {sorted(answers)}")
        _report(question, answers.pop(), taken)
    print(f"peak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("country", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--memory", default="4GB")
    parser.add_argument("--on", type=date.fromisoformat, default=date(2021, 11, 21))
    parser.add_argument("--editor", action="store_true")
    return parser.parse_args()


def _by_hand(sql: str, arguments: argparse.Namespace) -> int:
    with duckdb.connect(config={"memory_limit": arguments.memory}) as connection:
        found = connection.execute(sql.format(country=arguments.country, on=arguments.on)).fetchone()
    return int(found[0]) if found else 0


def _language(question: str, arguments: argparse.Namespace) -> int:
    from allant.targeting import define, tables

    t, on = tables(), arguments.on
    definition = define(
        (t.person.age_on(on) >= 75) & ~t.dose_summary.exists() & t.person.has_mobile
        if question.startswith("75+")
        else (t.person.age_on(on) >= 65) & (t.dose_summary.complete_on.months_on(on) >= 6) & ~t.dose_summary.booster_on.is_known()
    )
    return _counted(definition, arguments)


def _counted(definition: "Definition", arguments: argparse.Namespace) -> int:
    from allant.targeting.engine_duckdb import Engine

    with Engine(arguments.country, memory_limit=arguments.memory) as engine:
        return engine.count(definition)


def edited(question: str, arguments: argparse.Namespace) -> "Definition":
    """A target of this bench, built as the workshop builds it."""
    from allant.campaigns.workshop import catalogue, tree

    draft = tree.EMPTY
    for words, values in WORKSHOP[question]:
        code = words.removeprefix("not ")
        draft = tree.add(draft, (), catalogue.node(catalogue.KINDS[code], values, arguments.on))
        if code != words:
            draft = tree.deny(draft, (len(draft["and"]) - 1,))
    return tree.to_definition(draft)


def _with_splits(definition: "Definition", arguments: argparse.Namespace) -> int:
    from allant.campaigns.workshop.preview import preview
    from allant.campaigns.workshop.snapshots import snapshot_at

    seen = preview(definition, arguments.on, ("sms", "letter"), snapshot_at(arguments.country))
    assert all(sum(split.values()) == seen.count for split in seen.by.values())
    return seen.count


def _timed(task: Callable[[], int]) -> tuple[tuple[float, float], int]:
    wall, cpu = time.perf_counter(), _cpu()
    answer = task()
    return (time.perf_counter() - wall, _cpu() - cpu), answer


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _report(question: str, answer: int, taken: dict[str, list[tuple[float, float]]]) -> None:
    medians = {name: [statistics.median(column) for column in zip(*runs, strict=True)] for name, runs in taken.items()}
    print(f"{question}: {answer} persons")
    for name, (wall, cpu) in medians.items():
        print(f"  {name:11} {wall:8.2f} s wall {cpu:8.2f} s CPU")
    (hand_wall, hand_cpu), (our_wall, our_cpu) = medians["by hand"], medians["language"]
    print(f"  ratio       {our_wall / hand_wall:8.2f}        {our_cpu / hand_cpu:8.2f}      (aim 1.1)")


if __name__ == "__main__":
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "allant.site.settings")
    main()
