"""PF-02 and PF-03 over HTTP: doses recorded by FHIR, one by one and in bundles, and by the page's form, beside a one-row JSON
view and raw inserts.

    .allant/venv/bin/python bench/pf02_http.py [--singles 4000] [--clients 8]

Makes a data folder and a durable PostgreSQL of its own, serves the site with granian (2 workers, loopback), and sends from 8
connections that stay open. CPU-seconds are those of the server and of PostgreSQL together, the sender's left out. In JSON.
Aims: a single act at most 2.5 × the CPU of the JSON view, and 466 a second; bundles 5 000 doses a second.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

import pf02_pages  # noqa: E402

TICK = os.sysconf("SC_CLK_TCK")
TODAY = "2021-06-30"
PAGES = ("page_shown", "page_check", "page_form", "page_summary")  # the whole journey of one dose
Message = bytes
RAW_INSERT = """
INSERT INTO immunizations_dose (person_id, disease, occurred_on, vaccine, dose_number, series, series_doses, lot, recorded_at,
    recorded_by, source, source_key)
VALUES (%s, 'covid19', '2021-06-01', 'comirnaty', 1, 'primary', 2, 'EX0001', now(), 'bench', 'csv', %s)
"""


def cpu_of_tree(pid: int) -> float:
    """CPU-seconds of a process, of its living descendants, and of those it has buried."""
    parents: dict[int, list[int]] = {}
    spent: dict[int, float] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text("ascii", errors="replace").rpartition(")")[2].split()
            except OSError:
                continue
            parents.setdefault(int(fields[1]), []).append(int(folder.name))
            spent[int(folder.name)] = sum(int(fields[n]) for n in (11, 12, 13, 14)) / TICK
    total, todo = 0.0, [pid]
    while todo:
        one = todo.pop()
        total += spent.get(one, 0.0)
        todo += parents.get(one, [])
    return total


class Connection:
    """A connection that stays open; reads whole answers."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, message: Message) -> tuple[int, bytes]:
        """Status and body of the answer."""
        self.socket.sendall(message)
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._more()
        head, _, body = data.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        while len(body) < length:
            body += self._more()
        return int(head.split(b" ", 2)[1]), body

    def _more(self) -> bytes:
        if not (data := self.socket.recv(1 << 20)):
            raise ConnectionError("the server closed the connection")
        return data


def request(method: str, path: str, body: bytes = b"", headers: str = "") -> Message:
    """The bytes of a request."""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    return head.encode() + body


def sent(port: int, messages: list[Message], clients: int, check: Callable[[int, bytes], None]) -> float:
    """Send everything from so many connections; wall seconds."""
    todo: queue.SimpleQueue[Message] = queue.SimpleQueue()
    for message in messages:
        todo.put(message)
    failures: list[str] = []

    def work() -> None:
        connection = Connection(port)
        while not failures:
            try:
                message = todo.get_nowait()
            except queue.Empty:
                return
            status, body = connection.send(message)
            try:
                check(status, body)
            except AssertionError as error:
                failures.append(f"{error} {status} {body[:400]!r}")

    threads = [threading.Thread(target=work) for _ in range(clients)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise SystemExit(failures[0])
    return time.perf_counter() - start


@contextmanager
def served(port: int) -> Iterator[int]:
    """granian, as `allant serve` runs it; its process id."""
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--host", "127.0.0.1", "--port", str(port),
        "--workers", "2", "--blocking-threads", "4", "--workers-kill-timeout", "2",
        "--log-level", "warning", "pf02_server:application",
    ]  # fmt: skip
    with subprocess.Popen(command, cwd=ROOT / "bench") as server:
        try:
            _answers(port, server)
            yield server.pid
        finally:
            server.send_signal(signal.SIGTERM)


def _answers(port: int, server: subprocess.Popen[bytes]) -> None:
    """Wait for the first connection: on a crowded machine the workers take minutes to load the site."""
    until = time.monotonic() + 600
    while True:
        try:
            Connection(port).socket.close()
            return
        except OSError:
            if server.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"The server does not answer on port {port}: see what it wrote above.") from None
            time.sleep(0.2)


