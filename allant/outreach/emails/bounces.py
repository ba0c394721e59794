"""Mails that came back: read from a mailbox (Maildir) or told by a webhook; the same one twice is one (AV-11)."""

from __future__ import annotations

import hashlib
import hmac
import json
import mailbox
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from django.db import transaction

from allant.doctrine import rules
from allant.outreach import lent, outcomes
from allant.outreach.emails.signing import read_message_id
from allant.outreach.limits import PARIS
from allant.outreach.models import DeliveryEvent, Message
from allant.outreach.outcomes import Event
from allant.people.models import ContactPoint

MOST_TOLD = 1_000
LARGEST = 5_000_000  # bytes of one mail of the mailbox


class BadReport(ValueError):
    """Bounces told in a form that cannot be read; the message says why, in French."""


@dataclass(frozen=True, slots=True)
class Bounce:
    """A mail that came back for good: which message, by what name the carrier calls this return, with which status (RFC 3463)."""

    message: int
    key: str
    status: str


def read_maildir(folder: Path, at: datetime) -> tuple[int, int]:
    """Read the new mails of a Maildir: (bounces recorded, mails that are no bounce of ours). Each is then marked seen.

    A mail is marked after what it says is committed: interrupted, it is read again and says the same.
    """
    box = mailbox.Maildir(str(folder), factory=None, create=True)
    ours = others = 0
    for name in sorted(box.keys()):
        mail = box[name]
        if mail.get_subdir() == "cur":
            continue
        content = box.get_bytes(name)
        bounce = parse(content) if len(content) <= LARGEST else None
        if bounce:
            record([bounce], at)
            ours += 1
        else:
            others += 1
        mail.set_subdir("cur")
        mail.add_flag("S")
        box[name] = mail
    return ours, others


def parse(content: bytes) -> Bounce | None:
    """The bounce that a delivery status notification is (RFC 3464); None for anything else, a delay included."""
    mail = message_from_bytes(content, policy=policy.default)
    status = next((part for part in mail.walk() if part.get_content_type() == "message/delivery-status"), None)
    if status is None:
        return None
    fields = _fields(status)
    message = _original(mail)
    if message is None or fields.get("action", "").lower() != "failed":
        return None
    key = str(mail["Message-ID"] or hashlib.sha256(content).hexdigest())
    return Bounce(message, key[:100], fields.get("status", "5.0.0")[:10])


def _fields(status: EmailMessage) -> dict[str, str]:
    """Of the recipient's block: the last one says more than the block of the message."""
    blocks = status.get_payload()
    found: dict[str, str] = {}
    for block in blocks if isinstance(blocks, list) else []:
        found |= {name.lower(): str(value).strip() for name, value in block.items()}
    return found


def _original(mail: EmailMessage) -> int | None:
    """The message whose headers the notification gives back; a name that we did not sign is nobody's."""
    for part in mail.walk():
        if part.get_content_type() == "message/rfc822":
            inner = part.get_payload()
            name = inner[0]["Message-ID"] if isinstance(inner, list) and inner else None
        elif part.get_content_type() == "text/rfc822-headers":
            name = message_from_bytes(part.get_payload(decode=True) or b"", policy=policy.default)["Message-ID"]
        else:
            continue
        if name and (number := read_message_id(str(name))) is not None:
            return number
    return None


@transaction.atomic
def record(bounces: Iterable[Bounce], at: datetime) -> None:
    """Write that these came back; an address that does not exist is not written to any more."""
    found = list(bounces)
    known = {message.pk: message for message in Message.objects.filter(pk__in=[bounce.message for bounce in found])}
    found = [bounce for bounce in found if bounce.message in known]
    outcomes.events([Event(b.message, DeliveryEvent.Kind.BOUNCED, b.key, at, f"rejet {b.status}") for b in found])
    on = at.astimezone(PARIS).date()
    dead = set(rules.as_known_on(on).value("outreach.dead_address", on))
    points = [known[bounce.message].contact_point_id for bounce in found if bounce.status in dead]
    ContactPoint.objects.filter(pk__in=points, invalid_since=None).update(invalid_since=on)
    lent.invalidate([known[bounce.message] for bounce in found if bounce.status in dead], on)


def signature(secret: bytes, body: bytes) -> str:
    """What the webhook's caller puts in `X-Allant-Signature`: HMAC SHA-256 of the body, in hexadecimal."""
    return hmac.new(secret, body, hashlib.sha256).hexdigest()


def told(body: bytes) -> list[Bounce]:
    """Bounces told in JSON: [{"message_id", "key", "status", "permanent"}…]. Raises BadReport."""
    try:
        rows = json.loads(body)
    except ValueError:
        raise BadReport("JSON illisible.") from None
    if not isinstance(rows, list) or len(rows) > MOST_TOLD:
        raise BadReport(f"Une liste de {MOST_TOLD} rejets au plus est attendue.")
    return [bounce for row in rows if (bounce := _told(row)) is not None]


def _told(row: object) -> Bounce | None:
    said = row if isinstance(row, dict) else {}
    whole = all(isinstance(said.get(name), str) for name in ("message_id", "key", "status"))
    if not whole or said.get("permanent") not in (True, False):
        raise BadReport("Chaque rejet a message_id, key, status (textes) et permanent (vrai ou faux).")
    number = read_message_id(said["message_id"])
    return Bounce(number, said["key"][:100], said["status"][:10]) if number is not None and said["permanent"] else None
