"""The simulated SMS centre as tests use it: its own process, its faults, what handsets got; people with numbers to write to."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

from allant import clock
from allant.outreach.models import Channel, Message, Template
from allant.outreach.sms.routes import Route, route_of
from allant.outreach.sms.sender import Sender
from allant.outreach.workers import new_name
from allant.people.models import ContactPoint, Person

AT = datetime(2021, 1, 18, 10, tzinfo=clock.PARIS)
DAY = date(2021, 1, 18)
SENDERS: list[Sender] = []


class Centre:
    """A running centre."""

    def __init__(self, process: subprocess.Popen[str], journal: Path) -> None:
        assert process.stdout
        address, control = process.stdout.readline().split()
        self._journal = journal
        self.address = address
        host, port = control.split(":")
        self._control = socket.create_connection((host, int(port)), timeout=10)
        self._answers = self._control.makefile("r")

    def order(self, **order: Any) -> dict[str, int]:
        """One order of the control port; the counts."""
        self._control.sendall(json.dumps(order).encode() + b"\n")
        return json.loads(self._answers.readline())  # type: ignore[no-any-return]

    def set(self, **faults: Any) -> None:
        self.order(set=faults)

    def typed(self, number: str, text: str, **options: Any) -> None:
        """Somebody types an answer; `parts`, `again`: as the centre's orders."""
        self.order(inbound={"from": number, "to": "38000", "text": text, **options})

    def taken(self) -> list[dict[str, Any]]:
        """What handsets got, in order."""
        return [json.loads(line) for line in self._journal.read_text().splitlines()]

    def clear(self) -> None:
        """Forget what handsets got."""
        self._journal.write_text("")

    def route(self, **options: Any) -> Route:
        options = {"source": "38000", "per_second": 10000, **options}
        written = "&".join(f"{name}={value}" for name, value in options.items())
        return route_of(f"{self.address.replace('smpp://', 'smpp://allant:secret@')}/?{written}")

    def close(self) -> None:
        self._answers.close()
        self._control.close()


@contextmanager
def running(folder: Path) -> Iterator[Centre]:
    """A centre in a process of its own."""
    journal = folder / "handsets.jsonl"
    command = [sys.executable, "-m", "allant.simulators.sms_centre", "--port", "0", "--journal", str(journal)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        centre = Centre(process, journal)
        try:
            yield centre
        finally:
            centre.close()
            process.terminate()


def number(rank: int) -> str:
    """A number of fiction, as a centre writes it."""
    return f"3363998{rank:04d}"


def template(slug: str = "offre", kind: str = "information", body: str = "Bonjour {name}") -> Template:
    """A wording of tests; every variable is lent by the cause `test`."""
    return Template.objects.create(
        slug=slug, channel=Channel.SMS, kind=kind, body=body, source="test", loaded_at=AT, loaded_by="test"
    )


def people(count: int, first: int = 1) -> list[Person]:
    """Persons with a mobile each."""
    made = Person.objects.bulk_create(
        Person(id=first + rank, family_name="Martin", given_names="Jeanne", departement_code="75", birth_date=date(1950, 5, 17))
        for rank in range(count)
    )
    ContactPoint.objects.bulk_create(ContactPoint(person=each, kind="mobile", value=f"+{number(each.pk)}") for each in made)
    return made


def waiting(persons: list[Person], slug: str = "offre", cause: int = 0) -> list[Message]:
    """A message each, due."""
    common = {"cause_kind": "test", "channel": Channel.SMS, "template": slug, "created_on": DAY, "send_after": DAY}
    return Message.objects.bulk_create(Message(person=each, cause_id=cause + each.pk, **common) for each in persons)


def sender(route: Route, at: datetime = AT) -> Sender:
    """A sender whose clock stands; the fixture `centre` closes it."""
    made = Sender(route, new_name("sms"), now=lambda: at)
    made.idle = made.holds_every = 0
    SENDERS.append(made)
    return made


def drain(sending: Sender, until: Any = None, turns: int = 200) -> None:
    """Turns until nothing is under way and nothing came for a while, or `until`."""
    quiet = 0
    for _ in range(turns):
        happened = sending.turn(0.05)
        quiet = 0 if happened or sending.busy else quiet + 1
        if (until and until()) or (until is None and quiet >= 3):
            return
    assert until is None, "What was awaited did not come."
