"""Protocol units read without the library: those that come by thousands, answers and receipts (SMPP 3.4, 4.4, 4.6).

The library takes a tenth of a millisecond for a unit. What is neither, or is not as expected, is left to it: `None`.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct, error
from typing import ClassVar

SUBMITTED, DELIVERED = "submit_sm_resp", "deliver_sm"
HEADER = Struct(">LLLL")  # length, command, status, sequence (3.2)
_ANSWER, _DELIVERY = 0x80000004, 0x00000005
_OPTION = Struct(">HH")
_RECEIPTED, _STATE, _REFERENCE = 0x001E, 0x0427, 0x0204
RECEIPT = 0x3C
"""The message type of esm_class: other than 0, it is a receipt and not what somebody typed (5.2.12)."""
_HEADER_IN_TEXT = 0x40


@dataclass(frozen=True, slots=True)
class Answer:
    """What the centre says of a submission: its number for it, or a status that is an error."""

    sequence: int
    status: int
    message_id: bytes
    command: ClassVar[str] = SUBMITTED

    def is_error(self) -> bool:
        """Whether the centre did not take it."""
        return self.status != 0


@dataclass(frozen=True, slots=True)
class Receipted:
    """A receipt, as the library names its fields."""

    sequence: int
    source_addr: bytes
    esm_class: int
    data_coding: int
    short_message: bytes
    receipted_message_id: bytes | None = None
    message_state: int | None = None
    user_message_reference: int | None = None
    command: ClassVar[str] = DELIVERED


def read(data: bytes) -> Answer | Receipted | None:
    """The answer or the receipt that a whole unit is; None: ask the library."""
    _, command, status, sequence = HEADER.unpack_from(data)
    if command == _ANSWER:
        return Answer(sequence, status, data[HEADER.size :].partition(b"\0")[0])
    if command != _DELIVERY:
        return None
    try:
        return _receipt(data, sequence)
    except (ValueError, IndexError, error):
        return None


def _receipt(data: bytes, sequence: int) -> Receipted | None:
    source_at = data.index(0, HEADER.size) + 3  # service_type, ton, npi
    source_ends = data.index(0, source_at)
    ends = data.index(0, source_ends + 3)  # ton, npi, destination
    esm_class = data[ends + 1]
    if not esm_class & RECEIPT or esm_class & _HEADER_IN_TEXT:
        return None
    after = data.index(0, data.index(0, ends + 4) + 1)  # protocol, priority, schedule, validity
    coding, length = data[after + 3], data[after + 5]
    text_at = after + 6
    options = _options(data, text_at + length)
    state, reference, receipted = (options.get(tag) for tag in (_STATE, _REFERENCE, _RECEIPTED))
    return Receipted(
        sequence, data[source_at:source_ends], esm_class, coding, data[text_at : text_at + length],
        receipted.rstrip(b"\0") if receipted is not None else None,
        int.from_bytes(state) if state is not None else None,
        int.from_bytes(reference) if reference is not None else None,
    )  # fmt: skip


def _options(data: bytes, at: int) -> dict[int, bytes]:
    """Tag → octets of the optional parameters. Raises ValueError when they do not end with the unit."""
    found = {}
    while at < len(data):
        tag, length = _OPTION.unpack_from(data, at)
        at += _OPTION.size + length
        found[tag] = data[at - length : at]
    if at != len(data):
        raise ValueError("cut")
    return found
