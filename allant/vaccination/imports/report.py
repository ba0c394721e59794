"""What became of a file: counts, kinds of fault, lines to correct, and the file to correct and send again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection, transaction
from django.db.models import QuerySet

from allant.accounts.actors import Actor
from allant.accounts.log import log_access
from allant.accounts.models import LoggedAction
from allant.doctrine import RuleBook
from allant.sheets import harmless
from allant.vaccination.models import ImportedFile, RefusedLine

FAULTS_COLUMN = "erreurs"
_KINDS_OF_FAULT = """
SELECT fault->>'code', fault->>'column', count(*), count(DISTINCT fault->>'message'), min(fault->>'message'),
       (array_agg(refused.line ORDER BY refused.line))[1:6]
FROM vaccination_refusedline AS refused, jsonb_array_elements(refused.reasons) AS fault
WHERE refused.file_id = %s GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2
"""


@dataclass(frozen=True)
class FaultCount:
    """One kind of fault in a file. `message`: as said on one line, an example when it `varies`."""

    code: str
    column: str
    count: int
    message: str
    varies: bool
    first_lines: tuple[int, ...]

    @property
    def more(self) -> int:
        """Lines beyond the first ones."""
        return self.count - len(self.first_lines)


@dataclass(frozen=True)
class ImportReport:
    """received = recorded + already_there + refused, in lines."""

    received: int
    recorded: int
    already_there: int
    refused: int
    kinds: tuple[FaultCount, ...]


def report_of(file: ImportedFile) -> ImportReport:
    """The report of a file. The refused count stays when the lines themselves were erased."""
    batch = file.batch
    recorded, already = (batch.recorded, batch.already_there) if batch else (0, 0)
    with connection.cursor() as cursor:
        cursor.execute(_KINDS_OF_FAULT, [file.pk])
        rows = cursor.fetchall()
    kinds = tuple(
        FaultCount(code, column, count, message, wordings > 1, tuple(lines))
        for code, column, count, wordings, message, lines in rows
    )
    return ImportReport(file.lines, recorded, already, file.lines - recorded - already, kinds)


def refused_lines(file: ImportedFile, code: str = "") -> QuerySet[RefusedLine]:
    """The lines to correct, in file order; those with this kind of fault when one is named."""
    lines = RefusedLine.objects.filter(file=file).order_by("line")
    return lines.filter(reasons__contains=[{"code": code}]) if code else lines


def to_correct(file: ImportedFile) -> Iterator[bytes]:
    """The refused lines as a CSV file: the columns as sent, and one more with the faults. UTF-8 with its mark, for spreadsheets.

    Corrected, it can be sent again as it is: the last column is ignored.
    """
    kept = [place for place, heading in enumerate(file.header) if heading.strip().lower() != FAULTS_COLUMN]
    width = len(file.header)
    yield "\ufeff".encode() + _row([file.header[place] for place in kept] + [FAULTS_COLUMN], file.separator)
    for line in RefusedLine.objects.filter(file=file).order_by("line").iterator(chunk_size=2_000):
        said = " ".join(_said(fault) for fault in line.reasons)
        fields = [*line.fields, *[""] * (width - len(line.fields))]
        beyond = [value for value in line.fields[width:] if value.strip()]
        said = f"{said} Valeurs en trop : {', '.join(beyond)}" if beyond else said
        yield _row([*(fields[place] for place in kept), said], file.separator)


def _said(fault: dict[str, str]) -> str:
    return f"{fault['column']} : {fault['message']}" if fault["column"] else fault["message"]


def _row(fields: list[str], separator: str) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator="\r\n").writerow([harmless(field) for field in fields])
    return out.getvalue().encode()


def forget(file: ImportedFile) -> int:
    """Erase the lines kept for correction, which hold identities as typed; gives how many. The counts stay."""
    erased, _ = RefusedLine.objects.filter(file=file).delete()
    return erased


def forget_old(*, today: date, book: RuleBook) -> int:
    """Erase the lines kept longer than the doctrine of the day allows, whoever sent them; gives how many. The counts stay.

    Doing it again erases nothing more. The erasure is in the access log, in the same transaction.
    """
    kept = timedelta(days=book.value("teleservice.refused_lines_kept", today))
    with transaction.atomic():
        erased, _ = RefusedLine.objects.filter(file__sent_at__date__lt=today - kept).delete()
        if erased:
            log_access(
                by=Actor.system("refused-lines"),
                action=LoggedAction.BULK,
                purpose="lignes à corriger effacées à l'échéance",
                subject_kind="imported_file",
            )
    return erased
