"""What a telephony tells of the calls that agents dial: answered, an answering machine heard, hung up. Twice told is once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from allant.campaigns.desk.taking import note
from allant.campaigns.models import CallAttempt, CallEvent

COLUMNS = {"answered": "answered_at", "machine_detected": "machine_at", "hung_up": "hung_up_at"}
SYSTEM = "téléphonie"


class UnknownCall(LookupError):
    """The event is of no call dialled and under way."""


@dataclass(frozen=True, slots=True)
class Told:
    """One event: `key` is the telephony's own; the call by its number, or by the agent who is on the line."""

    key: str
    event: str
    call: int | None = None
    agent: str = ""


def receive(told: Told, *, at: datetime) -> bool:
    """Write an event on its call; False when it was told before. Raises UnknownCall. It never ends a call: the agent does."""
    if CallEvent.objects.filter(key=told.key).exists():
        return False
    try:
        with transaction.atomic():
            _written(told, at)
    except IntegrityError:  # its twin came at the same moment
        return False
    return True


def _written(told: Told, at: datetime) -> None:
    dialled = CallAttempt.objects.select_for_update().open().dialled()
    mine = dialled.filter(pk=told.call) if told.call is not None else dialled.of_agent(told.agent)
    call = mine.first()
    if call is None:
        raise UnknownCall("Aucun appel en cours ne répond à cet événement.")
    note(call, told.event, at, by=SYSTEM, key=told.key)
    column = COLUMNS[told.event]
    if getattr(call, column) is None:
        setattr(call, column, at)
        call.save(update_fields=[column])
