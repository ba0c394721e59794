"""Addresses that a cause lends for its own messages: a guest's, a relative's. They are no contact point of anybody (AV-24).

Nothing of them is kept here: the room of the cause holds them, says them when a message leaves, and erases them in its time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from allant.outreach.models import Message


@dataclass(frozen=True, slots=True)
class Lent:
    """An address for the messages of one cause; `refused`: only for the kinds that a refusal does not stop."""

    value: str
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Lender:
    """What the room of a cause offers; channels are `sms` and `email`.

    `of`: channel and causes → cause → address that still holds. `refuse`: no more (or again) for these addresses, whoever gave
    them; how many changed. `invalidate`: they lead to nobody.
    """

    of: Callable[[str, Sequence[int]], Mapping[int, Lent]]
    refuse: Callable[[str, Sequence[str], bool, date], int]
    invalidate: Callable[[str, Sequence[str], date], int]


_lenders: dict[str, Lender] = {}


def register(kind: str, lender: Lender) -> None:
    """Called once a kind of cause from an `AppConfig.ready`; another lender for the same kind is an error."""
    if _lenders.setdefault(kind, lender) != lender:
        raise ValueError(f"The cause {kind!r} has two lenders.")


def of_messages(messages: Iterable[Message]) -> dict[int, Lent]:
    """Message → the address its cause lends, one call for each kind of cause; none when there is none any more."""
    groups: dict[tuple[str, str], list[Message]] = defaultdict(list)
    for message in messages:
        if message.lent_address and message.cause_kind in _lenders:
            groups[message.cause_kind, message.channel].append(message)
    found: dict[int, Lent] = {}
    for (kind, channel), group in groups.items():
        lent = _lenders[kind].of(channel, [message.cause_id for message in group])
        found |= {message.pk: lent[message.cause_id] for message in group if message.cause_id in lent}
    return found


def refuse(channel: str, values: Sequence[str], *, refused: bool = True, on: date) -> int:
    """No more to these addresses, or again; how many were lent and changed."""
    return sum(each.refuse(channel, values, refused, on) for each in set(_lenders.values()))


def invalidate(messages: Iterable[Message], on: date) -> int:
    """The addresses that these messages went to lead to nobody; how many changed."""
    values: dict[str, list[str]] = defaultdict(list)
    known = list(messages)
    lent = of_messages(known)
    for message in known:
        if message.pk in lent:
            values[message.channel].append(lent[message.pk].value)
    return sum(each.invalidate(channel, found, on) for channel, found in values.items() for each in set(_lenders.values()))
