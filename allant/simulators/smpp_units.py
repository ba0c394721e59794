"""The protocol units that a centre of SMS reads and writes, over smpplib's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from smpplib import consts, gsm, smpp
from smpplib.client import SimpleSequenceGenerator

NUMBERS = SimpleSequenceGenerator()  # the library wants one to make a unit; each unit then gets the number of its session
ESCAPE, EXTENSION = 0x1B, 0x80
STATES = {"DELIVRD": consts.SMPP_MESSAGE_STATE_DELIVERED, "EXPIRED": consts.SMPP_MESSAGE_STATE_EXPIRED,
          "UNDELIV": consts.SMPP_MESSAGE_STATE_UNDELIVERABLE}  # fmt: skip


@dataclass(frozen=True)
class Submitted:
    """One part of a message, as a handset would get it. `number` and `sender` as they were written, without +."""

    number: str
    sender: str
    text: str
    coding: int
    part: int
    parts: int
    concatenation: int | None
    "What tells the handset which parts belong together."
    reference: int | None
    "The client's own (user_message_reference)."
    receipt: bool


@dataclass(frozen=True)
class Delivery:
    """What goes to a client: a receipt, or what somebody typed."""

    sender: str
    number: str
    text: bytes
    coding: int = 0
    receipt_of: str = ""
    state: str = ""
    reference: int | None = None
    header: bytes = b""
    "Of a part of a long answer."

    @classmethod
    def receipt(cls, submitted: Submitted, smsc_id: str, state: str) -> Delivery:
        """The receipt of a message taken."""
        done = "001" if state == "DELIVRD" else "000"
        text = f"id:{smsc_id} sub:001 dlvrd:{done} submit date:2101180900 done date:2101180900 stat:{state} err:000 text:"
        return cls(submitted.number, submitted.sender, text.encode(), 0, smsc_id, state, submitted.reference)

    @classmethod
    def typed(cls, sender: str, number: str, text: str, concatenation: int) -> list[Delivery]:
        """What somebody typed on a handset, in as many parts as it takes; `concatenation` says that they belong together."""
        try:
            body, coding, (alone, each) = gsm.gsm_encode(text), consts.SMPP_ENCODING_DEFAULT, (160, 153)
        except UnicodeError:
            body, coding, (alone, each) = text.encode("utf-16-be"), consts.SMPP_ENCODING_ISO10646, (140, 134)
        if len(body) <= alone:
            return [cls(sender, number, body, coding)]
        parts = [body[start : start + each] for start in range(0, len(body), each)]
        return [
            cls(sender, number, part, coding, header=bytes([5, 0, 3, concatenation % 256, len(parts), place]))
            for place, part in enumerate(parts, start=1)
        ]

    @property
    def kind(self) -> int:
        """Its esm_class."""
        if self.header:
            return int(consts.SMPP_GSMFEAT_UDHI)
        return int(consts.SMPP_MSGTYPE_DELIVERYACK if self.receipt_of else consts.SMPP_MSGTYPE_DEFAULT)

    def unit(self, sequence: int) -> bytes:
        """The bytes of its deliver_sm."""
        made = smpp.make_pdu(
            "deliver_sm", client=NUMBERS, sequence=sequence, source_addr_ton=consts.SMPP_TON_INTL, source_addr=self.sender,
            dest_addr_ton=consts.SMPP_TON_UNK, destination_addr=self.number, data_coding=self.coding, esm_class=self.kind,
            short_message=self.header + self.text,
        )  # fmt: skip
        made.sequence = sequence
        made.user_message_reference = self.reference
        if self.receipt_of:
            made.receipted_message_id = self.receipt_of
            made.message_state = STATES[self.state]
        return bytes(made.generate())


def parse(data: bytes) -> Any:
    """One unit from its bytes."""
    return smpp.parse_pdu(data, client=NUMBERS, allow_unknown_opt_params=True)


def answer(command: str, to: Any, status: int = consts.SMPP_ESME_ROK, **fields: Any) -> bytes:
    """The bytes of an answer."""
    made = smpp.make_pdu(command, client=NUMBERS, **fields)
    made.sequence, made.status = to.sequence, status
    return bytes(made.generate())


def read_submitted(unit: Any) -> Submitted:
    """What a submit_sm holds."""
    body = unit.short_message or b""
    concatenation, parts, part = None, 1, 1
    if unit.esm_class & consts.SMPP_GSMFEAT_UDHI:
        # 05 00 03 reference total number: the only header that senders of texts use.
        concatenation, parts, part = body[3], body[4], body[5]
        body = body[6:]
    return Submitted(
        number=unit.destination_addr.decode(),
        sender=unit.source_addr.decode(),
        text=decode(body, unit.data_coding),
        coding=unit.data_coding,
        part=part,
        parts=parts,
        concatenation=concatenation,
        reference=getattr(unit, "user_message_reference", None),
        receipt=bool(unit.registered_delivery & consts.SMPP_SMSC_DELIVERY_RECEIPT_BITMASK),
    )


def decode(body: bytes, coding: int) -> str:
    """The text of a handset's screen."""
    if coding == consts.SMPP_ENCODING_ISO10646:
        return body.decode("utf-16-be")
    text, shift = "", 0
    for octet in body:
        if octet == ESCAPE:
            shift = EXTENSION
        else:
            text += gsm.GSM_CHARACTER_TABLE[octet + shift]
            shift = 0
    return text
