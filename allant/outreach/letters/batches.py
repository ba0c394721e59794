"""Files of letters for the printer (AV-12): taken, sorted, split by postal department, composed, published, marked.

Killed anywhere and run again: what was taken is assigned, what was assigned is written under its name, what was published (its
manifest is there) is only marked. No letter is lost, none is in two files; a published file never changes.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse

from allant.doctrine import RuleBook, rules
from allant.outreach import outcomes, readers, texts
from allant.outreach.causes import campaign_sql
from allant.outreach.claiming import claim
from allant.outreach.letters import composing
from allant.outreach.letters.addressing import Address, addresses_of
from allant.outreach.limits import PARIS
from allant.outreach.models import Channel, LetterBatch, Message
from allant.outreach.policy import Reason
from allant.outreach.readers import Reader
from allant.outreach.templates import MissingVariable

CLAIM = 5_000
TAKEN = "courriers-pris"
REVOKED, NO_ADDRESS = "cause révoquée", "plus d'adresse"


class Busy(RuntimeError):
    """Another process writes letters; says so in French."""


def write_letters(*, at: datetime, by: str, directory: Path) -> list[LetterBatch]:
    """Write every letter that may leave at `at` into files; the files, those of a stopped run first. Raises Busy."""
    book = rules.as_known_on(at.astimezone(PARIS).date())
    with _alone():
        written = [_write(name, at, by, directory, book) for name in _assigned()]
        while _take(at):
            written += [_write(name, at, by, directory, book) for name in _assign(at, book)]
    return [batch for batch in written if batch is not None]


@contextmanager
def _alone() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext('outreach_letters'))")
        if not cursor.fetchone()[0]:
            raise Busy("Un autre processus écrit les courriers : attendez qu'il ait fini.")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtext('outreach_letters'))")


def _sending() -> Any:
    return Message.objects.filter(channel=Channel.LETTER, status=Message.Status.SENDING)


def _assigned() -> list[str]:
    """Files that a stopped run named and did not finish."""
    return list(_sending().exclude(sent_in=TAKEN).order_by("sent_in").values_list("sent_in", flat=True).distinct())


def _take(at: datetime) -> bool:
    """Take what may leave; whether anything waits to be assigned."""
    while claim(Channel.LETTER, at, CLAIM, TAKEN):
        pass
    return bool(_sending().filter(sent_in=TAKEN).exists())


@transaction.atomic
def _assign(at: datetime, book: RuleBook) -> list[str]:
    """Give each letter taken the name of its file; the names. Who has no postcode any more is left out, with the reason."""
    most = int(book.value("outreach.letter_batch", at.astimezone(PARIS).date())["letters"])
    messages = list(_sending().filter(sent_in=TAKEN).select_for_update())
    addresses = addresses_of(messages, readers.of_messages(messages, at.astimezone(PARIS).date()))
    _drop([message.pk for message in messages if message.pk not in addresses], NO_ADDRESS)
    names = []
    for department, numbers in _by_department(addresses).items():
        for rank, start in enumerate(range(0, len(numbers), most), start=1):
            name = f"{at.astimezone(PARIS):%Y-%m-%d}-{department}-{rank:03d}-{uuid.uuid4().hex[:8]}"
            Message.objects.filter(pk__in=numbers[start : start + most]).update(sent_in=name)
            names.append(name)
    return names


def _by_department(addresses: dict[int, Address]) -> dict[str, list[int]]:
    """Postal department → its letters by postcode."""
    found: dict[str, list[int]] = {}
    for pk, address in sorted(addresses.items(), key=lambda item: (item[1].postcode, item[0])):
        found.setdefault(address.department, []).append(pk)
    return found


@transaction.atomic
def _write(name: str, at: datetime, by: str, directory: Path, book: RuleBook) -> LetterBatch | None:
    messages = list(_sending().filter(sent_in=name).order_by("pk").select_for_update())
    manifest = _published(directory / f"{name}.pdf")
    if manifest is None:
        manifest = _publish(name, messages, at, directory, book)
    if manifest is None:
        return None
    written = set(manifest["messages"])
    outcomes.released([message.pk for message in messages if message.pk not in written])  # not dropped: judged again
    outcomes.sent(written, at)
    _note_points(manifest["points"])
    return LetterBatch.objects.create(
        name=name, department=manifest["department"], letters=manifest["letters"], pages=manifest["pages"],
        content_hash=manifest["sha256"], written_at=at, written_by=by,
    )  # fmt: skip


def _publish(name: str, messages: Sequence[Message], at: datetime, directory: Path, book: RuleBook) -> dict[str, Any] | None:
    """Write the data, the PDF, then the manifest; None when nobody is left to write to."""
    reading = readers.of_messages(messages, at.astimezone(PARIS).date())
    addresses = addresses_of(messages, reading)
    letters = _letters(messages, addresses, reading, at, book)
    if not letters:
        return None
    window = book.value("outreach.letter_window", at.astimezone(PARIS).date())
    data = composing.document(name, letters, window=window)
    pdf = composing.compose(data, at=at)
    order = [one["message"] for one in letters]
    manifest = {
        "name": name, "department": addresses[order[0]].department, "letters": len(order),
        "pages": len(re.findall(rb"/Type ?/Page\b", pdf)), "sha256": hashlib.sha256(pdf).hexdigest(),
        "by_postcode": dict(Counter(addresses[pk].postcode for pk in order)), "at": at.isoformat(),
        "codes": [one["code"] for one in letters], "messages": order,
        "points": {pk: addresses[pk].point for pk in order if addresses[pk].point},
    }  # fmt: skip
    directory.mkdir(parents=True, exist_ok=True)
    write_whole(_data(directory, name), json.dumps(data, ensure_ascii=False).encode())
    write_whole(directory / f"{name}.pdf", pdf)
    write_whole(directory / f"{name}.json", json.dumps(manifest, indent=1).encode())
    return manifest


def _letters(
    messages: Sequence[Message], addresses: dict[int, Address], reading: dict[int, Reader], at: datetime, book: RuleBook
) -> list[composing.Letter]:
    """By postcode; those that are too late or have lost their cause or their address are dropped with their reason."""
    late = {message.pk for message in messages if message.useful_until and message.useful_until <= at}
    _drop(list(late), Reason.TOO_LATE)
    messages = [message for message in messages if message.pk not in late]
    variables, words, pages = texts.variables_of(messages), texts.of_each(messages, reading), _pages(messages)
    _drop([message.pk for message in messages if message.pk not in variables], REVOKED)
    _drop([message.pk for message in messages if message.pk in variables and message.pk not in addresses], NO_ADDRESS)
    left = [message for message in messages if message.pk in variables and message.pk in addresses]
    letters = []
    for message in sorted(left, key=lambda one: (addresses[one.pk].postcode, one.pk)):
        try:
            letters.append(composing.letter(
                message, template=words[message.pk], values=variables[message.pk], address=addresses[message.pk].lines,
                page=pages[message.pk], at=at, book=book, reader=reading.get(message.pk),
            ))  # fmt: skip
        except MissingVariable as error:
            _drop([message.pk], str(error)[:80])
    return letters


def _pages(messages: Sequence[Message]) -> dict[int, str]:
    """Message → the public page of its campaign; empty when its cause has none."""
    with connection.cursor() as cursor:
        query = f"SELECT m.id, {campaign_sql('m')} FROM outreach_message AS m WHERE m.id = ANY(%s)"
        cursor.execute(query, [[message.pk for message in messages]])
        rows = cursor.fetchall()
    address = settings.ALLANT_ADDRESS
    return {pk: address + reverse("public_campaign", kwargs={"campaign": number}) if number else "" for pk, number in rows}


def _note_points(points: dict[str, int]) -> None:
    """Where each went: what comes back is found by it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE outreach_message AS message SET contact_point_id = went.point, attempts = message.attempts + 1
               FROM unnest(%s::bigint[], %s::bigint[]) AS went(message, point) WHERE message.id = went.message""",
            [[int(pk) for pk in points], list(points.values())],
        )


def _drop(ids: list[int], reason: str) -> None:
    if ids:
        _sending().filter(pk__in=ids).update(status=Message.Status.DROPPED, drop_reason=reason, sent_in="")


def _data(directory: Path, name: str) -> Path:
    """What a re-print is composed from: beside the files, not among what the printer takes."""
    folder = directory / "donnees"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.json"


def _published(file: Path) -> dict[str, Any] | None:
    """The manifest of a file that a stopped run published, None when it did not."""
    manifest = file.with_suffix(".json")
    if not manifest.exists() or not file.exists():
        return None
    said: dict[str, Any] = json.loads(manifest.read_bytes())
    if said["sha256"] != hashlib.sha256(file.read_bytes()).hexdigest():
        raise ValueError(f"{file} ne correspond plus à son manifeste : remettez le fichier d'origine, ou retirez les deux.")
    return said


def reprint(message: Message, directory: Path) -> bytes | None:
    """One letter again, as its file held it: the same bytes each time. None when its file's data are not there."""
    data = _data(directory, message.sent_in) if message.sent_in else None
    manifest = directory / f"{message.sent_in}.json"
    if data is None or not data.exists() or not manifest.exists():
        return None
    one = composing.alone(json.loads(data.read_bytes()), message.pk)
    at = datetime.fromisoformat(json.loads(manifest.read_bytes())["at"])
    return None if one is None else composing.compose(one, at=at)


def write_whole(path: Path, content: bytes) -> None:
    """Whole or not at all, and on the disk."""
    draft = path.with_suffix(path.suffix + ".tmp")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)
