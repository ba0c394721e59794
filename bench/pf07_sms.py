"""PF-07: SMS out over SMPP to the simulated centre, against the client library alone, same centre, same run.

    .allant/venv/bin/python bench/pf07_sms.py [--messages 5000] [--rounds 3]

The library alone: submit, answer, receipt, acknowledgment, a window of 50, nothing written anywhere. The sender: claim with the
contact policy, words, numbers, submissions written before the bytes, answers and receipts written, in PostgreSQL. Both ask for
receipts and end when the last one has come. Aim: at least 0.7 of the library's rate; 200 000 SMS a day was the national peak.
A second floor says what durability alone costs: the library with one row written before each message, a window at a time, and
nothing else (no queue, no policy, no answer written). Works on a database of its own, copied from the migrated template of the
tests, dropped at the end. Medians, in JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django
import psycopg
from smpplib import consts, gsm
from smpplib.client import Client

NATIONAL_PEAK = 200_000  # SMS a day
TEXT = "Bonjour Jeanne, des rendez-vous sont disponibles. Vous pouvez appeler le 0800 000 000. STOP au 38000"


def library(address: str, messages: int, write: Callable[[range], None] | None = None) -> float:
    """Seconds of the library alone, or with `write` before each batch of messages."""
    host, port = address.removeprefix("smpp://").split(":")
    client = Client(host, int(port), timeout=30, allow_unknown_opt_params=True)
    client.connect()
    client.bind_transceiver(system_id="bench", password="bench")
    answered = received = sent = 0

    def on_answer(pdu: object) -> None:
        nonlocal answered
        answered += 1

    def on_receipt(pdu: object) -> None:
        nonlocal received
        received += 1

    client.set_message_sent_handler(on_answer)
    client.set_message_received_handler(on_receipt)
    start = time.perf_counter()
    while received < messages:
        batch = range(sent, min(messages, answered + 50))
        if write and batch:
            write(batch)
        for _ in batch:
            parts, coding, esm_class = gsm.make_parts(TEXT)
            for part in parts:
                client.send_message(
                    source_addr_ton=consts.SMPP_TON_UNK, source_addr="38000", dest_addr_ton=consts.SMPP_TON_INTL,
                    destination_addr=f"3363998{sent % 10000:04d}", short_message=part, data_coding=coding, esm_class=esm_class,
                    registered_delivery=True,
                )  # fmt: skip
            sent += 1
        client.read_once()
    spent = time.perf_counter() - start
    client.unbind()
    client.disconnect()
    return spent


def written(batch: range) -> None:
    """One row a message, one transaction."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bench_given (message, at) SELECT unnest(%s::bigint[]), now()", [list(batch)])


def product(centre: object, messages: int, number: int) -> tuple[float, float]:
    """Seconds of the sender, from the first claim to the last receipt; CPU-seconds of its process."""
    from allant.outreach.models import Message
    from allant.outreach.workers import new_name
    from tests.outreach import centre as centres

    first = 1 + number * messages
    persons = load(messages, first)
    centres.waiting(persons)
    sender = centres.Sender(centre.route(per_second=1_000_000), new_name("sms"), now=lambda: centres.AT)  # type: ignore[attr-defined]
    start, cpu, delivered = time.perf_counter(), time.process_time(), 0
    while delivered < messages:
        happened = sender.turn(0.05)
        if not happened or (sender.handled >= messages and not sender.busy):
            delivered = Message.objects.filter(status="delivered", person_id__gte=first, person_id__lt=first + messages).count()
    spent = time.perf_counter() - start, time.process_time() - cpu
    sender.close()
    return spent


def load(count: int, first: int) -> list[object]:
    """Persons with a number each, all different."""
    from django.db import connection

    from allant.people.models import ContactPoint, Person

    made = Person.objects.bulk_create(
        Person(id=first + rank, family_name="Martin", given_names="Jeanne", departement_code="75", birth_precision="none")
        for rank in range(count)
    )
    ContactPoint.objects.bulk_create(ContactPoint(person=each, kind="mobile", value=f"+336{each.pk:08d}") for each in made)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return made


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    django.setup()
    from django.conf import settings
    from django.db import connection

    from tests import template_database

    settings.CLUSTER.start()
    name, template = f"bench_pf07_{os.getpid()}", template_database.ensure(settings.CLUSTER)
    with psycopg.connect(settings.CLUSTER.dsn("postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    connection.settings_dict["NAME"] = name
    try:
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE bench_given (message bigint, at timestamptz)")
        rounds = measured(options.messages, options.rounds)
    finally:
        connection.close()
        with psycopg.connect(settings.CLUSTER.dsn("postgres"), autocommit=True) as admin:
            admin.execute(f"DROP DATABASE {name}")
    print(json.dumps(summary(rounds, options.messages), indent=2))


def measured(messages: int, rounds: int) -> list[tuple[float, float, float, float]]:
    """Seconds of the library, of the library with one write, of the sender, and CPU-seconds of the sender's process, a round."""
    from tests.outreach import centre as centres
    from tests.outreach import conftest  # noqa: F401  registers the cause of the messages

    centres.template(body=TEXT)
    found = []
    with tempfile.TemporaryDirectory() as folder, centres.running(Path(folder)) as centre:
        for number in range(rounds):
            alone = library(centre.address, messages)
            durable = library(centre.address, messages, written)
            found.append((alone, durable, *product(centre, messages, number)))
    return found


def summary(rounds: list[tuple[float, float, float, float]], messages: int) -> dict[str, float]:
    """Rates and their ratio; 0.7 is the aim."""
    alone, durable, ours, cpu = (statistics.median(each) for each in zip(*rounds, strict=True))
    return {
        "messages": messages,
        "rounds": len(rounds),
        "library_per_second": round(messages / alone),
        "sender_per_second": round(messages / ours),
        "ratio": round(alone / ours, 2),
        "library_with_one_write_per_second": round(messages / durable),
        "ratio_to_library_with_one_write": round(durable / ours, 2),
        "cpu_milliseconds_a_message": round(1000 * cpu / messages, 2),
        "one_worker_ten_hours": round(messages / ours * 36_000),
        "minutes_of_the_national_peak": round(NATIONAL_PEAK * ours / messages / 60, 1),
    }


if __name__ == "__main__":
    main()
