"""Writes of the outbox."""

from collections.abc import Sequence
from importlib import resources
from typing import Any

import yaml
from django.db import connection, transaction

from allant.outreach.models import Template


@transaction.atomic
def load_templates(*, by: str) -> int:
    """Bring the shipped wordings into the table; returns how many were new. A version already there must be identical."""
    known = {(t.slug, t.channel, t.language, t.version): t for t in Template.objects.all()}
    new = []
    for entry in _shipped():
        key = (entry["slug"], entry["channel"], entry.get("language", "fr"), entry["version"])
        former = known.get(key)
        if former is None:
            new.append(Template(**entry))
        elif former.body != entry["body"]:
            raise ValueError(f"Le modèle {key} a changé de texte sans changer de version : ajoutez une version.")
    Template.objects.bulk_create(new)
    return len(new)


def _shipped() -> list[dict[str, Any]]:
    folder = resources.files("allant.outreach") / "wordings"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name)
    return [entry for file in files for entry in yaml.safe_load(file.read_text("utf-8"))]


def queue_messages(*, cause_kind: str, select: str, parameters: Sequence[Any]) -> int:
    """Write the outbox rows of one set of causes; returns how many were new.

    `select` gives person_id, cause_id, channel, template, created_on, send_after. A cause already in the outbox on the same
    channel is left as it is, so that a killed batch can be run again.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("queue_messages runs in the transaction of the event that causes the messages.")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO outreach_message
                    (person_id, cause_id, channel, template, created_on, send_after, cause_kind, status, sent_in, drop_reason)
                SELECT person_id, cause_id, channel, template, created_on, send_after, %s, 'pending', '', ''
                FROM ({select}) AS causes ON CONFLICT DO NOTHING""",
            [cause_kind, *parameters],
        )
        return cursor.rowcount
