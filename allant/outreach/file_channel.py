"""The file channel: waiting messages of one channel written as CSV files that a carrier takes over.

A batch is first claimed (its name is written on its rows), then its file is written, then its manifest, then its rows are
marked sent. A file with its manifest is published: the carrier may take it, and it never changes again. Killed anywhere and
run again, what was published is only marked and the rest is written under the same name: no message is lost, none is in two
files. A carrier that takes files away recognises by its name a batch that it was given before.

What a stop holds is not written, not even when it was claimed before (AV-04); whom the policy refuses is dropped (AV-03, AV-16).
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

from django.db import transaction

from allant.outreach import addresses, readers, texts
from allant.outreach.holds import standing, stopped, take_turn
from allant.outreach.limits import PARIS
from allant.outreach.models import Channel, Message
from allant.outreach.refusals import refused
from allant.outreach.templates import fill

BATCH = 5_000
COLUMNS = ("message", "adresse", "objet", "texte")
CHANNELS = (Channel.SMS, Channel.EMAIL, Channel.LETTER)
Row = tuple[int, str, str, str]


def send_to_files(*, channel: str, on: date, at: datetime, directory: Path, batch: int = BATCH) -> int:
    """Write everything due on this channel into `directory/<channel>/`; returns the number of messages sent.

    Those that cannot reach anybody any more, or that the policy refuses on that day, are dropped, each with its reason.
    """
    if channel not in CHANNELS:
        raise ValueError(f"Le canal « {channel} » ne part pas en fichier ; attendu : {', '.join(CHANNELS)}.")
    sent = sum(_send(name, on, at, directory / channel) for name in _claimed(channel))
    while name := _claim(channel, on, batch):
        sent += _send(name, on, at, directory / channel)
    return sent


def _claimed(channel: str) -> Iterator[str]:
    """Batches that a stopped run claimed and did not finish, or that another one is writing now."""
    waiting = Message.objects.pending().filter(channel=channel).exclude(sent_in="")
    yield from list(waiting.order_by("sent_in").values_list("sent_in", flat=True).distinct())


@transaction.atomic
def _claim(channel: str, on: date, batch: int) -> str | None:
    name = f"{on.isoformat()}-{uuid.uuid4().hex[:12]}"
    take_turn()
    due = Message.objects.due_on(on).not_suspended().filter(channel=channel, sent_in="").exclude(template__in=_stopped(channel))
    due = due.order_by("send_after", "id")
    ids = list(due.select_for_update(skip_locked=True).values_list("id", flat=True)[:batch])
    Message.objects.filter(id__in=ids).update(sent_in=name)
    return name if ids else None


def _stopped(channel: str) -> set[str]:
    """The wordings that a stop holds now."""
    waiting = Message.objects.pending().filter(channel=channel).values_list("template", flat=True).distinct()
    holds = standing()
    return {template for template in waiting if stopped(holds, channel, template)} if holds else set()


@transaction.atomic
def _send(name: str, on: date, at: datetime, folder: Path) -> int:
    # The lock makes a second sender of the same batch wait, and find nothing left to do.
    messages = list(Message.objects.pending().filter(sent_in=name).order_by("id").select_for_update())
    if not messages:
        return 0
    file = folder / f"{name}.csv"
    written = _published(file)
    if written is None:
        written = _publish(file, _reachable(_not_held(messages), on, at))
    else:
        Message.objects.pending().filter(sent_in=name).exclude(pk__in=written).update(sent_in="")
    return Message.objects.filter(pk__in=written).update(status=Message.Status.SENT, sent_at=at, drop_reason="")


def _not_held(messages: list[Message]) -> list[Message]:
    """Those that no stop holds; the others are given back."""
    held = _stopped(messages[0].channel)
    Message.objects.filter(pk__in=[message.pk for message in messages if message.template in held]).update(sent_in="")
    return [message for message in messages if message.template not in held]


def _reachable(messages: list[Message], on: date, at: datetime) -> list[Row]:
    """The rows of the file; messages that have lost their cause or their address, or are refused, are dropped."""
    if not messages:
        return []
    variables = texts.variables_of(messages)
    reading = readers.of_messages(messages, on)
    address = addresses.of_messages(messages, on, reading)
    # A replay writes on the days of the past: the policy is that of the day, at the hour of the clock.
    refusal = refused(messages, datetime.combine(on, at.astimezone(PARIS).time(), PARIS))
    _drop([message for message in messages if message.pk not in variables], "cause révoquée")
    for reason in set(refusal.values()):
        _drop([message for message in messages if message.pk in variables and refusal.get(message.pk) == reason], reason)
    left = [message for message in messages if message.pk in variables and message.pk not in refusal]
    _drop([message for message in left if message.pk not in address], "plus d'adresse")
    left = [message for message in left if message.pk in address]
    templates = texts.of_each(left, reading)
    rows = []
    for message in left:
        subject, body = fill(templates[message.pk], variables[message.pk])
        whom = readers.for_whom(reading.get(message.pk), templates[message.pk].language, message.channel, on)
        rows.append((message.pk, address[message.pk], subject, whom + body))
    return rows


def _drop(messages: list[Message], reason: str) -> None:
    ids = [message.pk for message in messages]
    if ids:
        Message.objects.filter(pk__in=ids).update(status=Message.Status.DROPPED, drop_reason=reason, sent_in="")


def _publish(file: Path, rows: list[Row]) -> list[int]:
    """Write the file, then its manifest; the messages in it. Nothing to say makes no file."""
    if rows:
        out = io.StringIO()
        csv.writer(out, delimiter=";", lineterminator="\n").writerows([COLUMNS, *rows])
        content = out.getvalue().encode()
        file.parent.mkdir(parents=True, exist_ok=True)
        _write(file, content)
        manifest = {"messages": len(rows), "sha256": hashlib.sha256(content).hexdigest(), "columns": COLUMNS}
        _write(file.with_suffix(".json"), json.dumps(manifest, indent=1).encode())
    return [row[0] for row in rows]


def _published(file: Path) -> list[int] | None:
    """The messages of a batch that a stopped run published, None when it did not."""
    manifest = file.with_suffix(".json")
    if not manifest.exists() or not file.exists():
        return None
    content = file.read_bytes()
    if json.loads(manifest.read_bytes())["sha256"] != hashlib.sha256(content).hexdigest():
        raise ValueError(f"{file} ne correspond plus à son manifeste : remettez le fichier d'origine, ou retirez les deux.")
    rows = csv.reader(io.StringIO(content.decode(), newline=""), delimiter=";")
    next(rows)
    return [int(row[0]) for row in rows]


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, and on the disk before its rows are marked."""
    draft = path.with_suffix(path.suffix + ".tmp")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)
