"""PF-06: prepare a wave (target, codes, invitations, messages) against COPY of the same rows into the same indexed tables.

    .allant/venv/bin/python bench/pf06_wave.py [--people 200000] [--rounds 3]

The whole wave of the standard is --people 3390000 --rounds 1. Aim: at most twice COPY. Works on a database of its own in
the tests' cluster, dropped at the end. Each round invites everybody by a campaign of its own, then copies the same
invitations and messages under other numbers into the same tables: same indexes, same constraints. Codes are rendered when
messages leave; here they are rendered for the whole wave and counted with its preparation. CPU-seconds are those of the two
sides together: this process and its server session. Medians, in JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django
import numpy as np
import psycopg
import pyarrow as pa

OPENING = date(2021, 3, 31)
INVITATIONS = pa.schema([
    ("id", pa.int64()), ("campaign_id", pa.int64()), ("wave_id", pa.int64()), ("person_id", pa.int64()),
    ("channel", pa.string()), ("invited_on", pa.date32()), ("code_serial", pa.int64()), ("code_key_version", pa.int16()),
    ("revoked_by", pa.string()),
])  # fmt: skip
MESSAGES = pa.schema([
    ("id", pa.int64()), ("person_id", pa.int64()), ("cause_kind", pa.string()), ("cause_id", pa.int64()),
    ("channel", pa.string()),
    ("template", pa.string()), ("status", pa.string()), ("created_on", pa.date32()), ("send_after", pa.date32()),
    ("sent_in", pa.string()), ("drop_reason", pa.string()),
])  # fmt: skip
TABLES = {"campaigns_invitation": INVITATIONS, "outreach_message": MESSAGES}


def measured(work: Callable[[], object]) -> tuple[float, float]:
    """Wall seconds and CPU-seconds of this process and of its PostgreSQL session."""
    from django.db import connection

    session = connection.connection.info.backend_pid
    wall, own, server = time.perf_counter(), time.process_time(), _cpu_of(session)
    work()
    return time.perf_counter() - wall, time.process_time() - own + _cpu_of(session) - server


def _cpu_of(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def load_register(people: int) -> None:
    """`people` persons of 75 and over, one in two with a mobile."""
    from django.db import connection

    from allant.people.actions import load_contact_points
    from tests.people.builders import load

    load(people, born=date(1940, 5, 1))
    mobiles = np.arange(1, people + 1, 2)
    kind, value = ["mobile"] * len(mobiles), [f"+336{number:08d}" for number in mobiles]
    load_contact_points(pa.table({"person_id": mobiles, "kind": kind, "value": value}), by="bench")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE people_person, people_contactpoint")


def campaign(number: int):
    """One that nobody was invited by yet."""
    from allant.campaigns.actions import CampaignPlan, save_campaign
    from allant.targeting import define, tables

    t = tables()
    target = define((t.person.age_on(OPENING) >= 75) & ~t.dose.exists() & ~t.person.died_on.is_known() & t.person.rights_open)
    plan = CampaignPlan(
        slug=f"pf06-{number}", programme="covid19", title="Vague", starts_on=OPENING, target=target, channels=("sms", "letter"),
        template="covid-invitation", act="dose_summary.first_on",
    )  # fmt: skip
    return save_campaign(plan, by="bench")


def prepare(number: int, people: int) -> dict[str, tuple[float, float]]:
    """The wave, then its codes."""
    from allant.campaigns import codes, keyring, waves

    fresh = campaign(number)
    keyring.current()
    launched = []
    spent = {"wave": measured(lambda: launched.append(waves.launch_wave(fresh, on=OPENING, by="bench")))}
    (wave,) = launched
    assert (wave.size, wave.invitations.count()) == (people, people)
    serials = range(wave.first_serial, wave.first_serial + people)
    spent["codes"] = measured(lambda: codes.render(np.fromiter(serials, dtype=np.int64), keyring.current()))
    return spent


def copied(number: int, people: int) -> tuple[float, float]:
    """COPY of the rows that the wave of this round wrote, of another campaign and under other numbers."""
    from django.db import connection, transaction

    from allant import bulk
    from allant.campaigns.models import Wave

    of = Wave.objects.get(campaign__slug=f"pf06-{number}")
    other, shift = campaign(number + 1000), 10**9
    rows = {
        table: bulk.copy_out(f"SELECT {', '.join(schema.names)} FROM {table} WHERE {mine} ORDER BY id", [of.pk], schema)
        for (table, schema), mine in zip(
            TABLES.items(),
            ("wave_id = %s", "cause_id IN (SELECT id FROM campaigns_invitation WHERE wave_id = %s)"),
            strict=True,
        )
    }
    for table, columns in {"campaigns_invitation": ("id", "code_serial"), "outreach_message": ("id", "cause_id")}.items():
        for name in columns:
            rows[table] = replaced(rows[table], name, rows[table][name].to_numpy() + shift)
    rows["campaigns_invitation"] = replaced(rows["campaigns_invitation"], "campaign_id", np.full(people, other.pk))

    def copy() -> None:
        with transaction.atomic():
            for table, ready in rows.items():
                assert bulk.copy_in(table, ready) == people
            connection.check_constraints()

    return measured(copy)


def replaced(rows: pa.Table, name: str, values: np.ndarray) -> pa.Table:
    """The table with one column changed."""
    return rows.set_column(rows.column_names.index(name), rows.schema.field(name), pa.array(values))


def one_round(number: int, people: int) -> dict[str, tuple[float, float]]:
    """The wave, its codes, and the floor."""
    from django.db import connection

    spent = prepare(number, people)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE campaigns_invitation, outreach_message")
        cursor.execute("CHECKPOINT")
    return {**spent, "copy": copied(number, people)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    settings.CLUSTER.start()
    name = f"bench_pf06_{os.getpid()}"
    settings.CLUSTER.ensure_database(name)
    connection.settings_dict["NAME"] = name
    try:
        call_command("migrate", verbosity=0)
        load_register(options.people)
        rounds = [one_round(number, options.people) for number in range(options.rounds)]
    finally:
        connection.close()
        with psycopg.connect(settings.CLUSTER.dsn("postgres"), autocommit=True) as admin:
            admin.execute(f"DROP DATABASE {name}")
    print(json.dumps(summary(rounds, options.people), indent=2))


def summary(rounds: list[dict[str, tuple[float, float]]], people: int) -> dict[str, float]:
    """Medians and ratios: preparation (wave and codes) over COPY; 2 is the aim."""
    medians = {
        (part, unit): statistics.median(spent[part][at] for spent in rounds)
        for part in ("wave", "codes", "copy")
        for at, unit in enumerate(("wall", "cpu"))
    }
    lines: dict[str, float] = {"people": people, "rounds": len(rounds)}
    for unit in ("cpu", "wall"):
        lines |= {f"{part}_{unit}_seconds": round(medians[part, unit], 2) for part in ("wave", "codes", "copy")}
        prepared = medians["wave", unit] + medians["codes", unit]
        lines[f"{unit}_ratio"] = round(prepared / medians["copy", unit], 2)
    return lines


if __name__ == "__main__":
    main()
