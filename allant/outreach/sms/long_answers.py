"""Long answers: a handset cuts them in parts, which come in any order, through any sender, perhaps twice (3GPP TS 23.040)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.db import connection, transaction

from allant.outreach.models import InboundPart
from allant.outreach.sms.segments import decoded

UCS_2, LATIN_1, ASCII = 0x08, 0x03, 0x01
HEADER = 0x40  # esm_class: the octets begin with a header
MISSING = " […] "
PATIENCE = timedelta(minutes=10)
"How long the other parts are awaited: they follow one another within seconds; after that, what came is the answer."
KEPT = timedelta(days=1)
"How long a part is known, should the centre give it again."
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('outreach_inbound_part'), hashtext(%s))"


@dataclass(frozen=True, slots=True)
class Part:
    """Part `number` (1, 2…) of `total`, its octets without header."""

    sender: str
    reference: int
    total: int
    number: int
    coding: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Whole:
    """An answer put together again; `reference` tells it from another of the same handset."""

    sender: str
    reference: str
    text: str


def octets(unit: Any) -> bytes:
    """What a deliver_sm holds, header included."""
    return unit.short_message or getattr(unit, "message_payload", None) or b""


def text_of(body: bytes, coding: int) -> str:
    """The text of octets, by their data_coding."""
    if coding == UCS_2:
        return body.decode("utf-16-be", "replace")
    if coding in (LATIN_1, ASCII):
        return body.decode("latin-1")
    return decoded(body)


def part_of(unit: Any) -> Part | None:
    """The part that a deliver_sm is, by its header or its optional fields; None for one that is whole."""
    body = octets(unit)
    sender = (unit.source_addr or b"").decode("ascii", "replace")[:21]
    found = None
    if (unit.esm_class or 0) & HEADER and body:
        header, body = body[1 : 1 + body[0]], body[1 + body[0] :]
        found = _concatenation(header)
    elif getattr(unit, "sar_total_segments", None):
        found = unit.sar_msg_ref_num, unit.sar_total_segments, unit.sar_segment_seqnum
    if not found or not 1 <= found[2] <= found[1]:
        return None
    return Part(sender, *found, unit.data_coding or 0, body)


def without_header(unit: Any) -> bytes:
    """The octets of a deliver_sm that is whole, header left out."""
    body = octets(unit)
    return body[1 + body[0] :] if (unit.esm_class or 0) & HEADER and body else body


def _concatenation(header: bytes) -> tuple[int, int, int] | None:
    """Reference, total and number, among the elements of a header (each: identifier, length, octets)."""
    while len(header) >= 2:
        identifier, content = header[0], header[2 : 2 + header[1]]
        if identifier == 0 and len(content) == 3:
            return content[0], content[1], content[2]
        if identifier == 8 and len(content) == 4:
            return int.from_bytes(content[:2]), content[2], content[3]
        header = header[2 + len(content) :]
    return None


@transaction.atomic
def keep(part: Part, route: str, at: datetime) -> list[Whole]:
    """Write a part; the answers that are whole with it, or that it shows will never be. A part given again changes nothing."""
    with connection.cursor() as cursor:
        # Two senders that get a part each at once would otherwise not see the other's.
        cursor.execute(_LOCK, [f"{route} {part.sender}"])
    place = {"route": route, "sender": part.sender, "reference": part.reference, "parts": part.total}
    known = list(InboundPart.objects.filter(**place).order_by("part"))
    same = next((row for row in known if row.part == part.number), None)
    ended: list[Whole] = []
    if same and bytes(same.body) == part.body:
        return ended
    if same:  # the handset counts its references round: another answer
        ended = [_joined(known)] if same.joined_at is None else []
        InboundPart.objects.filter(**place).delete()
        known = []
    known.append(InboundPart.objects.create(
        **place, part=part.number, coding=part.coding, body=part.body, received_at=at
    ))  # fmt: skip
    if len(known) == part.total:
        InboundPart.objects.filter(**place).update(joined_at=at)
        ended.append(_joined(known))
    return ended


@transaction.atomic
def given_up(at: datetime) -> list[tuple[str, Whole]]:
    """Route and text of the answers whose other parts are not awaited any more; old parts are erased."""
    InboundPart.objects.filter(joined_at__isnull=False, received_at__lt=at - KEPT).delete()
    late = InboundPart.objects.select_for_update(skip_locked=True).filter(joined_at=None, received_at__lt=at - PATIENCE)
    found = []
    for place, rows in groupby(late.order_by("route", "sender", "reference", "parts", "part"), key=_place):
        parts = list(rows)
        InboundPart.objects.filter(pk__in=[row.pk for row in parts]).update(joined_at=at)
        found.append((place[0], _joined(parts)))
    return found


def _place(row: InboundPart) -> tuple[str, str, int, int]:
    return row.route, row.sender, row.reference, row.parts


def _joined(rows: Sequence[InboundPart]) -> Whole:
    """The text of parts, in order; each hole is shown."""
    by_number = {row.part: bytes(row.body) for row in rows}
    first = rows[0]
    runs: list[bytes | None] = [b""]
    for number in range(1, first.parts + 1):
        if (body := by_number.get(number)) is None:
            runs += [None] if runs[-1] is not None else []
        elif runs[-1] is None:
            runs.append(body)
        else:
            runs[-1] += body
    text = "".join(MISSING if run is None else text_of(run, first.coding) for run in runs)
    return Whole(first.sender, f"{first.reference}/{first.parts}", text.strip())
