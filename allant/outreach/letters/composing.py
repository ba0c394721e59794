"""A file of letters as data, then as PDF. What was composed once is kept as data: a re-print is the same document (AV-12)."""

from __future__ import annotations

import atexit
import os
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.utils.formats import date_format

from allant.doctrine import RuleBook
from allant.outreach.letters import codes
from allant.outreach.limits import PARIS
from allant.outreach.models import Channel, Message, Template
from allant.outreach.readers import Reader, for_whom
from allant.outreach.templates import RIGHT_TO_LEFT, fill
from allant.typesetting import Press, data_matrix, qr_code

TEMPLATE = Path(__file__).with_name("letters.typ")
AUTHOR = "L'Assurance Maladie"
Letter = Mapping[str, Any]

# A file is as long as hundreds of papers: its process is renewed sooner, and waited for longer.
_PRESS = Press(renewed_after=8, patience=120)
os.register_at_fork(after_in_child=_PRESS._forget)
atexit.register(_PRESS.close)


def letter(
    message: Message, *, template: Template, values: Mapping[str, Any], address: Sequence[str], page: str, at: datetime,
    book: RuleBook, reader: Reader | None = None,
) -> Letter:  # fmt: skip
    """One letter as the page reads it; `reader`: the representative it is addressed to. Raises MissingVariable."""
    subject, body = fill(template, values)
    body = for_whom(reader, template.language, Channel.LETTER, at.astimezone(PARIS).date()) + body
    frame = _frame(template.language, book, at)
    code = codes.printed(message.pk)
    return {
        "message": message.pk, "code": code, "mark": data_matrix(code.replace(" ", "")), "address": list(address),
        "sender": list(frame["sender"]),
        "day": frame["place"].format(day=_day(template.language, at)), "subject": subject, "paragraphs": _paragraphs(body),
        "page": values.get("qr", page), "about": values.get("about", frame["qr"]), "voucher": values.get("voucher"),
        "lang": template.language, "template": str(template),
        "slip": _slip(values),
        "dir": "rtl" if template.language in RIGHT_TO_LEFT else "ltr",
    }  # fmt: skip


def _slip(values: Mapping[str, Any]) -> dict[str, Any]:
    """What is cut out at the foot of the letter: a title, then lines of a label and a text; empty when the cause encloses none.

    Its code is drawn too, for a scanner.
    """
    if "slip" not in values:
        return {}
    title, *lines = str(values["slip"]).split("\n")
    rows = [line.format_map(values).split("\t", 1) for line in lines]
    return {"title": title, "rows": rows, "mark": qr_code(str(values["code"]).replace(" ", "")), "code": values["code"]}


def _paragraphs(body: str) -> list[list[str]]:
    return [paragraph.strip().split("\n") for paragraph in re.split(r"\n\s*\n", body.strip())]


def _day(language: str, at: datetime) -> str:
    day = at.astimezone(PARIS).date()
    return date_format(day, "j F Y") if language == "fr" else f"{day:%d/%m/%Y}"


def _frame(language: str, book: RuleBook, at: datetime) -> Mapping[str, Any]:
    frames = _frames(book, at.astimezone(PARIS).date())
    return frames.get(language, frames["fr"])


@lru_cache(maxsize=32)
def _frames(book: RuleBook, on: Any) -> dict[str, Mapping[str, Any]]:
    return {row["language"]: row for row in book.value("outreach.letter_frame", on)}


def document(name: str, letters: Sequence[Letter], *, window: Mapping[str, float]) -> dict[str, Any]:
    """The data of a file: its letters, the QR code of each page they name drawn once."""
    drawn = {each["page"]: qr_code(each["page"]) for each in {one["page"]: one for one in letters if one["page"]}.values()}
    return {"title": f"Courriers {name}", "author": AUTHOR, "window": dict(window), "letters": list(letters), "qr": drawn}


def compose(data: Mapping[str, Any], *, at: datetime) -> bytes:
    """The PDF of a file of letters: the same data and instant are the same bytes. Raises PaperFailed."""
    return _PRESS.compose(TEMPLATE, data, at)


def alone(data: Mapping[str, Any], message: int) -> dict[str, Any] | None:
    """The data of one letter of a file, None when it is not there."""
    found = [one for one in data["letters"] if one["message"] == message]
    if not found:
        return None
    page = found[0]["page"]
    qr = {page: data["qr"][page]} if page else {}
    return {**data, "title": f"Courrier {found[0]['code']}", "letters": found, "qr": qr}
