"""A centre of SMS: SMPP 3.4 on a port, its faults and its handsets by a control port, what it took in a file of JSON lines.

    allant simulate sms-centre -- --journal handsets.jsonl       first line printed: smpp://127.0.0.1:PORT 127.0.0.1:CONTROL

Control, one JSON object a line, one answered:
    {"set": {"throttle_next": 3}}                   the faults of `Behaviour`
    {"inbound": {"from": "33639980001", "to": "38000", "text": "STOP"}}
        a long text comes in parts; with "parts": [2, 1], these, in this order; with "again": true, those of the last answer
    {"drop": true}                                  closes every connection
    {"forget": true}                                gives no more what waits for a client
    {"count": true}                                 {"accepted": 12, "sessions": 1, "waiting": 0}

Protocol units are those of smpplib, which the product's sender uses too; the server side (sessions, windows, receipts) is ours.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from smpplib import consts

from allant.simulators.smpp_units import Delivery, Submitted, answer, parse, read_submitted

LOOPBACK = "127.0.0.1"
PORT = 9406


@dataclass(frozen=True)
class Behaviour:
    """What the centre does wrong. Delays in milliseconds; `…_next`: that many times; numbers are international, without +."""

    answer_delay: int = 0
    receipt_delay: int = 0
    early_receipts: bool = False
    "The receipt leaves before the answer to the submission."
    duplicate_receipts: bool = False
    no_receipts: bool = False
    throttle_next: int = 0
    fail_next: int = 0
    "A temporary system error."
    drop_before_taking_next: int = 0
    "The connection is closed, the message not taken."
    drop_before_answer_next: int = 0
    "The message is taken, then the connection closed without an answer."
    refuse_binds_next: int = 0
    per_second: int = 0
    "Above: throttled. 0: no limit."
    refused: list[str] = field(default_factory=list)
    undeliverable: list[str] = field(default_factory=list)
    expired: list[str] = field(default_factory=list)

    def state(self, number: str) -> str:
        """What becomes of a message to this number."""
        return "UNDELIV" if number in self.undeliverable else "EXPIRED" if number in self.expired else "DELIVRD"


class Centre:
    """What outlives a connection: faults, the messages taken, what waits for a client."""

    def __init__(self, behaviour: Behaviour, journal: IO[str]) -> None:
        self.behaviour, self.journal = behaviour, journal
        self.sessions: list[Session] = []
        self.accepted = 0
        self.waiting: dict[int, Delivery] = {}
        "Not acknowledged yet: given again to the next client."
        self._next, self._typed = 0, 0
        self._second, self._taken = 0, 0

    def use_up(self, fault: str) -> bool:
        """Whether this `…_next` fault falls now."""
        left = getattr(self.behaviour, fault)
        if left:
            self.behaviour = replace(self.behaviour, **{fault: left - 1})
        return bool(left)

    def over_limit(self) -> bool:
        """Whether this second has had its messages."""
        if not self.behaviour.per_second:
            return False
        second = int(time.monotonic())
        self._taken = self._taken + 1 if second == self._second else 1
        self._second = second
        return self._taken > self.behaviour.per_second

    def take(self, submitted: Submitted) -> str:
        """A handset will get it: written in the journal before any answer."""
        self.accepted += 1
        smsc_id = f"{self.accepted:x}"
        self.journal.write(json.dumps({"id": smsc_id, **asdict(submitted)}, ensure_ascii=False) + "\n")
        self.journal.flush()
        return smsc_id

    def deliver(self, delivery: Delivery) -> None:
        """Give it to a client, now or when one comes."""
        self._next += 1
        self.waiting[self._next] = delivery
        if self.sessions:
            self.sessions[self._next % len(self.sessions)].send_delivery(self._next, delivery)

    def typed(self, order: dict[str, Any]) -> None:
        """Somebody types an answer; `parts`: which parts of a long one come, in which order."""
        self._typed += 0 if order.get("again") else 1
        deliveries = Delivery.typed(order["from"], order.get("to", ""), order["text"], self._typed)
        for place in order.get("parts", range(1, len(deliveries) + 1)):
            self.deliver(deliveries[place - 1])

    def receipts(self, submitted: Submitted, smsc_id: str) -> None:
        """The receipts of a message taken, as many as the faults say."""
        state = self.behaviour.state(submitted.number)
        for _ in range(1 + self.behaviour.duplicate_receipts):
            self.deliver(Delivery.receipt(submitted, smsc_id, state))


class Session(asyncio.Protocol):
    """One connection of a client."""

    def __init__(self, centre: Centre) -> None:
        self.centre = centre
        self.buffer = b""
        self.sequence = 0
        self.given: dict[int, int] = {}
        "Sequence of a deliver_sm → what waits for its acknowledgment."

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self in self.centre.sessions:
            self.centre.sessions.remove(self)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        start = 0
        while len(self.buffer) - start >= 4 and not self.transport.is_closing():
            length = int.from_bytes(self.buffer[start : start + 4])
            if len(self.buffer) - start < length:
                break
            self.received(parse(self.buffer[start : start + length]))
            start += length
        self.buffer = self.buffer[start:]

    def received(self, unit: Any) -> None:
        """Act on one protocol unit."""
        if unit.command.startswith("bind_"):
            self.bind(unit)
        elif unit.command == "submit_sm":
            self.submitted(unit)
        elif unit.command == "deliver_sm_resp":
            self.centre.waiting.pop(self.given.pop(unit.sequence, 0), None)
        elif unit.command == "enquire_link":
            self.write(answer("enquire_link_resp", unit))
        elif unit.command == "unbind":
            self.write(answer("unbind_resp", unit))
            self.transport.close()

    def bind(self, unit: Any) -> None:
        """Open the session, then give what waited."""
        if self.centre.use_up("refuse_binds_next"):
            self.write(answer(f"{unit.command}_resp", unit, status=consts.SMPP_ESME_RBINDFAIL))
            return
        self.write(answer(f"{unit.command}_resp", unit, system_id="centre"))
        self.centre.sessions.append(self)
        for number, delivery in list(self.centre.waiting.items()):
            self.send_delivery(number, delivery)

    def submitted(self, unit: Any) -> None:
        """Take a message, or not."""
        centre, behaviour = self.centre, self.centre.behaviour
        submitted = read_submitted(unit)
        if centre.use_up("drop_before_taking_next"):
            self.transport.abort()
        elif centre.use_up("throttle_next") or centre.over_limit():
            self.later(answer("submit_sm_resp", unit, status=consts.SMPP_ESME_RTHROTTLED))
        elif centre.use_up("fail_next"):
            self.later(answer("submit_sm_resp", unit, status=consts.SMPP_ESME_RSYSERR))
        elif submitted.number in behaviour.refused:
            self.later(answer("submit_sm_resp", unit, status=consts.SMPP_ESME_RINVDSTADR))
        else:
            self.taken(unit, submitted, centre.take(submitted))

    def taken(self, unit: Any, submitted: Submitted, smsc_id: str) -> None:
        """Answer, and send the receipt: in the order that the faults say."""
        behaviour = self.centre.behaviour
        wanted = submitted.receipt and not behaviour.no_receipts
        if self.centre.use_up("drop_before_answer_next"):
            self.transport.abort()
        if wanted and behaviour.early_receipts:
            self.centre.receipts(submitted, smsc_id)
        if not self.transport.is_closing():
            self.later(answer("submit_sm_resp", unit, message_id=smsc_id))
        if wanted and not behaviour.early_receipts:
            delay = (behaviour.receipt_delay + behaviour.answer_delay) / 1000
            if delay:
                asyncio.get_running_loop().call_later(delay, self.centre.receipts, submitted, smsc_id)
            else:
                self.centre.receipts(submitted, smsc_id)

    def later(self, data: bytes) -> None:
        """Write after the answer's delay."""
        if delay := self.centre.behaviour.answer_delay:
            asyncio.get_running_loop().call_later(delay / 1000, self.write, data)
        else:
            self.write(data)

    def send_delivery(self, number: int, delivery: Delivery) -> None:
        """Give a receipt or an answer of a handset; kept until it is acknowledged."""
        self.sequence += 1
        self.given[self.sequence] = number
        self.write(delivery.unit(self.sequence))

    def write(self, data: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(data)


async def control(centre: Centre, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Obey orders, a JSON object a line."""
    async for line in reader:
        order = json.loads(line)
        if "set" in order:
            centre.behaviour = replace(centre.behaviour, **order["set"])
        if "inbound" in order:
            centre.typed(order["inbound"])
        if "forget" in order:
            centre.waiting.clear()
        if "drop" in order:
            for session in list(centre.sessions):
                session.transport.abort()
        counts = {"accepted": centre.accepted, "sessions": len(centre.sessions), "waiting": len(centre.waiting)}
        writer.write(json.dumps(counts).encode() + b"\n")
        await writer.drain()
    writer.close()


async def run(port: int, control_port: int, journal: Path, behaviour: Behaviour) -> None:
    """Listen until SIGINT or SIGTERM."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, ended.set)
    with journal.open("a", encoding="utf-8") as file:
        centre = Centre(behaviour, file)
        server = await loop.create_server(lambda: Session(centre), LOOPBACK, port)
        orders = await asyncio.start_server(lambda reader, writer: control(centre, reader, writer), LOOPBACK, control_port)
        ports = [each.sockets[0].getsockname()[1] for each in (server, orders)]
        print(f"smpp://{LOOPBACK}:{ports[0]} {LOOPBACK}:{ports[1]}", flush=True)
        await ended.wait()
        for session in list(centre.sessions):
            session.transport.close()
        server.close()
        orders.close()


def serve(arguments: Sequence[str] | None = None) -> None:
    """Run the centre until it is interrupted; `--port 0` takes a free port."""
    parser = argparse.ArgumentParser(
        prog="allant simulate sms-centre",
        description="Centre SMS de démonstration (SMPP 3.4, boucle locale seulement).",
        epilog=f"Exemple : allant simulate sms-centre --port {PORT} -- --journal sms.jsonl",
    )
    parser.add_argument("--port", type=int, default=PORT, help=f"port SMPP (par défaut {PORT})")
    parser.add_argument("--control-port", type=int, default=0, help="port des ordres (par défaut un port libre)")
    parser.add_argument("--journal", type=Path, default=Path("sms.jsonl"), help="où écrire les SMS pris, un par ligne")
    parser.add_argument("--set", default="{}", help="défauts, en JSON : " + ", ".join(Behaviour.__dataclass_fields__))
    options = parser.parse_args(arguments)
    asyncio.run(run(options.port, options.control_port, options.journal, Behaviour(**json.loads(options.set))))


if __name__ == "__main__":
    serve()
