"""The file channel: waiting messages of one channel written as CSV files that a carrier takes over.

A batch is first claimed (its name is written on the rows), then its file is written whole, then its rows are marked sent.
Killed anywhere and run again, a claimed batch is written again under the same name: no message is lost, none is in two files.
"""

import csv
import hashlib
import io
import json
import os
import uuid
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

from django.db import connection, transaction

from allant.outreach import causes
from allant.outreach.models import Message, Template

BATCH = 5_000
COLUMNS = ("message", "adresse", "objet", "texte")
_ADDRESS = {"sms": "mobile", "email": "email"}


def send_to_files(*, channel: str, on: date, at: datetime, directory: Path, batch: int = BATCH) -> int:
    """Write everything due on this channel into `directory/<channel>/`; returns the number of messages sent."""
    sent = sum(_send(name, at, directory / channel) for name in _claimed(channel))
    while name := _claim(channel, on, batch):
        sent += _send(name, at, directory / channel)
    return sent


def _claimed(channel: str) -> Iterator[str]:
    """Batches that a stopped run claimed and did not finish."""
    waiting = Message.objects.filter(channel=channel, status=Message.Status.PENDING).exclude(sent_in="")
    yield from list(waiting.order_by("sent_in").values_list("sent_in", flat=True).distinct())


@transaction.atomic
def _claim(channel: str, on: date, batch: int) -> str | None:
    name = f"{on.isoformat()}-{uuid.uuid4().hex[:12]}"
    due = Message.objects.due_on(on).filter(channel=channel, sent_in="").order_by("send_after", "id")
    ids = list(due.select_for_update(skip_locked=True).values_list("id", flat=True)[:batch])
    Message.objects.filter(id__in=ids).update(sent_in=name)
    return name if ids else None


def _send(name: str, at: datetime, folder: Path) -> int:
    messages = list(Message.objects.filter(sent_in=name).order_by("id"))
    content = _rendered(messages)
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / f"{name}.csv", content)
    manifest = {"messages": len(messages), "sha256": hashlib.sha256(content).hexdigest(), "columns": COLUMNS}
    _write(folder / f"{name}.json", json.dumps(manifest, indent=1).encode())
    return Message.objects.filter(sent_in=name).update(status=Message.Status.SENT, sent_at=at)


def _rendered(messages: list[Message]) -> bytes:
    variables: dict[tuple[str, int], dict[str, str]] = {}
    for kind in {message.cause_kind for message in messages}:
        found = causes.variables_of(kind, [message.cause_id for message in messages if message.cause_kind == kind])
        variables |= {(kind, cause): dict(values) for cause, values in found.items()}
    templates = {(t.slug, t.channel): t for t in Template.objects.filter(language="fr").order_by("version")}
    addresses = _addresses(messages)
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\n")
    writer.writerow(COLUMNS)
    for message in messages:
        template = templates[message.template, message.channel]
        text = template.body.format_map(variables[message.cause_kind, message.cause_id])
        writer.writerow((message.pk, addresses.get(message.person_id, ""), template.subject, text))
    return out.getvalue().encode()


def _addresses(messages: list[Message]) -> dict[int, str]:
    """The first usable address of each person on the channel; letters carry the postcode, sorted by it at the printer."""
    channel, people = messages[0].channel, [message.person_id for message in messages]
    with connection.cursor() as cursor:
        if channel not in _ADDRESS:
            cursor.execute("SELECT id, coalesce(postcode, '') FROM people_person WHERE id = ANY(%s)", [people])
        else:
            cursor.execute(
                """SELECT DISTINCT ON (person_id) person_id, value FROM people_contactpoint
                   WHERE person_id = ANY(%s) AND kind = %s AND opted_out_on IS NULL AND invalid_since IS NULL
                   ORDER BY person_id, id""",
                [people, _ADDRESS[channel]],
            )
        return dict(cursor.fetchall())


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    draft = path.with_suffix(path.suffix + ".tmp")
    draft.write_bytes(content)
    os.replace(draft, path)
