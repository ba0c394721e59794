"""PF-12: a patient found by NIR through the téléservice's page, beside a view that reads one row by its key.

    .allant/venv/bin/python bench/pf12_search.py [--people 1000000] [--searches 2000] [--clients 8] [--big]

Makes a data folder and a durable PostgreSQL of its own, loads a register where one person in four is attached to another, serves
the site with granian (2 workers, loopback). Eight professionals search at once, each answer with its session, rights, limit of
guesses, access log and opened file. Two floors in the same run: a JSON view that reads one row by its key as any page of the
téléservice does (session, role, place, rights, access log), and the same view for everybody, without a session. CPU-milliseconds
are those of the server and of PostgreSQL, the sender's left out. `--big`: the statement alone over a narrow table of 67.7 M rows
(id, number, sort key), on one connection, beside a read by key of the same table; with `--people 0`, that alone. Aim: p95 at most
3 × the floor's, and 50 ms.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pyarrow as pa

from bench.pf02_http import Connection, cpu_of_tree, request

NATION = 67_676_577
TODAY = "2021-06-30"
SECRET = "a" * 32  # a CSRF secret, sent as cookie and as header
Send = Callable[[Connection, int], None]


def number(person: int) -> str:
    """A well-formed number for each person, without its key."""
    return f"2{person % 100:02d}{1 + person // 100 % 12:02d}35{1 + person // 1_200 % 999:03d}{1 + person // 1_198_800 % 999:03d}"


def load_register(people: int) -> None:
    """One in four is attached to the person before, and bears no number."""
    from django.db import connection

    from allant.people.actions import load_matricules, load_persons

    ids = range(1, people + 1)
    persons = {
        "person_id": pa.array(ids, pa.int64()),
        "family_name": [f"Nom{one}" for one in ids],
        "given_names": ["Camille"] * people,
        "birth_date": pa.array([date(1950, 5, 1)] * people, pa.date32()),
        "policyholder_id": pa.array([one - 1 if one % 4 == 0 else None for one in ids], pa.int64()),
    }
    load_persons(pa.table(persons), by="bench")
    bearers = [one for one in ids if one % 4]
    numbers = {"person_id": bearers, "value": [number(one) for one in bearers], "kind": ["NIR"] * len(bearers)}
    load_matricules(pa.table({**numbers, "starts_on": pa.array([date(2000, 1, 1)] * len(bearers))}), by="bench")
    connection.cursor().execute("ANALYZE people_person, people_matricule")


def sessions(count: int) -> Iterator[str]:
    """The headers of so many professionals signed in by card."""
    from django.test import Client

    from tests.pages.teleservice import signed_in

    for rank in range(count):
        client = Client()
        signed_in(client, username=f"bench:{rank}", rpps=f"999{rank:08d}", structures=(f"B{rank}",))
        cookies = f"sessionid={client.cookies['sessionid'].value}; csrftoken={SECRET}"
        yield f"Cookie: {cookies}\r\nX-CSRFToken: {SECRET}\r\nContent-Type: application/x-www-form-urlencoded\r\n"


def measured(port: int, sends: list[Send], drawn: list[int], watched: list[int]) -> dict[str, float]:
    """Each client sends its share of `drawn`; latencies in milliseconds, searches a second, CPU-milliseconds each."""
    taken: list[float] = []
    failures: list[BaseException] = []

    def work(rank: int) -> None:
        try:
            connection = Connection(port)
            for person in drawn[rank :: len(sends)]:
                start = time.perf_counter()
                sends[rank](connection, person)
                taken.append(1_000 * (time.perf_counter() - start))
        except (AssertionError, OSError) as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=[rank]) for rank in range(len(sends))]
    before, start = sum(map(cpu_of_tree, watched)), time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall, spent = time.perf_counter() - start, sum(map(cpu_of_tree, watched)) - before
    if failures:
        raise SystemExit(repr(failures[0]))
    cuts = statistics.quantiles(taken, n=20)
    return {
        "p50_ms": round(cuts[9], 2), "p95_ms": round(cuts[18], 2),
        "per_second": round(len(drawn) / wall), "cpu_ms": round(1_000 * spent / len(drawn), 3),
    }  # fmt: skip


def search(headers: str) -> Send:
    """A NIR typed in the page: the answer leads to the file, or to the choice among those attached."""

    def send(connection: Connection, person: int) -> None:
        body = f"patient={number(person)}".encode()
        status, answer = connection.send(request("POST", "/professionnel/vaccin-covid/", body, headers))
        assert status == 302, (status, answer[:2_000])

    return send


def read(address: str, headers: str) -> Send:
    """One row by its key."""

    def send(connection: Connection, person: int) -> None:
        status, answer = connection.send(request("GET", f"{address}{person}/", b"", headers))
        assert status == 200, (status, answer[:2_000])

    return send


@contextmanager
def served(port: int) -> Iterator[int]:
    """granian, as `allant serve` runs it; its process id."""
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--host", "127.0.0.1", "--port", str(port),
        "--workers", "2", "--blocking-threads", "4", "--workers-kill-timeout", "2", "--log-level", "warning",
        "pf12_server:application",
    ]  # fmt: skip
    with subprocess.Popen(command, cwd=Path(__file__).parent) as server:
        try:
            for _ in range(1_200):
                try:
                    Connection(port)
                    break
                except OSError:
                    time.sleep(0.1)
            yield server.pid
        finally:
            server.send_signal(signal.SIGTERM)


def run(options: argparse.Namespace) -> dict[str, object]:
    """Everything, against a server that answers."""
    load_register(options.people)
    dice = random.Random(12)
    bearers = [one for one in (dice.randrange(1, options.people) for _ in range(2 * options.searches)) if one % 4]
    headers = list(sessions(options.clients))
    postgres = int((Path(os.environ["ALLANT_HOME"]) / "postgres" / "postmaster.pid").read_text().split()[0])
    with served(options.port) as server:
        watched, drawn = [server, postgres], bearers[: options.searches]
        kinds = {
            "public_read_by_key": [read("/bench/", "")] * options.clients,
            "read_by_key": [read("/bench/signed/", one) for one in headers],
            "search_by_nir": [search(one) for one in headers],
        }
        for sends in kinds.values():
            measured(options.port, sends, bearers[:400], watched)  # plans prepared, caches warm
        found = {name: measured(options.port, sends, drawn, watched) for name, sends in kinds.items()}
    ratios = {
        f"{measure}_over_{name}": round(found["search_by_nir"][measure] / found[name][measure], 2)
        for name in ("read_by_key", "public_read_by_key")
        for measure in ("p95_ms", "cpu_ms")
    }
    return {"people": options.people, "clients": options.clients, **found, **ratios}


def big(rows: int) -> dict[str, object]:
    """The statement over a narrow table of the nation, one connection, in milliseconds; a number of each row, drawn at random."""
    from django.db import connection

    dice = random.Random(12)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE UNLOGGED TABLE narrow AS SELECT n AS id, 'nom' || n AS sort_key,"
            " '1' || lpad((n::bigint * 7919 %% 999999999989)::text, 12, '0') AS value FROM generate_series(1, %s) AS n",
            [rows],
        )
        cursor.execute("ALTER TABLE narrow ADD PRIMARY KEY (id); CREATE UNIQUE INDEX ON narrow (value); ANALYZE narrow")

        def timed(statement: str, parameter: Callable[[int], object]) -> list[float]:
            taken = []
            for _ in range(2_000):
                drawn = parameter(dice.randrange(1, rows))
                start = time.perf_counter()
                cursor.execute(statement, [drawn])
                cursor.fetchall()
                taken.append(1_000 * (time.perf_counter() - start))
            return statistics.quantiles(taken, n=20)

        by_key = timed("SELECT id, value, sort_key FROM narrow WHERE id = %s", lambda one: one)
        by_number = timed(
            "SELECT id, value, sort_key FROM narrow WHERE value = %s ORDER BY sort_key",
            lambda one: f"1{one * 7919 % 999_999_999_989:012d}",
        )
    return {"rows": rows, "key_p95_ms": by_key[18], "number_p95_ms": by_number[18], "ratio": round(by_number[18] / by_key[18], 2)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--searches", type=int, default=2_000)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--port", type=int, default=8212)
    parser.add_argument("--big", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pf12-") as home:
        os.environ |= {"ALLANT_HOME": home, "ALLANT_TODAY": TODAY, "DJANGO_SETTINGS_MODULE": "allant.site.settings"}
        from allant.site import assets, start

        ready = start.start(migrate=True)
        try:
            found: dict[str, object] = {"nation": big(NATION)} if options.big else {}
            if options.people:
                assets.collect_if_changed()
                found |= run(options)
            print(json.dumps(found, indent=2))
        finally:
            if ready.cluster:
                ready.cluster.stop()


if __name__ == "__main__":
    main()
