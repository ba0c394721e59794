"""What every paper holds, in the shape `paper.typ` reads, and its composition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from allant.typesetting import qr_code, typeset
from allant.vaccination.papers.marks import Mark, write_mark

TEMPLATE = Path(__file__).with_name("paper.typ")
ISSUER = "Allant · Vaccination contre la Covid-19"
QR_ALTERNATIVE = "Code QR de la page de contrôle de ce document ; l'adresse et le code de contrôle sont écrits à côté."
CHECK = "Il a pu être rectifié ou annulé depuis. Scannez ce carré, ou saisissez le code ci-dessous à l'adresse"
EMPTY = "—"


@dataclass(frozen=True)
class Table:
    """Rows under a heading; `widths` are shares of the line, one a column."""

    heading: str
    header: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    widths: tuple[int, ...]


@dataclass(frozen=True)
class Notice:
    """A sentence in a frame, and the page it leads to, if any."""

    text: str
    address: str = ""

    @property
    def shown(self) -> str:
        """The address without what fills its form: paper has no room for it."""
        return urlsplit(self.address).netloc


@dataclass(frozen=True)
class Signature:
    """Who signs, and the day of what they sign, as the box shows them."""

    heading: str
    who: str
    day: str


@dataclass(frozen=True)
class Code:
    """A code that other software reads: its name, what it is for, its picture (SVG) and what stands for it when read aloud."""

    heading: str
    text: str
    picture: str
    alternative: str


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One paper: `about` says what it is when the title does not, `subject` is the person's name, `version` the sentence on
    versions, `code` the targeting code handed over."""

    title: str
    about: str = ""
    subject: str
    version: str
    tables: Sequence[Table]
    mark: Mark
    stamp: datetime
    notices: Sequence[Notice] = ()
    code: str | None = None
    signature: Signature | None = None
    codes: Sequence[Code] = ()


def compose(sheet: Sheet) -> bytes:
    """The PDF; the same sheet is the same bytes. Raises PaperFailed."""
    return typeset(TEMPLATE, sheet_data(sheet), stamp=sheet.stamp)


def sheet_data(sheet: Sheet) -> dict[str, Any]:
    """What the template reads."""
    check = check_data(sheet.mark)
    return {
        "title": sheet.title,
        "about": sheet.about,
        "issuer": ISSUER,
        "running": f"{sheet.title} · contrôle {check['code']}",
        "subject": sheet.subject,
        "version": sheet.version,
        "tables": [asdict(table) for table in sheet.tables],
        "notices": [{"text": item.text, "address": item.address, "shown": item.shown} for item in sheet.notices],
        "code": sheet.code,
        "signature": asdict(sheet.signature) if sheet.signature else None,
        "codes": [asdict(code) for code in sheet.codes],
        "check": check,
    }


def check_data(mark: Mark) -> dict[str, str]:
    """The mark written out, and the picture that leads to the page of control."""
    written = write_mark(mark)
    address = f"{settings.ALLANT_PAPER_CHECK}{written}/"
    shown = settings.ALLANT_PAPER_CHECK.partition("://")[2]
    return {
        "qr": qr_code(address), "alt": QR_ALTERNATIVE, "sentence": CHECK, "address": address, "shown": shown, "code": written,
    }  # fmt: skip