def act(person_id: int, reference: str) -> dict[str, object]:
    """A first dose of Comirnaty."""
    return {
        "resourceType": "Immunization",
        "identifier": [{"system": "urn:bench", "value": f"acte-{person_id}"}],
        "status": "completed",
        "vaccineCode": {"coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": "208"}]},
        "patient": {"reference": reference},
        "occurrenceDateTime": "2021-06-01",
        "lotNumber": "EX0001",
        "performer": [{"actor": {"identifier": {"system": "https://rpps.esante.gouv.fr", "value": "10000000001"}}}],
        "protocolApplied": [{"doseNumberPositiveInt": 1, "seriesDosesPositiveInt": 2}],
    }


def bundle(acts: list[dict[str, object]]) -> bytes:
    """A batch bundle."""
    entries = [{"request": {"method": "POST", "url": "Immunization"}, "resource": one} for one in acts]
    return json.dumps({"resourceType": "Bundle", "type": "batch", "entry": entries}).encode()


def measured(port: int, messages: list[Message], doses: int, clients: int, check: Callable, watched: list[int]) -> dict:
    """Doses a second, and CPU milliseconds a dose: in all, and of PostgreSQL. `watched`: the server, then PostgreSQL."""
    before = [cpu_of_tree(pid) for pid in watched]
    wall = sent(port, messages, clients, check)
    spent = [1000 * (cpu_of_tree(pid) - start) / doses for pid, start in zip(watched, before, strict=True)]
    return {"per_second": round(doses / wall), "cpu_ms": round(sum(spent), 3), "cpu_ms_of_postgresql": round(spent[1], 3)}


