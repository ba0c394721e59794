"""PF-03: a CSV file of doses with errors, from bytes to report, beside COPY of the same rows. Aim: 100 000 rows under a minute.

    .allant/venv/bin/python bench/csv_import.py [--rows 100000] [--people 200000] [--rounds 3]

Works on a database of its own in the tests' cluster, dropped at the end. Half of the persons have one dose in the file, a quarter
two; one line in twenty is wrong, in ten ways. CPU-seconds are those of the two sides together: this process and its server
session. Medians, in JSON, with the peak memory of this process.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import sys
from datetime import UTC, date, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django
import numpy as np
import psycopg
import pyarrow as pa

from bench.pf03_bulk_recording import measured, plain_copy

TODAY = date(2022, 1, 1)
HEADER = "nir;nom;prenom;date_naissance;vaccin;lot;date;rang;site;lieu;nom_lieu;code_postal;commune;rpps;justificatif;identifiant"
WRONG = (
    ("nom", "Inconnu"), ("date_naissance", "31/02/1950"), ("vaccin", "Cominarty"), ("date", "18/01/21"), ("rang", "deux"),
    ("commune", "Brest"), ("lot", ""), ("nir", "123"), ("rpps", "99000000012"), ("lieu", "EPHAD"),
)  # fmt: skip


def load_register(people: int) -> None:
    """Persons born on 1 May 1950, their numbers, one doctor."""
    from allant.directory.models import Practitioner
    from allant.people.actions import load_matricules
    from tests.people.builders import load

    load(people)
    ids = range(1, people + 1)
    load_matricules(
        pa.table({
            "person_id": pa.array(ids, pa.int64()), "value": [numbers[n] for n in ids], "kind": ["NIR"] * people,
            "starts_on": pa.array([date(2000, 1, 1)] * people),
        }),
        by="bench",
    )  # fmt: skip
    Practitioner.objects.create(rpps="99000000011", family_name="Blanc", given_names="Alix", profession="10")


numbers: dict[int, str] = {}


def choose_numbers(people: int) -> None:
    """A distinct number for each person."""
    for person in range(1, people + 1):
        numbers[person] = f"2{person % 80 + 10:02d}05{person // 80 % 90 + 1:02d}{person // 7200 % 900 + 1:03d}001"
    assert len(set(numbers.values())) == people


def file_of(rows: int, round_number: int) -> bytes:
    """A file of this many lines, about other persons than the other rounds."""
    persons = rows * 2 // 3
    first = round_number * persons + 1
    lines = [HEADER]
    names = HEADER.split(";")
    for number in range(rows):
        person, rank = (first + number, 1) if number < persons else (first + number - persons, 2)
        on = date.fromordinal(date(2021, 3, 1).toordinal() + person % 100 + (28 if rank == 2 else 0))
        cells = [
            numbers[person], f"NOM{person}", "Camille", "01/05/1950", "Comirnaty", f"LOT{person % 40}", on.strftime("%d/%m/%Y"),
            str(rank), "bras gauche", "EHPAD", f"Résidence n° {person % 300}", "35000", "Rennes", "99000000011", "",
            f"D{round_number}-{number}",
        ]  # fmt: skip
        if number % 20 == 7:
            name, value = WRONG[number // 20 % len(WRONG)]
            cells[names.index(name)] = value
        lines.append(";".join(cells))
    return "\r\n".join(lines).encode()


def one_round(rows: int, number: int) -> dict[str, tuple[float, float]]:
    """A file imported; as many doses copied for persons of no file."""
    from django.db import connection, transaction

    from allant.doctrine import rules
    from allant.vaccination.imports.importing import Sender, import_file
    from allant.vaccination.imports.report import report_of
    from tests.people.builders import load

    content, book = file_of(rows, number), rules.as_known_on(TODAY)
    now = datetime(2022, 1, 1, tzinfo=UTC)
    outside = 50_000_000 + number * rows
    load(rows, first_id=outside)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE people_person")
        cursor.execute("ANALYZE people_matricule")

    def send() -> None:
        file, _ = import_file(content, name="bench.csv", sender=Sender("bench"), now=now, today=TODAY, book=book)
        report = report_of(file)
        assert report.received == rows and report.recorded > rows * 0.9, report

    def copy() -> None:
        with transaction.atomic():
            plain_copy(_plain(rows, outside))

    return {"import": measured(send), "copy": measured(copy), "size": (len(content), 0)}


def _plain(rows: int, first: int) -> pa.Table:
    ids = np.arange(first, first + rows)
    return pa.table(
        {
            "source_key": pa.array([f"copy:{person}" for person in ids]),
            "person_id": ids,
            "occurred_on": np.datetime64("2021-03-01") + (ids % 100).astype("timedelta64[D]"),
            "vaccine": pa.array(["comirnaty"] * rows),
            "dose_number": np.ones(rows, np.int32),
            "series": pa.array(["primary"] * rows),
            "series_doses": np.full(rows, 2, np.int32),
        }
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--people", type=int, default=250_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    settings.CLUSTER.start()
    name = f"bench_csv_{os.getpid()}"
    settings.CLUSTER.ensure_database(name)
    connection.settings_dict["NAME"] = name
    try:
        call_command("migrate", verbosity=0)
        choose_numbers(options.people)
        load_register(options.people)
        rounds = [one_round(options.rows, number) for number in range(options.rounds)]
    finally:
        connection.close()
        with psycopg.connect(settings.CLUSTER.dsn("postgres"), autocommit=True) as admin:
            admin.execute(f"DROP DATABASE {name}")
    print(json.dumps(summary(rounds, options.rows), indent=2))


def summary(rounds: list[dict[str, tuple[float, float]]], rows: int) -> dict[str, float]:
    """Medians and ratios."""
    wall = {side: statistics.median(times[side][0] for times in rounds) for side in ("import", "copy")}
    cpu = {side: statistics.median(times[side][1] for times in rounds) for side in ("import", "copy")}
    return {
        "rows": rows,
        "rounds": len(rounds),
        "megabytes": round(rounds[0]["size"][0] / 1e6, 1),
        "import_seconds": round(wall["import"], 2),
        "import_cpu_seconds": round(cpu["import"], 2),
        "import_rows_per_second": round(rows / wall["import"]),
        "import_rows_per_cpu_second": round(rows / cpu["import"]),
        "copy_rows_per_cpu_second": round(rows / cpu["copy"]),
        "cpu_ratio": round(cpu["copy"] / cpu["import"], 3),
        "wall_ratio": round(wall["copy"] / wall["import"], 3),
        "peak_memory_megabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


if __name__ == "__main__":
    main()
