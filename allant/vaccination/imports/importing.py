"""From a file to doses: read, verified, ranked, recorded; the lines that cannot be are kept with what to correct.

All in one transaction: killed anywhere, nothing is there and the file is simply sent again. A file that one sender
sends twice is one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection, transaction
from django.db.models import Sum

from allant.directory.models import Organisation, Practitioner
from allant.doctrine import RuleBook
from allant.immunizations.actions import BulkReport, record_doses_in_bulk
from allant.immunizations.models import RecordingBatch, RejectedRow, Source
from allant.vaccination.imports import values as reader
from allant.vaccination.imports.faults import Faults, always
from allant.vaccination.imports.identities import Identities, find
from allant.vaccination.imports.ranks import Ranked, rank
from allant.vaccination.imports.reading import Sheet, read
from allant.vaccination.imports.reasons import KINDS
from allant.vaccination.imports.typed import empty, mask
from allant.vaccination.imports.values import Values
from allant.vaccination.models import ImportedFile
from allant.vaccination.professions import not_allowed

_LOCKS = 4_916  # the class of the advisory locks taken here
_COPY_LINES = "COPY vaccination_refusedline (file_id, line, fields, reasons) FROM STDIN"


@dataclass(frozen=True)
class Sender:
    """Who sends: the `by=` of the acts, the structure that the acts and the keys of its software belong to, and who vaccinated
    where a line does not say."""

    by: str
    structure_code: str = ""
    structure_name: str = ""
    organisation: Organisation | None = None
    practitioner: Practitioner | None = None

    @property
    def owner(self) -> str:
        """Whose identifiers those of the file are: two pieces of software may both number their doses from 1."""
        return self.structure_code or hashlib.sha256(self.by.encode()).hexdigest()[:16]


def batch_uuid(file: ImportedFile) -> UUID:
    """The batch of a file as the access log writes it."""
    return UUID(int=file.batch.pk if file.batch else 0)


@transaction.atomic
def import_file(
    content: bytes,
    *,
    name: str,
    sender: Sender,
    now: datetime,
    today: date,
    book: RuleBook,
    from_session: bool = False,
    log_recognised: Callable[[list[int]], object] | None = None,
) -> tuple[ImportedFile, bool]:
    """Record the doses of a CSV file; gives the file with its batch and refused lines, and False when it was sent before.

    `now` and `today` come from the edge; rules are those of `book`. `from_session`: a session may be stolen, so the doctrine
    limits the lines that recognise nobody, as it does searches, and the doses, as it does those typed. `log_recognised`: given,
    in the same transaction, the persons of refused lines. Raises FileRefused when the file cannot be read as a whole,
    BatchRefused when nothing of it may be recorded.
    """
    digest = hashlib.sha256(content).hexdigest()
    if known := ImportedFile.objects.filter(content_hash=digest, sent_by=sender.by).first():
        return known, False
    sheet = read(content)
    file, is_new = ImportedFile.objects.get_or_create(
        content_hash=digest,
        sent_by=sender.by,
        defaults={
            "name": name[-200:],
            "sent_at": now,
            "structure_code": sender.structure_code,
            "encoding": sheet.encoding,
            "separator": sheet.separator,
            "header": [heading.strip()[:200] for heading in sheet.header],
            "lines": sheet.received,
        },
    )
    if is_new:
        allowed = _allowed(file, today, book) if from_session else None
        refused_persons = _record(file, sheet, sender, today, book, allowed)
        if refused_persons and log_recognised:
            log_recognised(refused_persons)
    return file, is_new


def _allowed(file: ImportedFile, today: date, book: RuleBook) -> int:
    """How many lines may recognise nobody, after those of the sender's other files; its files wait for each other."""
    rule = book.value("teleservice.guesses", today)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCKS, file.sent_by])
    since = file.sent_at - timedelta(hours=rule["file_window_hours"])
    sent = ImportedFile.objects.filter(sent_by=file.sent_by, sent_at__gt=since)
    return max(0, int(rule["file_lines"]) - (sent.aggregate(told=Sum("unrecognised"))["told"] or 0))


def _record(file: ImportedFile, sheet: Sheet, sender: Sender, today: date, book: RuleBook, allowed: int | None) -> list[int]:
    """Record what can be; gives the persons recognised in lines that were refused.

    `allowed`: the lines that may recognise nobody, and then the account may be stopped; None: neither is limited.
    """
    faults = Faults(len(sheet.lines))
    values = reader.judge(sheet, faults, book=book, on=today)
    identities = find(values, faults, allowed)
    _refuse_professions(identities, faults, today, book)
    ranked = _ranked(values, identities, sheet, faults, book)
    doses = _doses(ranked, values, identities, sender)
    report = record_doses_in_bulk(
        doses,
        source=Source.CSV,
        by=sender.by,
        batch_key=f"fichier:{file.pk}",
        today=today,
        book=book,
        may_stop=allowed is not None,
    )
    _note_refusals(report, ranked.rows, faults)
    _keep_refused(file, sheet, faults)
    file.batch = RecordingBatch.objects.get(pk=report.batch_id)
    file.unrecognised = identities.unrecognised
    file.save(update_fields=["batch", "unrecognised"])
    return sorted({person for person in identities.person_id.take(pa.array(faults.rows(), pa.int64())).to_pylist() if person})