def raw_inserts(dsn: str, first: int, count: int, postgres: int) -> dict:
    """The same rows by one INSERT a transaction, eight sessions: what PostgreSQL alone costs."""
    import psycopg

    def work(start: int) -> None:
        with psycopg.connect(dsn, autocommit=True) as connection:
            for person in range(start, first + count, 8):
                connection.execute(
                    RAW_INSERT,
                    [person, f"raw:{person}"],
                )

    before, start = cpu_of_tree(postgres), time.perf_counter()
    threads = [threading.Thread(target=work, args=[first + n]) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall = time.perf_counter() - start
    return {"per_second": round(count / wall), "cpu_ms_of_postgresql": round(1000 * (cpu_of_tree(postgres) - before) / count, 3)}


def checks() -> tuple[Callable, ...]:
    """What each answer must be: read, created, all created, all known, recorded by the page, shown or sent by it."""

    def read(status: int, body: bytes) -> None:
        assert status == 200

    def created(status: int, body: bytes) -> None:
        assert status == 201

    def all_created(status: int, body: bytes) -> None:
        assert status == 200 and b'"4' not in body.partition(b'"entry"')[2][:60] and body.count(b'"201 Created"') > 0
        assert b'"outcome"' not in body

    def all_known(status: int, body: bytes) -> None:
        assert status == 200 and b'"200 OK"' in body and b'"201' not in body and b'"outcome"' not in body

    def recorded(status: int, body: bytes) -> None:
        assert status == 302

    def shown_or_sent(status: int, body: bytes) -> None:
        assert status in (200, 302)

    return read, created, all_created, all_known, recorded, shown_or_sent


def run(options: argparse.Namespace, port: int) -> dict:
    """Everything, against a server that answers."""
    from django.db import connection

    from allant.api.clients import create_client
    from allant.api.fhir.ids import public_id
    from allant.directory.models import Organisation, Practitioner
    from tests.people.builders import load

    total = 2 * options.singles + options.bundled * 3 + options.pages * 2 + 1_000
    load(total, first_id=1, born=date(1950, 5, 1))
    connection.cursor().execute("ANALYZE people_person")
    Practitioner.objects.create(rpps="10000000001", family_name="A", given_names="B", profession="medecin")
    organisation = Organisation.objects.create(code="1", name="Bench", kind="practice")
    _, secret = create_client(name="bench", organisation=organisation, requests_per_minute=10_000_000, by="bench")
    postgres = int((Path(os.environ["ALLANT_HOME"]) / "postgres" / "postmaster.pid").read_text().split()[0])
    with served(port) as server:
        form = f"grant_type=client_credentials&client_id=bench&client_secret={secret}".encode()
        _, answer = Connection(port).send(
            request("POST", "/fhir/oauth2/token", form, "Content-Type: application/x-www-form-urlencoded\r\n")
        )
        headers = f"Authorization: Bearer {json.loads(answer)['access_token']}\r\nContent-Type: application/fhir+json\r\n"
        watched, (read, created, all_created, all_known, recorded, shown_or_sent) = [server, postgres], checks()
        ids = iter(range(1, total + 1))

        def take(count: int) -> list[dict[str, object]]:
            return [act(pk, f"Patient/{public_id('Patient', pk)}") for _, pk in zip(range(count), ids, strict=False)]

        def singles(count: int) -> list[Message]:
            return [request("POST", "/fhir/Immunization", json.dumps(one).encode(), headers) for one in take(count)]

        def bundles(count: int, size: int) -> list[Message]:
            return [request("POST", "/fhir", bundle(take(size)), headers) for _ in range(count // size)]

        hundreds = bundles(options.bundled, 100)
        sent(port, bundles(options.bundled, 100), options.clients, all_created)  # plans prepared
        patients = [pk for _, pk in zip(range(2 * options.pages), ids, strict=False)]
        day = date.fromisoformat(TODAY)
        for stage in pf02_pages.journeys(patients[: options.pages], request, day)[:3]:  # caches warm
            sent(port, stage, options.clients, shown_or_sent)
        form_pages, check_pages, record_posts, summary_pages = pf02_pages.journeys(patients[options.pages :], request, day)
        views = [request("GET", f"/bench/{pk}/") for pk in range(1, options.singles + 1)]
        sent(port, views[:400], options.clients, read)
        sent(port, singles(options.singles), options.clients, created)  # plans prepared, caches warm
        results = {
            "json_view": measured(port, views, len(views), options.clients, read, watched),
            "fhir_single": measured(port, singles(options.singles), options.singles, options.clients, created, watched),
            "page_shown": measured(port, form_pages, options.pages, options.clients, read, watched),
            "page_check": measured(port, check_pages, options.pages, options.clients, read, watched),
            "page_form": measured(port, record_posts, options.pages, options.clients, recorded, watched),
            "page_summary": measured(port, summary_pages(), options.pages, options.clients, read, watched),
            "fhir_bundles_of_100": measured(port, hundreds, options.bundled, options.clients, all_created, watched),
            "same_bundles_again": measured(port, hundreds, options.bundled, options.clients, all_known, watched),
            "fhir_bundles_of_1000": measured(
                port, bundles(options.bundled, 1_000), options.bundled, options.clients, all_created, watched
            ),
        }
    results["raw_inserts"] = raw_inserts(connection.connection.info.dsn, next(ids), 1_000, postgres)
    results["page_journey"] = {"cpu_ms": round(sum(results[name]["cpu_ms"] for name in PAGES), 3)}
    for name in ("fhir_single", "page_form", "page_journey"):
        results[f"{name}_over_view"] = round(results[name]["cpu_ms"] / results["json_view"]["cpu_ms"], 2)
    return results


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--singles", type=int, default=4_000)
    parser.add_argument("--bundled", type=int, default=20_000)
    parser.add_argument("--pages", type=int, default=600)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--port", type=int, default=8197)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pf02-") as home:
        os.environ |= {"ALLANT_HOME": home, "ALLANT_TODAY": TODAY, "DJANGO_SETTINGS_MODULE": "allant.site.settings"}
        from allant.site import assets, start

        ready = start.start(migrate=True)
        try:
            assets.collect_if_changed()
            print(json.dumps(run(options, options.port), indent=2))
        finally:
            if ready.cluster:
                ready.cluster.stop()


if __name__ == "__main__":
    main()
