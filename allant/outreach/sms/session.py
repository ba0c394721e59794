"""One connection to a centre, over smpplib: several units written at once, all those that came read at once."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from smpplib import consts, exceptions, smpp
from smpplib.client import Client

from allant.outreach.sms import units
from allant.outreach.sms.routes import Route
from allant.outreach.sms.units import DELIVERED, HEADER, SUBMITTED

PATIENCE = 10.0  # seconds for a connection, a bind, a write
CHUNK = 1 << 16
_ACKNOWLEDGED = (17).to_bytes(4) + (0x80000005).to_bytes(4) + bytes(4)  # deliver_sm_resp, accepted, without message_id


_SUBMIT = 0x00000004
_NUMBER, _TEXT, _REFERENCE = b"\1number\1", b"\1text\1", b"\xab\xcd"  # found again in the unit that the library makes


class LinkLost(ConnectionError):
    """The connection is gone, or was refused: what was given and not answered is in doubt."""


@dataclass(frozen=True, slots=True)
class Submission:
    """What to submit: the octets of one part."""

    number: str
    body: bytes
    coding: int
    concatenated: bool
    reference: int
    "Given back by some centres in receipts (user_message_reference)."


class Session:
    """A bound connection. Every method raises LinkLost when it is gone."""

    def __init__(self, route: Route) -> None:
        self._route = route
        self._buffer = b""
        self._ended = False
        self._shapes: dict[tuple[int, bool], tuple[bytes, bytes, bytes]] = {}
        self.heard = time.monotonic()
        "When the centre last said anything."
        self._client = Client(route.host, route.port, timeout=PATIENCE, allow_unknown_opt_params=True)
        try:
            self._client.connect()
            self._client.bind_transceiver(system_id=route.system_id, password=route.password)
            self._socket: socket.socket = self._client._socket
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except (exceptions.PDUError, exceptions.ConnectionError, OSError) as error:
            self.close()
            raise LinkLost(f"Centre SMS {route.host}:{route.port} : {error or 'connexion refusée'}") from error

    def submit(self, parts: Sequence[Submission]) -> list[int]:
        """Give parts to the centre; the sequence number of each, which its answer bears."""
        sequences = [self._client.next_sequence() for _ in parts]
        self._write(b"".join(self._octets(part, sequence) for part, sequence in zip(parts, sequences, strict=True)))
        return sequences

    def _octets(self, part: Submission, sequence: int) -> bytes:
        """A submit_sm: what the library makes of its shape, with the number, the text and the reference of this part."""
        shape = part.coding, part.concatenated
        if shape not in self._shapes:
            self._shapes[shape] = self._shape(*shape)
        before, between, after = self._shapes[shape]
        content = before + part.number.encode() + between + bytes([len(part.body)]) + part.body + after
        content += part.reference.to_bytes(2)
        return HEADER.pack(HEADER.size + len(content), _SUBMIT, 0, sequence) + content

    def _shape(self, coding: int, concatenated: bool) -> tuple[bytes, bytes, bytes]:
        """The octets before the number, between it and the length of the text, and after the text up to the reference.

        The library takes a tenth of a millisecond for a unit: it makes one of each shape.
        """
        alphanumeric = not self._route.source.isdigit()
        unit = smpp.make_pdu(
            "submit_sm",
            client=self._client,
            source_addr_ton=consts.SMPP_TON_ALNUM if alphanumeric else consts.SMPP_TON_UNK,
            source_addr=self._route.source,
            dest_addr_ton=consts.SMPP_TON_INTL,
            dest_addr_npi=consts.SMPP_NPI_ISDN,
            destination_addr=_NUMBER.decode(),
            esm_class=consts.SMPP_GSMFEAT_UDHI if concatenated else consts.SMPP_MSGTYPE_DEFAULT,
            registered_delivery=consts.SMPP_SMSC_DELIVERY_RECEIPT_BOTH,
            data_coding=coding,
            short_message=_TEXT,
        )
        unit.user_message_reference = int.from_bytes(_REFERENCE)
        content = bytes(unit.generate())[HEADER.size :]
        before, _, rest = content.partition(_NUMBER)
        between, _, rest = rest.partition(bytes([len(_TEXT)]) + _TEXT)
        after, _, nothing = rest.partition(_REFERENCE)
        if nothing or not after:
            raise RuntimeError("La bibliothèque SMPP compose ses unités autrement : adaptez Session._shape.")
        return before, between, after

    def receive(self, wait: float) -> list[Any]:
        """The units that came, waiting at most so many seconds for a first one; controls of the link are answered here."""
        if self._ended:
            raise LinkLost("Le centre SMS a clos la session.")
        try:
            readable, _, _ = select.select([self._socket], [], [], wait)
            if not readable:
                return []
            data = self._socket.recv(CHUNK)
        except OSError as error:
            raise LinkLost("Connexion au centre SMS perdue.") from error
        self.heard = time.monotonic()
        if not data:
            raise LinkLost("Le centre SMS a fermé la connexion.")
        return [unit for unit in self._parsed(data) if self._for_the_sender(unit)]

    def _parsed(self, data: bytes) -> list[Any]:
        buffer, start, found = self._buffer + data, 0, []
        while len(buffer) - start >= 4 and len(buffer) - start >= (length := int.from_bytes(buffer[start : start + 4])):
            if length < 16:
                raise LinkLost("Le centre SMS a envoyé une unité illisible.")
            unit = self._read(buffer[start : start + length])
            start += length
            if unit is not None:
                found.append(unit)
        self._buffer = buffer[start:]
        return found

    def _read(self, data: bytes) -> Any:
        return units.read(data) or smpp.parse_pdu(data, client=self._client, allow_unknown_opt_params=True)

    def _for_the_sender(self, unit: Any) -> bool:
        if unit.command in ("enquire_link", "unbind"):
            answer = smpp.make_pdu(f"{unit.command}_resp", client=self._client)
            answer.sequence = unit.sequence
            with suppress(LinkLost):  # what was read with it counts: the next reading will say so
                self._write(answer.generate())
        self._ended = self._ended or unit.command == "unbind"
        return unit.command in (SUBMITTED, DELIVERED)

    def acknowledge(self, units: Sequence[Any]) -> None:
        """Tell the centre that these deliveries are kept: it forgets them."""
        self._write(b"".join(_ACKNOWLEDGED + unit.sequence.to_bytes(4) + b"\0" for unit in units))

    def keep_alive(self) -> None:
        """Ask the centre whether it is there."""
        self._write(smpp.make_pdu("enquire_link", client=self._client).generate())

    def _write(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise LinkLost("Connexion au centre SMS perdue.") from error

    def unbind(self) -> None:
        """Say goodbye, then close."""
        with suppress(LinkLost):
            self._write(smpp.make_pdu("unbind", client=self._client).generate())
        self.close()

    def close(self) -> None:
        """Close without a word."""
        if self._client._socket is not None:
            self._client._socket.close()
            self._client._socket = None