def _refuse_professions(identities: Identities, faults: Faults, today: date, book: RuleBook) -> None:
    """Who vaccinated must have the right to record on the day of the sending, as on the page (VC-02)."""
    named = Practitioner.objects.filter(pk__in=pc.unique(identities.practitioner_id.drop_null()).to_pylist())
    for practitioner in named:
        if why := not_allowed(practitioner, "record", today, book):
            faults.add(mask(pc.equal(identities.practitioner_id, practitioner.pk)), "profession_not_allowed", always(reason=why))


def _ranked(values: Values, identities: Identities, sheet: Sheet, faults: Faults, book: RuleBook) -> Ranked:
    rows = np.flatnonzero(~faults.faulty)
    taken = pa.array(rows)
    ranks = values.rank[rows]
    acts = pa.table(
        {
            "row_no": pa.array(rows, pa.int64()),
            "line": pa.array(sheet.lines[rows], pa.int64()),
            "person_id": identities.person_id.take(taken),
            "occurred_on": pa.array(values.occurred_on[rows], pa.date32()),
            "vaccine": values.vaccine.take(taken),
            "rank": pa.array(ranks, pa.int32(), mask=ranks == 0),
            "identifier": values.identifier.take(taken),
            "reported": pc.not_equal(values.proof.take(taken), ""),
        }
    )
    return rank(acts, faults, book)


def _doses(ranked: Ranked, values: Values, identities: Identities, sender: Sender) -> pa.Table:
    rows = pa.array(ranked.rows)
    persons = identities.person_id.take(rows)
    vaccine = values.vaccine.take(rows)
    occurred_on = pa.array(values.occurred_on[ranked.rows], pa.date32())
    kept = np.zeros(len(values.rank), dtype=bool)
    kept[ranked.rows] = True
    default = sender.practitioner.pk if sender.practitioner else None
    given = empty(values.proof.take(rows))  # a dose read from a document is not its reader's
    return pa.table(
        {
            "source_key": _keys(sender.owner, values.identifier.take(rows), persons, occurred_on, vaccine),
            "person_id": persons,
            "occurred_on": occurred_on,
            "vaccine": vaccine,
            "dose_number": pa.array(ranked.rank, pa.int32()),
            "series": ranked.series,
            "series_doses": pa.array(ranked.series_doses, pa.int32()),
            "lot": values.lot.take(rows),
            "site": values.site.take(rows),
            "place_kind": values.places.kinds().take(rows),
            "proof": values.proof.take(rows),
            "location_id": values.places.location_ids(kept, sender.structure_name).take(rows),
            "organisation_id": pa.array([sender.organisation.pk if sender.organisation else None] * len(rows), pa.int64()),
            "practitioner_id": pc.coalesce(
                identities.practitioner_id.take(rows), pa.array([default] * len(rows), pa.int64(), mask=~given)
            ),
        }
    )


def _keys(owner: str, identifier: pa.Array, persons: pa.Array, occurred_on: pa.Array, vaccine: pa.Array) -> pa.Array:
    """The sender's own identifier of each dose, or else what the dose is: the same act is never two doses."""
    by_identifier = pc.binary_join_element_wise(f"csv:{owner}", identifier, ":")
    parts = (pc.cast(persons, pa.string()), pc.cast(occurred_on, pa.string()), vaccine)
    return pc.if_else(pc.equal(identifier, ""), pc.binary_join_element_wise("csv", *parts, ":"), by_identifier)


def _note_refusals(report: BulkReport, rows: npt.NDArray[np.int64], faults: Faults) -> None:
    if not report.refused:
        return
    for line, codes in RejectedRow.objects.filter(batch_id=report.batch_id).values_list("line", "reasons"):
        for code in codes:
            faults.add([int(rows[line - 1])], code if code in KINDS else "refused")


def _keep_refused(file: ImportedFile, sheet: Sheet, faults: Faults) -> None:
    rows = faults.rows()
    with connection.cursor() as cursor, cursor.cursor.copy(_COPY_LINES) as copy:
        for row, fields in zip(rows, sheet.as_sent(rows), strict=True):
            copy.write_row((file.pk, int(sheet.lines[row]), fields, json.dumps(faults.of(row), ensure_ascii=False)))
        for line, fields, reasons in _misshapen(sheet):
            copy.write_row((file.pk, line, fields, json.dumps(reasons, ensure_ascii=False)))


def _misshapen(sheet: Sheet) -> Iterable[tuple[int, list[str], list[dict[str, str]]]]:
    for line, fields in sheet.misshapen:
        kind = KINDS["too_few_fields" if len(fields) < len(sheet.header) else "too_many_fields"]
        message = kind.says(count=len(fields), expected=len(sheet.header))
        yield line, fields, [{"code": kind.code, "column": kind.column, "message": message}]
