"""Writes of the outbox."""

from collections.abc import Sequence
from importlib import resources
from typing import Any

import yaml
from django.db import connection, transaction
from django.db.models import QuerySet

from allant import clock
from allant.bulk import prepared
from allant.outreach.models import SUSPENDED, Channel, Message, Template
from allant.outreach.templates import checked

RECIPIENTS = ("person", "practitioner", "organisation")


@transaction.atomic
def load_templates(*, by: str) -> int:
    """Bring the shipped wordings into the table; returns how many were new. A version already there must be identical."""
    known = {template.key: template for template in Template.objects.all()}
    at = clock.now()
    shipped = [Template(**checked(entry), loaded_at=at, loaded_by=by) for entry in _shipped()]
    for template in shipped:
        former = known.get(template.key)
        if former and (former.subject, former.body) != (template.subject, template.body):
            raise ValueError(f"Le modèle {template} a changé de texte sans changer de version : ajoutez une version.")
    return len(Template.objects.bulk_create(template for template in shipped if template.key not in known))


def _shipped() -> list[dict[str, Any]]:
    folder = resources.files("allant.outreach") / "wordings"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name)
    entries = [entry for file in files for entry in yaml.safe_load(file.read_text("utf-8"))]
    french = {(entry["slug"], entry["channel"]): entry.get("kind") for entry in entries if entry.get("language", "fr") == "fr"}
    # A translation is of the kind of the French text, whatever its own file forgets.
    return [_of_kind(entry, french.get((entry["slug"], entry["channel"]))) for entry in entries]


def _of_kind(entry: dict[str, Any], kind: str | None) -> dict[str, Any]:
    return entry if kind is None else {**entry, "kind": kind}


def queue_messages(
    *, cause_kind: str, select: str, parameters: Sequence[Any], to: str = "person", until: bool = False,
    lent: bool | None = False, again: bool = False,
) -> int:  # fmt: skip
    """Write the outbox rows of one set of causes; returns how many were new.

    `select` gives person_id (practitioner_id, organisation_id when they are `to` a practitioner, an organisation), cause_id,
    channel, template, created_on, send_after; and useful_until when `until`: the instant from which the message must not leave
    any more (timestamptz, or null), as a reminder once its appointment has begun (AV-16). `lent`: the cause lends the address,
    and person_id may be null; None: the column lent_address of `select` says it of each. `again`: the same text comes at every
    event, one by one: it is kept prepared. A cause already in the outbox on the same channel is left as it is, so that a killed
    batch can be run again.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("queue_messages runs in the transaction of the event that causes the messages.")
    if to not in RECIPIENTS:
        raise ValueError(f"Destinataires inconnus : {to} ; attendu : {', '.join(RECIPIENTS)}.")
    columns = f"{to}_id, cause_id, channel, template, created_on, send_after{', useful_until' if until else ''}"
    query = f"""INSERT INTO outreach_message ({columns}, cause_kind, lent_address, status, sent_in, drop_reason)
                SELECT {columns}, %s, {"lent_address" if lent is None else "%s"}, 'pending', '', ''
                FROM ({select}) AS causes ON CONFLICT DO NOTHING"""
    values = [cause_kind, *([] if lent is None else [lent]), *parameters]
    if again:
        return prepared.count(query, values)
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.rowcount


def drop_messages(*, cause_kind: str, cause_id: int, reason: str) -> int:
    """Withdraw what still waits for this cause, in French for which reason; returns how many. What left stays sent."""
    waiting = Message.objects.pending().filter(cause_kind=cause_kind, cause_id=cause_id)
    return waiting.update(status=Message.Status.DROPPED, drop_reason=reason)


def suspend_causes(*, cause_kind: str, causes: QuerySet[Any], reason: str) -> int:
    """What waits for these causes waits until `release_causes`, calls aside (the desk asks); how many. What left stays sent.

    Call it in a transaction that has its turn (`holds.take_turn`): no claim follows it then.
    """
    waiting = Message.objects.pending().filter(cause_kind=cause_kind, cause_id__in=causes).exclude(channel=Channel.CALL)
    return waiting.update(next_at=SUSPENDED, held_reason=reason[:80])


def release_causes(*, cause_kind: str, causes: QuerySet[Any]) -> int:
    """What was suspended may leave again, judged anew; how many. What is too old by now is dropped when it is claimed."""
    held = Message.objects.pending().filter(cause_kind=cause_kind, cause_id__in=causes, next_at=SUSPENDED)
    return held.update(next_at=None, held_reason="")


def drop_causes(*, cause_kind: str, causes: QuerySet[Any], reason: str) -> int:
    """`drop_messages` for many causes: `causes` is a query of their numbers."""
    waiting = Message.objects.pending().filter(cause_kind=cause_kind, cause_id__in=causes)
    return waiting.update(status=Message.Status.DROPPED, drop_reason=reason)
