"""The emergency stop: everything held at once, or one channel, or one template, until it is released (AV-04)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction

from allant.outreach.models import Channel, SendingHold


class BadHold(ValueError):
    """A stop that cannot be placed or released; the message says why, in French."""


def take_turn() -> None:
    """Claims and stops happen one after another until this transaction ends.

    So two messages to one person are never weighed against the same past, and once a stop is placed no claim follows it.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("take_turn holds until the end of a transaction: there is none.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('outreach_claim'))")


@transaction.atomic
def place_hold(*, channel: str, template: str, reason: str, at: datetime, by: str) -> SendingHold:
    """Hold what this channel and this template name (empty: all) from the next claim on. Raises BadHold."""
    if channel and channel not in Channel.values:
        raise BadHold(f"Canal inconnu : « {channel} ». Attendu : {', '.join(Channel.values)}, ou rien pour tous.")
    if not reason.strip():
        raise BadHold("Dites pourquoi les envois sont arrêtés : la raison est montrée à qui voudra les reprendre.")
    take_turn()
    if SendingHold.objects.filter(channel=channel, template=template, released_at=None).exists():
        raise BadHold("Ces envois sont déjà arrêtés.")
    return SendingHold.objects.create(channel=channel, template=template, reason=reason.strip(), placed_at=at, placed_by=by)


@transaction.atomic
def release_hold(hold_id: int, *, at: datetime, by: str) -> SendingHold:
    """Let leave again what this stop held; other stops stay. Raises BadHold when it was released before."""
    take_turn()
    hold = SendingHold.objects.select_for_update().get(pk=hold_id)
    if hold.released_at is not None:
        raise BadHold("Cet arrêt est déjà levé.")
    hold.released_at, hold.released_by = at, by
    hold.save(update_fields=["released_at", "released_by"])
    return hold


def standing() -> list[SendingHold]:
    """The stops that hold now, the last one first."""
    return list(SendingHold.objects.filter(released_at=None))


def stopped(holds: Iterable[SendingHold], channel: str, template: str) -> bool:
    """Whether one of these stops holds the messages of this channel and this template."""
    return any(hold.channel in ("", channel) and hold.template in ("", template) for hold in holds)


def not_held(channel: str, templates: Iterable[str]) -> list[str]:
    """Those of these templates of a channel that no stop holds."""
    holds = standing()
    return [slug for slug in templates if not stopped(holds, channel, slug)]
