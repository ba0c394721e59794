"""AV-10: a centre whose protocol units are written by others (PyPI `smpp34`): the simulated one shares the product's library."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import smpp34

from allant.outreach.sms import receipts
from allant.outreach.sms.long_answers import part_of
from allant.outreach.sms.routes import route_of
from allant.outreach.sms.segments import cut
from allant.outreach.sms.sender import is_receipt
from allant.outreach.sms.session import DELIVERED, Session, Submission

TEXTS = ("Déjà prêt à 8 h € {x}", "Bonjour Jeanne " + "x" * 150, "Bonjour à tous [€]")


class Peer:
    """A server in a thread: what it took, one answer typed in a part, a receipt each."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.taken: list[tuple[str, int, int, bytes]] = []
        self.ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        assert self.ready.wait(10)

    def _run(self) -> None:
        self._task = self._loop.create_task(self._serve())
        try:
            self._loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            pass
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        server = smpp34.Server(host="127.0.0.1", port=self.port, system_id="peer")
        await server.start()
        self.ready.set()
        client, given = None, []
        while True:
            event = await server.next()
            if isinstance(event, smpp34.Esme):
                client = event
                given.append(asyncio.ensure_future(client.deliver_sm(
                    source_addr="33639980001", destination_addr="38000", esm_class=0x40, short_message=b"\5\0\3\7\2\2merci"
                )))  # fmt: skip
            elif isinstance(event, smpp34.SubmitSmEvent):
                self.taken.append((event.destination_addr, event.data_coding, event.esm_class, bytes(event.short_message)))
                event.accept(message_id=f"r{len(self.taken)}")
                given.append(asyncio.ensure_future(client.deliver_sm(
                    source_addr=event.destination_addr, destination_addr="38000", esm_class=4,
                    short_message=f"id:r{len(self.taken)} stat:DELIVRD err:000".encode(),
                )))  # fmt: skip

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(10)


@pytest.fixture
def peer() -> Iterator[Peer]:
    running = Peer()
    yield running
    running.close()


def test_av_10_another_peer_understands_what_is_given_and_is_understood(peer: Peer) -> None:
    session = Session(route_of(f"smpp://allant:secret@127.0.0.1:{peer.port}/?source=38000"))
    cuts = [cut(text, rank) for rank, text in enumerate(TEXTS, start=1)]
    parts = [
        Submission(f"3363998000{rank}", each.body(number), each.coding, len(each.parts) > 1, rank)
        for rank, each in enumerate(cuts, start=1) for number in range(1, len(each.parts) + 1)
    ]  # fmt: skip
    sequences = session.submit(parts)
    units: list[Any] = []
    until = time.monotonic() + 10
    while len(units) < 2 * len(parts) + 1 and time.monotonic() < until:
        units += session.receive(0.1)
    session.acknowledge([unit for unit in units if unit.command == DELIVERED])
    session.unbind()
    # It serves the units of a window at once: in any order.
    meant = [(part.number, part.coding, 0x40 if part.concatenated else 0, part.body) for part in parts]
    assert sorted(peer.taken) == sorted(meant)
    answers = [unit for unit in units if unit.command != DELIVERED]
    assert {unit.sequence for unit in answers} == set(sequences) and not any(unit.is_error() for unit in answers)
    found = [receipts.read_receipt(unit) for unit in units if unit.command == DELIVERED and is_receipt(unit)]
    assert {each.smsc_id for each in found if each} == {unit.message_id.decode() for unit in answers}
    (typed,) = [part_of(unit) for unit in units if unit.command == DELIVERED and not is_receipt(unit)]
    assert typed and (typed.reference, typed.total, typed.number, typed.body) == (7, 2, 2, b"merci")
